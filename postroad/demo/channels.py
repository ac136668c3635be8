"""The demo company's calendar and channels, registered as any company does it: applied for, approved twice, probed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

from postroad.approvals import actions as approvals
from postroad.approvals.models import Step
from postroad.channels.actions import Particulars, apply_for_channel, set_member
from postroad.channels.models import Audience, Channel, ChannelMember, Confidentiality, Kind, Observability, Priority
from postroad.clock.actions import create_calendar
from postroad.demo.cast import DOMAIN
from postroad.demo.messenger import GROUPS
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of

MAILBOXES = {"service": f"service@{DOMAIN}", "sales": f"sales@{DOMAIN}"}

DAY = [["08:30", "12:00"], ["13:30", "18:00"]]
CALENDAR = {
    "zone": "Asia/Shanghai",
    "week": {"mon": DAY, "tue": DAY, "wed": DAY, "thu": DAY, "fri": DAY},
    "statutory": "CN",
}


def make_calendar(*, actor: Actor) -> None:
    create_calendar(key="company", name="公司日历", name_en="Company calendar", definition=CALENDAR, actor=actor)


def register_channels(people: Mapping[str, Person], *, actor: Actor) -> None:
    """Registers mailboxes, hotline, notice board and groups; the partner portal stays waiting for its approval."""
    for particulars, applicant, team in _channels(people):
        channel = apply_for_channel(particulars=particulars, applicant=applicant, actor=applicant.as_actor())
        for person, role in team:
            set_member(channel=channel, person=person, role=role, capacity=20, actor=actor)
        if particulars.kind != Kind.PORTAL:
            _approve(channel, by=(people["QH002"], people["QH001"]))


def _approve(channel: Channel, *, by: tuple[Person, ...]) -> None:
    subject = subject_of(channel)
    for person in by:
        step = Step.objects.get(
            request__subject_type=subject.type, request__subject_id=subject.id, state=Step.State.OPEN
        )
        approvals.approve(step_id=step.pk, person=person, actor=person.as_actor(), comment="同意")


def _channels(
    people: Mapping[str, Person],
) -> list[tuple[Particulars, Person, list[tuple[Person, ChannelMember.Role]]]]:
    agent, lead = ChannelMember.Role.AGENT, ChannelMember.Role.LEAD
    service_head, sales_head = people["QH005"], people["QH008"]
    return [
        (
            _particulars(
                key="customer-service",
                name="客户服务邮箱",
                name_en="Customer service mailbox",
                kind=Kind.MAILBOX,
                purpose="客户报修、咨询与投诉。",
                owner=service_head,
                deputy_owner=people["QH006"],
                address=MAILBOXES["service"],
                first_reply_minutes=240,
                answer_hours=24,
                **_mail_connection(),
            ),
            service_head,
            [(service_head, lead), (people["QH006"], agent), (people["QH007"], agent)],
        ),
        (
            _particulars(
                key="sales",
                name="销售询价邮箱",
                name_en="Sales mailbox",
                kind=Kind.MAILBOX,
                purpose="询价、订单与合同。首次回复承诺较短，按自然时间计算。",
                owner=sales_head,
                deputy_owner=people["QH013"],
                address=MAILBOXES["sales"],
                first_reply_minutes=6,
                first_reply_in_working_time=False,
                answer_hours=24,
                **_mail_connection(),
            ),
            sales_head,
            [(sales_head, lead), (people["QH013"], agent), (people["QH014"], agent)],
        ),
        (
            _particulars(
                key="hotline",
                name="400 服务热线",
                name_en="Service hotline",
                kind=Kind.HOTLINE,
                purpose="紧急报修。十分钟内接听或回电，按自然时间计算。",
                owner=service_head,
                deputy_owner=people["QH007"],
                address="400-600-0000",
                first_reply_minutes=10,
                first_reply_in_working_time=False,
                answer_hours=24,
            ),
            service_head,
            [(service_head, lead), (people["QH006"], agent), (people["QH007"], agent)],
        ),
        (
            _particulars(
                key="notice-board",
                name="一号车间公告栏",
                name_en="Notice board, workshop 1",
                kind=Kind.NOTICE_BOARD,
                purpose="车间通知与班次安排，贴在入口右侧墙上。",
                owner=people["QH011"],
                deputy_owner=people["QH010"],
                audience=Audience.INTERNAL,
                confidentiality=Confidentiality.INTERNAL,
                priority=Priority.SUPPLEMENTARY,
                observability=Observability.UNSEEN,
            ),
            people["QH011"],
            [],
        ),
        (
            _particulars(
                key="sales-daily",
                name="销售部-日常工作群",
                name_en="Sales daily group",
                kind=Kind.GROUP,
                purpose="销售部日常沟通（企业微信）。",
                owner=sales_head,
                deputy_owner=people["QH013"],
                audience=Audience.INTERNAL,
                confidentiality=Confidentiality.INTERNAL,
                observability=Observability.ATTESTED,
            ),
            sales_head,
            [],
        ),
        (
            _particulars(
                key="partner-portal",
                name="合作伙伴门户",
                name_en="Partner portal",
                kind=Kind.PORTAL,
                purpose="合作伙伴查询合同、跟踪进度、反馈问题。",
                owner=sales_head,
                deputy_owner=people["QH014"],
                audience=Audience.PARTNERS,
                confidentiality=Confidentiality.CONFIDENTIAL,
                encrypted=True,
                priority=Priority.SUPPLEMENTARY,
                observability=Observability.ATTESTED,
            ),
            sales_head,
            [],
        ),
        *(
            (
                _particulars(owner=people[one.people[0]], deputy_owner=people[one.people[1]], **one.particulars),
                people[one.people[0]],
                [],
            )
            for one in GROUPS
        ),
    ]


def _particulars(*, owner: Person, **values: Any) -> Particulars:
    usual: dict[str, Any] = {
        "department": owner.department,
        "audience": Audience.CUSTOMERS,
        "confidentiality": Confidentiality.INTERNAL,
        "priority": Priority.MUST_USE,
        "observability": Observability.API,
        "review_on": today() + timedelta(days=180),
    }
    return Particulars(owner=owner, **{**usual, **values})


def _mail_connection() -> dict[str, Any]:
    return {
        "connector": "mail",
        "connector_settings": {
            "inbound": "listener",
            "smtp_host": "127.0.0.1",
            "smtp_port": settings.DEMO_SMTP_PORT,
            "smtp_security": "plain",
        },
    }
