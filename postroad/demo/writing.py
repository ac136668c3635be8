"""How the demo company writes its mail: signatures, a second address, words for out of hours, and who is away soon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from postroad.channels.models import Channel
from postroad.conversations.models import Direction
from postroad.demo.cast import DOMAIN
from postroad.desk import actions as desk
from postroad.desk import queries
from postroad.desk.actions import After, Letter
from postroad.desk.models import TO_DO, Case, CaseConversation, Cover, Draft
from postroad.org.models import Person, today
from postroad.platform.errors import DomainError
from postroad.platform.ids import new_id

CHANNEL = "customer-service"
SUPPLIER = "技术支持 <support@hengli-parts.example>"
ASKED = "你们好，客户反映的情况如下，请帮忙判断原因，最好今天答复。谢谢！"
ANSWER = "您好，您反映的问题我们已请部件厂家一起分析，上班后把结论和处理办法告诉您。"
CHANNELS_SIGNATURE = "青禾智能装备 客户服务部\n服务热线 400-820-8820（工作日 9:00–18:00）"
CHANNELS_SIGNATURE_EN = "Qinghe Robotics, Customer Service\nHotline +86 400 820 8820 (working days 9:00–18:00)"
AGENTS_SIGNATURE = "{name}  {title}\n青禾智能装备 · {department}\n工单 {number}"
AGENTS_SIGNATURE_EN = "{name}\nQinghe Robotics · {department}\nCase {number}"
AGENTS_SIGNATURE_HTML = (
    '<p><b>{name}</b> <span style="color: #667085">{title}</span><br>青禾智能装备 · {department}<br>工单 {number}</p>'
)
AWAY = "您好，您的来信已收到（工单 {number}）。现在是非工作时间，我们将于 {opens} 上班后尽快答复。"
AWAY_EN = "Thank you for your mail (case {number}). We are closed at the moment and will be back on {opens}."


def set_up_writing(people: Mapping[str, Person]) -> None:
    """Signatures of the channel and of one agent, an address for spare parts, out of hours, an absence next week."""
    lead, agent, colleague = people["QH005"], people["QH006"], people["QH007"]
    channel = Channel.objects.get(key=CHANNEL)
    desk.change_mail_rules(
        channel=channel, undo_seconds=10, away_reply=True, away_text=AWAY, away_text_en=AWAY_EN, person=lead
    )
    desk.add_sender(channel=channel, address=f"parts@{DOMAIN}", name="青禾备件", answers_here=True, person=lead)
    desk.save_signature(
        owner=None,
        channel=channel,
        text=CHANNELS_SIGNATURE,
        text_en=CHANNELS_SIGNATURE_EN,
        html="",
        html_en="",
        person=lead,
    )
    desk.save_signature(
        owner=agent,
        channel=None,
        text=AGENTS_SIGNATURE,
        text_en=AGENTS_SIGNATURE_EN,
        html=AGENTS_SIGNATURE_HTML,
        html_en="",
        person=agent,
    )
    monday = today() + timedelta(days=7 - today().weekday())
    desk.enter_absence(
        absent=colleague,
        starts_on=monday,
        ends_on=monday + timedelta(days=4),
        deputy=agent,
        open_cases=Cover.OpenCases.DEPUTY,
        person=colleague,
    )


def write_ahead() -> str | None:
    """One case shows it: its photograph is passed on to a supplier, and its answer waits for the next working day.

    Returns the case's subject; None where there is none for it (yet), or it has been done.
    """
    if Draft.objects.filter(scheduled=True).exists() or CaseConversation.objects.filter(aside=True).exists():
        return None
    agent = Person.objects.get(staff_no="QH006")
    case = (
        Case.objects.filter(channel__key=CHANNEL, state__in=TO_DO, automatic=False, first_replied_at__isnull=True)
        .filter(Q(assignee=None) | Q(assignee=agent))
        .order_by("opened_at")
        .first()
    )
    tomorrow = queries.openings(case.channel).tomorrow if case else None
    message = queries.messages_of(case).filter(direction=Direction.IN).first() if case else None
    if case is None or tomorrow is None or message is None:
        return None
    try:
        with transaction.atomic():
            aside = desk.begin_aside(case=case, message=message, person=agent)
            asked = Letter(to=SUPPLIER, subject=aside.subject, text=f"{ASKED}{aside.text}")
            desk.send(case=case, letter=asked, key=new_id(), aside=aside, person=agent)
            answer = Letter(to=message.answer_address, text=ANSWER)
            desk.send(case=case, letter=answer, key=new_id(), after=After.WAITING, at=tomorrow, person=agent)
    except DomainError:
        return None  # somebody at the screen was faster
    return case.subject
