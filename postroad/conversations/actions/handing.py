"""Handing new messages to who registered for them, so that no handler's failure loses a message."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from postroad.channels.protocol import FailedRecipient, IncomingAttachment, IncomingMessage, Recipient, RecipientRole
from postroad.conversations import queries
from postroad.conversations.events import Event
from postroad.conversations.models import HandlerFailure, Message
from postroad.conversations.registry import Intaken, intake_handlers
from postroad.ledger.actions import record
from postroad.platform import blobs
from postroad.platform.actors import Actor, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postroad.conversations.models import Attachment
    from postroad.conversations.registry import IntakeHandler
    from postroad.ledger.canonical import Json

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
RETRIED_AT_ONCE = 50


def hand_over(taken: list[Intaken]) -> None:
    """Call every registered handler with `taken`; what it cannot take is noted and tried again later."""
    failures = [
        HandlerFailure(
            handler=name,
            message=one.message,
            new_conversation=one.new_conversation,
            error=error,
            next_try_at=timezone.now() + FIRST_PAUSE,
        )
        for name, handler in intake_handlers()
        for one, error in _attempt(handler, taken)
    ]
    if failures:
        HandlerFailure.objects.bulk_create(failures)


def retry_handlers() -> int:
    """Hand over again what handlers could not take and is due; returns how many they took now."""
    handlers = dict(intake_handlers())
    due = HandlerFailure.objects.filter(solved_at=None, next_try_at__lte=timezone.now()).order_by("next_try_at")
    return sum(_retry(failure_id, handlers) for failure_id in due.values_list("pk", flat=True)[:RETRIED_AT_ONCE])


@transaction.atomic
def retry_handlers_now(*, actor: Actor) -> int:
    """Hand over again all that handlers could not take, without waiting until it is due; returns how many they took."""
    handlers = dict(intake_handlers())
    waiting = list(queries.unhandled().values_list("pk", flat=True)[:RETRIED_AT_ONCE])
    taken = sum(_retry(failure_id, handlers) for failure_id in waiting)
    data: dict[str, Json] = {"tried": len(waiting), "taken": taken}
    record(Event.UNHANDLED_RETRIED, actor=actor, subject=Subject("conversations.unhandled", "all"), data=data)
    return taken


@transaction.atomic
def _retry(failure_id: UUID, handlers: dict[str, IntakeHandler]) -> bool:
    failure = (
        HandlerFailure.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=failure_id, solved_at=None)
        .select_related("message__conversation__channel", "message__contact", "message__channel")
        .first()
    )
    handler = handlers.get(failure.handler) if failure else None
    if failure is None or handler is None:
        return False
    failed = _attempt(handler, [_taken_again(failure)])
    if failed:
        failure.error = failed[0][1]
        failure.attempts += 1
        failure.next_try_at = timezone.now() + min(FIRST_PAUSE * 2 ** min(failure.attempts, 10), LONGEST_PAUSE)
        failure.save(update_fields=["error", "attempts", "next_try_at"])
    else:
        failure.solved_at = timezone.now()
        failure.save(update_fields=["solved_at"])
    return not failed


def _attempt(handler: IntakeHandler, taken: list[Intaken]) -> list[tuple[Intaken, str]]:
    """Call `handler` with the whole batch, failing that with each message; returns what it could not take and why."""
    if not taken:
        return []
    try:
        with transaction.atomic():
            handler(taken)
    except (OperationalError, InterfaceError):
        raise  # the database is unwell: nothing of this batch is kept, the sender tries again
    except Exception as error:
        log.exception("%s could not take %d message(s)", handler, len(taken))
        if len(taken) == 1:
            return [(taken[0], f"{type(error).__name__}: {error}")]
    else:
        return []
    return [failed for one in taken for failed in _attempt(handler, [one])]


def _taken_again(failure: HandlerFailure) -> Intaken:
    message = failure.message
    return Intaken(
        incoming=_incoming_of(message),
        message=message,
        conversation=message.conversation,
        new_conversation=failure.new_conversation,
        contact=message.contact,
    )


def _incoming_of(message: Message) -> IncomingMessage:
    """The message as its connector gave it, made again from what is stored."""
    raw = message.raw
    return IncomingMessage(
        channel_id=message.channel_id,
        external_id=message.external_id,
        content_digest="",
        sender_name=message.sender_name,
        sender_address=message.sender_address,
        reply_address=message.reply_address,
        received_at=message.received_at,
        raw=partial(blobs.chunks_of, raw) if raw else b"",
        sent_at=message.sent_at,
        recipients=tuple(
            Recipient(RecipientRole(one["role"]), one["name"], one["address"]) for one in message.recipients
        ),
        thread_ids=tuple(message.thread_ids),
        subject=message.subject,
        text=message.text,
        reply_text=message.reply_text,
        html=message.html or None,
        attachments=_attachments_of(message.attachments.select_related("blob")),
        auto=message.auto or None,
        may_autorespond=message.may_autorespond,
        bounce_of=message.bounce_of or None,
        failed_recipients=tuple(FailedRecipient(**one) for one in message.failed_recipients),
        problems=tuple(message.problems),
    )


def _attachments_of(rows: Iterable[Attachment]) -> tuple[IncomingAttachment, ...]:
    return tuple(
        IncomingAttachment(
            name=row.name,
            content_type=row.content_type,
            size=row.size,
            sha256=bytes(row.blob.sha256).hex(),
            content=partial(blobs.chunks_of, row.blob),
            inline=row.inline,
            content_id=row.content_id or None,
        )
        for row in rows
    )
