"""Telling a sender that the mail has come in, where the queue says so: never a robot, never too often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations import actions as conversations
from postroad.desk import queries
from postroad.desk.actions.state import DESK
from postroad.desk.events import Event
from postroad.desk.models import Acknowledgement, Case
from postroad.ledger.actions import record

INTERVAL = timedelta(hours=24)
"""A sender gets no second acknowledgement on a channel before this has passed: two robots cannot talk for long."""


def acknowledge(case_ids: Sequence[UUID]) -> int:
    """Acknowledge the opening messages of these cases; returns how many were.

    Safe to run twice: a case is acknowledged once. Whether a machine may answer the message is asked again here.
    """
    return sum(_acknowledge_one(case_id) for case_id in case_ids)


@transaction.atomic
def _acknowledge_one(case_id: UUID) -> bool:
    queries.locked_conversation_to_answer(Case(pk=case_id))
    case = Case.objects.select_for_update(no_key=True, of=("self",)).select_related("channel__queue").get(pk=case_id)
    first = queries.messages_of(case).first()
    if first is None or case.contact_id is None or not first.may_autorespond or _acknowledged_lately(case):
        return False
    queue = queries.queue_of(case.channel)
    if not queue.acknowledge:
        return False
    message = conversations.say(
        conversation=first.conversation,
        actor=DESK,
        person=None,
        text=filled(queue.acknowledgement, case),
        to=[Recipient(RecipientRole.TO, first.sender_name, first.answer_address)],
        reply_to=first,
        subject_token=queries.token_for(case, first.conversation),
        automatic=True,
    )
    Acknowledgement.objects.create(case=case, channel=case.channel, contact_id=case.contact_id)
    record(Event.CASE_ACKNOWLEDGED, actor=DESK, subject=case, data={"message": str(message.pk)})
    return True


def filled(text: str, case: Case) -> str:
    """The text with its two placeholders filled; other braces stand as they are."""
    return text.replace("{number}", f"#{case.number}").replace("{subject}", case.subject)


def _acknowledged_lately(case: Case) -> bool:
    """Whether this case, or this sender on this channel within `INTERVAL`, was acknowledged already."""
    earlier = Acknowledgement.objects.filter(channel=case.channel, contact=case.contact_id)
    lately = earlier.filter(sent_at__gt=timezone.now() - INTERVAL)
    return lately.exists() or Acknowledgement.objects.filter(case=case).exists()
