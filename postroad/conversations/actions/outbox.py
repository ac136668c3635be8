"""The outbox: sends what `say` wrote, and keeps what became of it.

A delivery is claimed by a conditional update and the claim is committed before anything goes over the network; the
outcome is recorded in a transaction of its own. A worker that dies in between leaves a claim, which another worker
takes over once the lease is up. So every message is sent at least once: the one case in which it goes out twice is a
worker dying (or losing the database for longer than the lease) after the other side took the message and before that
was recorded. Both copies carry the same external id (for mail the Message-ID), by which receivers know them as one.
"""

from __future__ import annotations

import logging
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.protocol import (
    OutgoingAttachment,
    OutgoingMessage,
    Recipient,
    RecipientRole,
    SendFailed,
    SendResult,
    connector_of,
)
from postroad.channels.queries import endpoint_of
from postroad.conversations.actions.drafts import key_of
from postroad.conversations.actions.receipts import OURS
from postroad.conversations.events import Event
from postroad.conversations.jobs import Job
from postroad.conversations.models import Delivery, DeliveryState, Message, Receipt
from postroad.conversations.registry import delivery_handlers
from postroad.ledger.actions import record
from postroad.platform import blobs, jobs
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict
from postroad.platform.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.channels.protocol import Endpoint

log = logging.getLogger(__name__)

OUTBOX = Actor.system("outbox")
CLAIMED_AT_ONCE = 16
SENT_SIDE_BY_SIDE = 4
LEASE = timedelta(minutes=15)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What one claimed delivery needs outside any transaction."""

    delivery: Delivery
    endpoint: Endpoint
    connector: str
    outgoing: OutgoingMessage


def flush_outbox() -> int:
    """Send everything that is due; returns how many messages the other side took. Never inside a transaction."""
    worker, sent = str(new_id()), 0
    while parcels := _pack(_claim(worker=worker)):
        with ThreadPoolExecutor(SENT_SIDE_BY_SIDE) as threads:
            for parcel, outcome in zip(parcels, threads.map(_send, parcels), strict=True):
                sent += _record(parcel.delivery, outcome)
    return sent


@transaction.atomic
def retry_delivery(*, delivery: Delivery, actor: Actor) -> Delivery:
    """Put a failed delivery back into the queue, as somebody asked. Raises Conflict unless it has failed."""
    now = timezone.now()
    put_back = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.FAILED).update(
        state=DeliveryState.QUEUED, next_try_at=now, finished_at=None, error="", attempts=0, worker="", claimed_at=None
    )
    if not put_back:
        raise Conflict(_("This message has not failed; there is nothing to send again."))
    record(Event.MESSAGE_RETRIED, actor=actor, subject=delivery.message)
    jobs.enqueue(Job.SEND_DUE, once=True)
    delivery.refresh_from_db()
    return delivery


def note_bounces(bounces: Sequence[Message]) -> None:
    """Mark as failed what `bounces` say could not be delivered for good; joins the intake's transaction."""
    permanent = {
        key_of(bounce.channel_id, bounce.bounce_of): "; ".join(
            f"{one['address']}: {one['diagnostic'] or one['status']}"
            for one in bounce.failed_recipients
            if one["permanent"]
        )
        for bounce in bounces
        if bounce.bounce_of and any(one["permanent"] for one in bounce.failed_recipients)
    }
    if not permanent:
        return
    reasons = _messages_behind(permanent)
    failed = list(
        Delivery.objects.select_for_update(no_key=True, of=("self",))
        .filter(message_id__in=reasons, state=DeliveryState.SENT)
        .select_related("message__conversation__channel")
        .order_by("pk")
    )
    for delivery in failed:
        delivery.state, delivery.error, delivery.finished_at = (
            DeliveryState.FAILED,
            reasons[delivery.message_id],
            timezone.now(),
        )
    Delivery.objects.bulk_update(failed, ["state", "error", "finished_at"])
    _tell(failed)


def _messages_behind(reasons: dict[tuple[UUID, str], str]) -> dict[UUID, str]:
    receipts = Receipt.objects.filter(pk__in=list(reasons), content_digest=OURS)
    return {receipt.message_id: reasons[receipt.channel_id, receipt.external_id] for receipt in receipts}


def _claim(*, worker: str) -> list[Delivery]:
    """Deliveries that are due, or whose worker has been silent for the lease, now ours; committed on return."""
    now = timezone.now()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE conversations_delivery
            SET state = %(sending)s, worker = %(worker)s, claimed_at = %(now)s, attempts = attempts + 1,
                next_try_at = %(lease_ends)s
            WHERE id IN (
                SELECT id FROM conversations_delivery
                WHERE state IN (%(queued)s, %(sending)s) AND next_try_at <= %(now)s
                ORDER BY next_try_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
            )
            RETURNING id
            """,
            {
                "sending": DeliveryState.SENDING,
                "queued": DeliveryState.QUEUED,
                "worker": worker,
                "now": now,
                "lease_ends": now + LEASE,
                "limit": CLAIMED_AT_ONCE,
            },
        )
        claimed = [row[0] for row in cursor.fetchall()]
    return list(
        Delivery.objects.filter(pk__in=claimed)
        .select_related("message__conversation__channel")
        .prefetch_related("message__attachments__blob")
        .order_by("message_id")
    )


def _pack(deliveries: Sequence[Delivery]) -> list[_Parcel]:
    return [
        _Parcel(
            delivery=delivery,
            endpoint=endpoint_of(delivery.message.conversation.channel),
            connector=delivery.message.conversation.channel.connector,
            outgoing=_outgoing(delivery.message),
        )
        for delivery in deliveries
    ]


def _outgoing(message: Message) -> OutgoingMessage:
    own = message.conversation.channel.address
    return OutgoingMessage(
        message_id=message.pk,
        channel_id=message.channel_id,
        recipients=tuple(
            Recipient(RecipientRole(one["role"]), one["name"], one["address"]) for one in message.recipients
        ),
        subject=message.subject,
        text=message.text,
        created_at=message.taken_in_at,
        sender_name=message.sender_name,
        sender_address="" if message.sender_address == own else message.sender_address,
        answers_to="" if message.reply_address == message.sender_address else message.reply_address,
        subject_token=message.conversation.subject_token or None,
        html=message.html or None,
        attachments=tuple(
            OutgoingAttachment(
                name=one.name,
                content_type=one.declared_type or one.content_type,
                size=one.size,
                content=partial(blobs.chunks_of, one.blob),
                inline=one.inline,
                content_id=one.content_id or None,
            )
            for one in message.attachments.all()
        ),
        thread_ids=tuple(message.thread_ids),
        automatic=bool(message.auto),
    )


def _send(parcel: _Parcel) -> SendResult | SendFailed:
    """Hand one message to its connector. What goes wrong inside the connector counts as passing."""
    try:
        return connector_of(parcel.connector).send(parcel.endpoint, parcel.outgoing)
    except SendFailed as failed:
        return failed
    except LookupError:
        return SendFailed(f"no connector {parcel.connector!r}", permanent=True)
    except Exception as error:
        log.exception("the connector %s broke over message %s", parcel.connector, parcel.outgoing.message_id)
        return SendFailed(f"{type(error).__name__}: {error}", permanent=False)
    finally:
        connections.close_all()  # of this thread, which ends; a connector may have asked the database


@transaction.atomic(durable=True)
def _record(claimed: Delivery, outcome: SendResult | SendFailed) -> bool:
    """Keep the outcome, unless another worker has taken the delivery over meanwhile; returns whether it was sent."""
    delivery = (
        Delivery.objects.select_for_update(no_key=True, of=("self",))
        .select_related("message__conversation__channel")
        .filter(pk=claimed.pk, state=DeliveryState.SENDING, worker=claimed.worker)
        .first()
    )
    if delivery is None:
        log.warning("delivery %s was taken over while it was being sent", claimed.pk)
        return False
    delivery.worker, delivery.claimed_at = "", None
    if isinstance(outcome, SendResult):
        _sent(delivery, outcome)
    elif outcome.permanent or timezone.now() - delivery.message.taken_in_at > GIVEN_UP_AFTER:
        _failed(delivery, outcome.reason)
    else:
        _put_off(delivery, outcome.reason)
    delivery.save(update_fields=["state", "worker", "claimed_at", "next_try_at", "error", "external_id", "finished_at"])
    if delivery.finished_at:
        _tell([delivery])
    return delivery.state == DeliveryState.SENT


def _sent(delivery: Delivery, result: SendResult) -> None:
    delivery.state = DeliveryState.SENT
    delivery.finished_at = result.accepted_at
    delivery.external_id = result.external_id
    delivery.error = "; ".join(f"{one.address}: {one.diagnostic or one.status}" for one in result.refused)
    channel_id, external_id = key_of(delivery.message.channel_id, result.external_id)
    Receipt.objects.bulk_create(
        [Receipt(channel_id=channel_id, external_id=external_id, message_id=delivery.message_id, content_digest=OURS)],
        ignore_conflicts=True,
    )
    record(
        Event.MESSAGE_SENT,
        actor=OUTBOX,
        subject=delivery.message,
        data={"attempts": delivery.attempts, "refused": len(result.refused)},
    )


def _failed(delivery: Delivery, reason: str) -> None:
    delivery.state, delivery.error, delivery.finished_at = DeliveryState.FAILED, reason, timezone.now()
    record(Event.MESSAGE_FAILED, actor=OUTBOX, subject=delivery.message, data={"attempts": delivery.attempts})


def _put_off(delivery: Delivery, reason: str) -> None:
    delivery.state, delivery.error = DeliveryState.QUEUED, reason
    delivery.next_try_at = timezone.now() + _pause(delivery.attempts)


def _pause(attempts: int) -> timedelta:
    """Doubling up to an hour, spread by a quarter either way so that a recovered server is not stormed."""
    longest = min(FIRST_PAUSE * (1 << min(attempts - 1, 12)), LONGEST_PAUSE)
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def _tell(finished: list[Delivery]) -> None:
    """Tell who registered; a handler that breaks is logged and does not undo what happened."""
    for handler in delivery_handlers() if finished else ():
        try:
            with transaction.atomic():
                handler(finished)
        except Exception:
            log.exception("%s could not take the outcome of %d deliveries", handler, len(finished))
