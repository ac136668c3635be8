"""The demo company's agents at work: they answer some of what arrived, after a while, through the product's actions.

What they leave alone is for whoever tries the demo.
"""

import random
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from postroad.channels.models import ChannelMember
from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations.models import Direction, Message
from postroad.demo.letters import LETTERS, Letter
from postroad.demo.ratings import answer_from_articles
from postroad.desk import actions as desk
from postroad.desk.actions import After
from postroad.desk.models import TO_DO, Case
from postroad.platform.errors import DomainError

SLOWEST = timedelta(minutes=8)
QUICKEST = timedelta(seconds=40)
# One case in so many is left for the visitor.
LEFT_ALONE = 5


def answer_one() -> str | None:
    """Answers the oldest case whose colleague has thought long enough; returns its subject."""
    now = timezone.now()
    waiting = (
        Case.objects.filter(state__in=TO_DO, automatic=False, opened_at__lt=now - QUICKEST)
        .filter(Q(last_message_at__lt=now - QUICKEST))
        .select_related("channel", "assignee")
        .order_by("opened_at")[:200]
    )
    for case in waiting:
        if case.last_message_at + _thinking_time(case) < now and _answer(case):
            return case.subject
    return None


def _thinking_time(case: Case) -> timedelta:
    """Drawn from the case itself, so that it is the same at every look; some are never answered by us."""
    dice = random.Random(case.pk.int)  # noqa: S311 - theatre, not secrets
    if dice.randrange(LEFT_ALONE) == 0:
        return timedelta(days=1)
    return QUICKEST + (SLOWEST - QUICKEST) * dice.random() ** 2


def _answer(case: Case) -> bool:
    letter = next((one for one in LETTERS if one.subject in case.subject), None)
    asked = (
        Message.objects.filter(
            conversation_id__in=case.links.values("conversation_id"), direction=Direction.IN, auto=""
        )
        .order_by("-id")
        .first()
    )
    if letter is None or asked is None or not asked.sender_address:
        return False
    member = ChannelMember.objects.filter(channel=case.channel).select_related("person").order_by("?").first()
    agent = case.assignee or (member.person if member else None)
    if agent is None:
        return False
    text, after = _words(letter, asked)
    to = Recipient(role=RecipientRole.TO, name=asked.sender_name, address=asked.sender_address)
    try:
        with transaction.atomic():
            if case.first_replied_at is None:
                answer_from_articles(case, f"{case.subject}\n{asked.text}", agent)
            desk.reply(case=case, text=text, recipients=[to], after=after, person=agent)
    except DomainError:
        return False  # somebody at the screen was faster
    return True


def _words(letter: Letter, asked: Message) -> tuple[str, After]:
    if letter.thanks and letter.thanks in asked.text:
        english = letter.language == "en"
        return ("You are welcome." if english else "不客气，祝工作顺利！"), After.SOLVED
    return letter.answer, After.WAITING if letter.thanks else After.SOLVED
