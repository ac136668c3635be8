"""The demo's key accounts: one on rhythm, one that nobody spoke to for weeks, one just handed over, one on its way to
somebody else, and one that nobody was named for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from postroad.accounts import actions
from postroad.accounts.actions import Agreed, Contract
from postroad.accounts.models import KeyAccount, Medium
from postroad.demo.cast import CUSTOMERS
from postroad.org.actions import create_organisation, match_contacts, update_contact
from postroad.org.models import Contact, Organisation, Person, today
from postroad.platform.actors import Actor

UNNAMED = "恒源纺织"


@dataclass(frozen=True, slots=True)
class Told:
    """A contact so many days ago."""

    days: int
    medium: Medium
    words: str


@dataclass(frozen=True, slots=True)
class Story:
    """A customer, who looks after it since when, what is agreed on, and what has happened."""

    customer: str
    manager: str
    deputy: str
    days: int
    rhythms: Mapping[Medium, Agreed]
    contract: str
    told: tuple[Told, ...]
    note: str = ""


STORIES = (
    Story(
        "华信汽车零部件",
        "QH013",
        "QH008",
        42,
        {Medium.MAIL: Agreed(2, "weeks"), Medium.PHONE: Agreed(2, "weeks"), Medium.MEETING: Agreed(2, "months")},
        "QH-2025-0117",
        (
            Told(35, Medium.PHONE, "确认三季度交付计划，对方无异议。"),
            Told(32, Medium.MAIL, "发送年度框架协议草案，供法务审阅。"),
            Told(23, Medium.PHONE, "讨论焊接工位改造的排期。"),
            Told(20, Medium.MAIL, "回复备件价格，报价有效期一个月。"),
            Told(18, Medium.MEETING, "拜访苏州工厂，看了新产线；对方希望十二月前完成两台设备的调试。"),
            Told(10, Medium.PHONE, "告知调试人员名单和到厂日期。"),
            Told(8, Medium.MAIL, "发送调试计划和安全须知。"),
        ),
        "决策人为设备部刘建国；价格由采购部黄婷确认。",
    ),
    Story(
        "明德医院",
        "QH005",
        "QH006",
        75,
        {Medium.PHONE: Agreed(1, "months"), Medium.MEETING: Agreed(3, "months")},
        "QH-2024-0832",
        (
            Told(58, Medium.MEETING, "季度回访，演示新的消毒物流方案。"),
            Told(41, Medium.PHONE, "确认维保续签意向，等对方招标公告。"),
        ),
    ),
    Story(
        "Rheintal Motion GmbH",
        "QH013",
        "QH014",
        30,
        {Medium.MAIL: Agreed(2, "weeks"), Medium.MEETING: Agreed(3, "months")},
        "RM-4471",
        (
            Told(19, Medium.MAIL, "发送减速机选型资料。"),
            Told(9, Medium.MAIL, "答复交货期：六周。"),
        ),
    ),
    Story(
        "蓝海食品",
        "QH008",
        "QH013",
        28,
        {Medium.PHONE: Agreed(3, "weeks"), Medium.MESSENGER: Agreed(2, "weeks")},
        "QH-2026-0045",
        (
            Told(16, Medium.MESSENGER, "企业微信沟通包装线报价。"),
            Told(12, Medium.PHONE, "对方月底前给出预算。"),
            Told(6, Medium.MESSENGER, "发送案例视频。"),
        ),
    ),
)


def make_key_accounts(people: Mapping[str, Person], *, actor: Actor) -> None:
    """Names the managers of some customers, and tells what has happened since."""
    contacts = match_contacts((one.name, one.address) for one in CUSTOMERS)
    for story in STORIES:
        _tell(story, people, contacts, actor=actor)
    create_organisation(name=UNNAMED, key_account=True, actor=actor)
    _hand_over("Rheintal Motion GmbH", people["QH014"], "对方只用英文联系；样机在十二月第一周发货，运费由我方承担。")
    actions.take_over(
        hand_over=_account("Rheintal Motion GmbH").hand_overs.get(), successor=people["QH014"], person=people["QH014"]
    )
    _hand_over("蓝海食品", people["QH005"], "售后事项已多于销售事项，改由客服负责更合适。预算月底前答复。")


def _tell(story: Story, people: Mapping[str, Person], contacts: Mapping[str, Contact], *, actor: Actor) -> None:
    organisation = create_organisation(name=story.customer, actor=actor)
    theirs = [contacts[one.address] for one in CUSTOMERS if one.organisation == story.customer]
    for contact in theirs:
        update_contact(contact=contact, organisation=organisation, actor=actor)
    account = actions.open_account(
        organisation=organisation,
        manager=people[story.manager],
        deputy=people[story.deputy],
        rhythms=story.rhythms,
        contract=Contract(
            number=story.contract,
            valid_from=today() - timedelta(days=320),
            valid_until=today() + timedelta(days=45 if story.customer == "明德医院" else 410),
        ),
        note=story.note,
        opened_on=today() - timedelta(days=story.days),
        actor=actor,
    )
    with_whom = Contact.objects.get(pk=theirs[0].pk)
    for told in story.told:
        actions.enter_contact(
            account=account,
            person=people[story.manager],
            medium=told.medium,
            at=timezone.now() - timedelta(days=told.days),
            words=told.words,
            contact=with_whom,
        )


def _hand_over(customer: str, proposed: Person, words: str) -> None:
    account = _account(customer)
    actions.open_hand_over(account=account, proposed=proposed, words=words, actor=account.manager.as_actor())


def _account(customer: str) -> KeyAccount:
    return Organisation.objects.get(name=customer).accounts.select_related("manager").get()
