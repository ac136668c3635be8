"""How the demo desk is furnished: tags, what is asked of every case, macros and views; and a colleague who sorts."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from postroad.channels.models import Channel
from postroad.desk import actions as desk
from postroad.desk.models import CannedAnswer, Case, CustomField, Tag
from postroad.org.models import Person
from postroad.platform.errors import DomainError

Kind, Colour = CustomField.Kind, Tag.Colour

TAGS = (
    ("紧急停机", Colour.RED),
    ("备件", Colour.BLUE),
    ("发票", Colour.YELLOW),
    ("培训", Colour.GREEN),
    ("合同续签", Colour.PURPLE),
    ("投诉", Colour.RED),
    ("询价", Colour.BLUE),
    ("海外", Colour.GREY),
)
ROBOTS = ["QH-300", "QH-600", "QH-900", "控制柜", "其他"]
MATTERS = ["报修", "咨询", "投诉", "商务"]
# A word in the subject or the text of a letter, the tag it earns, and what the matter is.
SORTED_BY = (
    ("E-417", "紧急停机", "报修"),
    ("停", "紧急停机", "报修"),
    ("异响", "备件", "报修"),
    ("备件", "备件", "报修"),
    ("发票", "发票", "商务"),
    ("培训", "培训", "咨询"),
    ("续签", "合同续签", "商务"),
    ("投诉", "投诉", "投诉"),
    ("询价", "询价", "商务"),
    ("quot", "询价", "商务"),
)
LATELY = timedelta(hours=12)
SORTED_AT_ONCE = 10


def furnish(people: Mapping[str, Person]) -> None:
    """Makes tags, custom fields, macros and the shared views, as the head of service would."""
    lead = people["QH005"]
    tags = {name: desk.save_tag(tag=None, name=name, colour=colour, person=lead) for name, colour in TAGS}
    fields = _fields(lead)
    answers = {title: _canned(title, text, person=lead) for title, text in ANSWERS.items()}
    macro_of = {
        "停机：升级并通知": [
            {"do": "priority", "value": "urgent"},
            {"do": "tag", "value": str(tags["紧急停机"].pk)},
            {"do": "field", "field": str(fields["问题类别"].pk), "value": "报修"},
            {"do": "note", "value": f"产线停机，请 @{people['QH006'].name} 十分钟内电话联系客户。"},
            {"do": "text", "value": str(answers["停机确认"].pk)},
            {"do": "assign", "value": "me"},
        ],
        "发票：已补开": [
            {"do": "tag", "value": str(tags["发票"].pk)},
            {"do": "field", "field": str(fields["问题类别"].pk), "value": "商务"},
            {"do": "text", "value": str(answers["发票补开"].pk)},
        ],
        "无需答复，关闭": [{"do": "state", "value": "closed", "reason": "感谢信或通知，无需答复"}],
    }
    for name, steps in macro_of.items():
        desk.save_macro(macro=None, name=name, channel=None, steps=steps, person=lead)
    amount, matter = fields["涉及金额"], fields["问题类别"]
    views: dict[str, dict[str, list[str]]] = {
        "停机中": {"view": ["team"], "tag": [str(tags["紧急停机"].pk)]},
        "投诉未结": {"view": ["all"], "tag": [str(tags["投诉"].pk)], "due": ["week"], "sort": ["oldest"]},
        "今天到期、还没人接": {"view": ["unassigned"], "due": ["today"]},
    }
    for name, query in views.items():
        desk.save_view(
            view=None, name=name, shared=True, query=query, columns=["state", "promise", "assignee", matter.key],
            person=lead,
        )  # fmt: skip
    for agent in ("QH006", "QH007"):
        query = {"view": ["mine"], "sort": ["due"]}
        desk.save_view(
            view=None, name="我的报修", shared=False, query=query | {matter.key: ["报修"]},
            columns=["state", "promise", "last_message", matter.key, amount.key], person=people[agent],
        )  # fmt: skip


ANSWERS = {
    "停机确认": (
        "{name}，您好：\n\n工单 {number} 已列为最高优先级，工程师会在十分钟内致电。"
        "请先按下急停并断开主电源，勿自行拆机。\n\n{agent}"
    ),
    "发票补开": "{name}，您好：\n\n您要的发票已补开，电子发票随信附上，请查收。工单号 {number}。\n\n{agent}",
}


def _fields(lead: Person) -> dict[str, CustomField]:
    service = Channel.objects.get(key="customer-service")
    asked: tuple[tuple[str, CustomField.Kind, list[str], Channel | None, bool, str], ...] = (
        ("问题类别", Kind.CHOICE, MATTERS, service, True, "月度分析按此统计。"),
        ("产品型号", Kind.CHOICE, ROBOTS, service, False, ""),
        ("合同号", Kind.TEXT, [], None, False, "例如 HT-2026-0153"),
        ("涉及金额", Kind.NUMBER, [], None, False, "人民币，元"),
        ("约定上门日期", Kind.DATE, [], service, False, ""),
        ("在保修期内", Kind.YES_NO, [], service, False, ""),
    )
    return {
        name: desk.save_field(
            field=None, name=name, kind=kind, choices=choices, help_text=words, channel=channel,
            required_to_solve=required, person=lead,
        )
        for name, kind, choices, channel, required, words in asked
    }  # fmt: skip


def _canned(title: str, text: str, *, person: Person) -> CannedAnswer:
    return desk.save_canned(answer=None, title=title, text=text, channel=None, person=person)


def sort_new_cases() -> int:
    """A colleague sorts what has just come in: tags, and what it is about; returns how many cases."""
    sorter = Person.objects.get(staff_no="QH005")
    tags = {tag.name: tag for tag in Tag.objects.all()}
    matter = CustomField.objects.filter(name="问题类别", retired_at__isnull=True).first()
    if matter is None:
        return 0
    fresh = Case.objects.filter(field_values={}, opened_at__gt=timezone.now() - LATELY, automatic=False)
    done = 0
    for case in fresh.filter(channel=matter.channel_id, merged_into=None).order_by("-id")[:SORTED_AT_ONCE]:
        name, about = next(((tag, about) for word, tag, about in SORTED_BY if word in case.subject), ("", "咨询"))
        try:
            with transaction.atomic():
                desk.fill_in(cases=[case], answers={matter: about}, person=sorter)
                if name in tags:
                    desk.tag_cases(cases=[case], add=[tags[name]], person=sorter)
        except DomainError:
            continue  # somebody at the screen was faster
        done += 1
    return done
