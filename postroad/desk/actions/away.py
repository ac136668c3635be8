"""Telling who writes outside working hours when we are back: never a robot, at most once per sender and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import formats, timezone, translation

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations import actions as conversations
from postroad.conversations.models import Message
from postroad.desk import queries, signing
from postroad.desk.actions.acknowledging import acknowledge
from postroad.desk.actions.state import DESK
from postroad.desk.events import Event
from postroad.desk.models import AwayReply, Case, CaseConversation, MailRules
from postroad.ledger.actions import record

INTERVAL = timedelta(hours=24)


def answer_away(message_ids: Sequence[UUID]) -> int:
    """Answer these messages where we are closed; returns how many were. What comes in while we are open gets the
    acknowledgement of its queue instead, if any: nobody gets both. Safe to run twice.
    """
    return sum(_answer_one(message_id) for message_id in message_ids)


@transaction.atomic
def _answer_one(message_id: UUID) -> bool:
    message = Message.objects.select_related("conversation", "channel").defer("search").get(pk=message_id)
    # One at a time on each channel, so that two messages of one sender cannot both be the first of the day.
    rules = MailRules.objects.select_for_update(no_key=True, of=("self",)).filter(channel=message.channel_id).first()
    link = CaseConversation.objects.filter(
        conversation=message.conversation_id, until_message_id__isnull=True, aside=False
    ).first()
    if rules is None or link is None:
        return False
    opens = queries.closed_until(message.channel, timezone.now())
    if opens is None:
        if link.first_message_id == message.pk:
            acknowledge([link.case_id])
        return False
    if message.contact_id is None or not _may_answer(message, rules):
        return False
    conversation = queries.locked_conversation_to_answer(Case(pk=link.case_id))
    case = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=link.case_id)
    if conversation is None or conversation.pk != message.conversation_id:
        return False
    language = signing.language_of(f"{message.subject} {message.reply_text or message.text}")
    said = conversations.say(
        conversation=conversation,
        actor=DESK,
        person=None,
        text=_words(rules, case, language=language, opens=opens),
        to=[Recipient(RecipientRole.TO, message.sender_name, message.answer_address)],
        reply_to=message,
        subject_token=queries.token_for(case, conversation),
        automatic=True,
    )
    AwayReply.objects.create(case=case, channel=message.channel, contact_id=message.contact_id)
    record(Event.CASE_TOLD_AWAY, actor=DESK, subject=case, data={"message": str(said.pk)})
    return True


def _may_answer(message: Message, rules: MailRules) -> bool:
    if not rules.away_reply or not message.may_autorespond or message.auto:
        return False
    told = AwayReply.objects.filter(channel=message.channel_id, contact=message.contact_id)
    return not told.filter(sent_at__gt=timezone.now() - INTERVAL).exists()


def _words(rules: MailRules, case: Case, *, language: str, opens: datetime) -> str:
    english = language == signing.ENGLISH
    text = (rules.away_text_en if english else rules.away_text) or rules.away_text or rules.away_text_en
    with translation.override(language):
        when = formats.date_format(timezone.localtime(opens), "l, j F, H:i" if english else "n月j日 l H:i")
    return text.replace("{opens}", when).replace("{number}", f"#{case.number}").replace("{subject}", case.subject)
