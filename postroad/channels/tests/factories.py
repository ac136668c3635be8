"""Channels for tests, made by the actions that people use. Other packages' tests use them too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from postroad.approvals import actions as approvals
from postroad.approvals.models import Request, Step
from postroad.channels import actions
from postroad.channels.actions import Particulars
from postroad.channels.models import Channel, State
from postroad.channels.protocol import IncomingMessage
from postroad.clock.actions import create_calendar
from postroad.clock.models import Calendar
from postroad.org.models import Person, today
from postroad.platform.actors import Actor
from postroad.platform.ids import new_id

ACTOR = Actor.system("test")
MORNING_AND_AFTERNOON = [["09:00", "12:00"], ["13:30", "18:00"]]
WEEK = {"zone": "Asia/Shanghai", "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), MORNING_AND_AFTERNOON)}

_numbers = count(1)


def company_calendar() -> Calendar:
    return Calendar.objects.filter(key="company").first() or create_calendar(
        key="company", name="公司日历", definition=WEEK, valid_from=datetime(2020, 1, 1, tzinfo=UTC), actor=ACTOR
    )


def service_particulars(company: Any, **changes: Any) -> Particulars:
    """The customer-service mailbox of the cast, on paper."""
    number = next(_numbers)
    given = Particulars(
        key=f"service-{number}",
        name=f"客户服务邮箱{number}",
        name_en=f"Service mailbox {number}",
        kind="mailbox",
        purpose="客户的问题和投诉",
        priority="must_use",
        owner=company.owner,
        deputy_owner=company.desk_lead,
        department=company.service,
        audience="customers",
        confidentiality="internal",
        observability="api",
        review_on=today() + timedelta(days=365),
        address=f"service{number}@company.test",
        first_reply_minutes=1440,
        first_reply_in_working_time=False,
        answer_hours=24,
    )
    return replace(given, **changes)


def apply(
    company: Any, *, applicant: Person | None = None, secrets: dict[str, str] | None = None, **changes: Any
) -> Channel:
    company_calendar()
    person = applicant or company.owner
    return actions.apply_for_channel(
        particulars=service_particulars(company, **changes), secrets=secrets, applicant=person, actor=person.as_actor()
    )


def open_step(request: Request) -> Step:
    return Step.objects.get(request=request, state=Step.State.OPEN)


def request_about(channel: Channel, kind: str = "channels.register") -> Request:
    return Request.objects.filter(kind=kind, subject_id=str(channel.pk)).latest("id")


def sign(company: Any, request: Request) -> None:
    """Both signatures: the Administration head's and the supervising leader's."""
    for person in (company.administration_head, company.supervising_leader):
        approvals.approve(step_id=open_step(request).pk, person=person, actor=person.as_actor())


def live_channel(company: Any, **changes: Any) -> Channel:
    """An approved channel in service; one with a connector skips the probe."""
    channel = apply(company, **changes)
    sign(company, request_about(channel))
    channel.refresh_from_db()
    if channel.state == State.APPROVED:
        actions.go_live(channel=channel, reason="test", actor=ACTOR)
    return channel


def incoming(channel_id: UUID, **changes: Any) -> IncomingMessage:
    """A message as a connector would bring it."""
    name = f"{new_id().hex}@outside.test"
    given: dict[str, Any] = {
        "channel_id": channel_id,
        "external_id": name,
        "content_digest": name,
        "sender_name": "张三",
        "sender_address": "zhang@outside.test",
        "reply_address": "zhang@outside.test",
        "received_at": datetime.now(tz=UTC),
        "raw": b"From: zhang@outside.test\r\n\r\nhello\r\n",
        "subject": "询价",
        "text": "请报价",
        "reply_text": "请报价",
        "may_autorespond": True,
    }
    return IncomingMessage(**{**given, **changes})
