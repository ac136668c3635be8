"""Reading a messenger's rooms: all of them, those that changed, or one. Network: never in a transaction."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from time import monotonic
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from postroad.channels.protocol import Health
from postroad.messengers import queries
from postroad.messengers.actions.connections import report_fault, report_health
from postroad.messengers.actions.keeping import keep_states
from postroad.messengers.models import Messenger, Room
from postroad.messengers.protocol import MessengerFault, NoSuchRoom, RoomState

log = logging.getLogger(__name__)

KEPT_AT_ONCE = 2_000
KEPT_AFTER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading: how many rooms were read, and which changed (found and gone ones among them)."""

    rooms: int
    changed: tuple[UUID, ...]


def read_rooms(*, messenger: Messenger) -> Reading:
    """Read all rooms in sight and keep what changed; those not seen any more are gone. Raises MessengerFault.

    Kept in batches, each a transaction of its own with a constant number of statements; a fault in the middle leaves
    what was kept before it, and nothing is taken for gone.
    """
    connector, account = queries.connection_of(messenger)
    asked_at = timezone.now()
    known = list(messenger.rooms.filter(gone_at__isnull=True).values_list("room_id", flat=True))
    seen, changed = 0, []
    try:
        for batch in _batches(connector.rooms(account, known=known)):
            seen += len(batch)
            changed += _keep(messenger, batch, asked_at=asked_at)
    except MessengerFault as fault:
        report_fault(messenger=messenger, fault=fault)
        raise
    changed += _lose_unseen(messenger, asked_at=asked_at)
    Messenger.objects.filter(pk=messenger.pk).update(rooms_read_at=asked_at)
    report_health(messenger=messenger, health=Health(ok=True))
    return Reading(seen, tuple(changed))


def read_stale_rooms(*, messenger: Messenger) -> Reading:
    """Read the rooms that changed since they were read last. Raises MessengerFault, after keeping what was read."""
    stale = messenger.rooms.filter(stale_at__isnull=False, gone_at__isnull=True).order_by("stale_at")
    return _read_some(messenger, list(stale.values_list("room_id", flat=True)))


def refresh_room(*, room: Room) -> Room:
    """Read one room and keep what changed; gone if it is not there. Raises MessengerFault. Returns it as kept."""
    _read_some(room.messenger, [room.room_id])
    return Room.objects.select_related("messenger", "channel").get(pk=room.pk)


def read_room(*, messenger: Messenger, room_id: str) -> Room | None:
    """Read a room by the messenger's id, known before or not; None when there is none and never was."""
    _read_some(messenger, [room_id])
    return queries.room_of(messenger, room_id)


def _read_some(messenger: Messenger, room_ids: Iterable[str]) -> Reading:
    connector, account = queries.connection_of(messenger)
    waiting = iter(room_ids)
    read, changed = 0, list[UUID]()
    while part := list(islice(waiting, KEPT_AT_ONCE)):
        asked_at, fault = timezone.now(), None
        states, gone = [], []
        for room_id in part:
            try:
                states.append(connector.read_room(account, room_id))
            except NoSuchRoom:
                gone.append(room_id)
            except MessengerFault as raised:
                fault = raised
                if not raised.permanent:
                    break
                log.warning("a room of the messenger %s cannot be read: %s", messenger.key, raised)
        read += len(states)
        changed += _keep(messenger, states, asked_at=asked_at, gone=gone)
        if fault is not None:
            raise fault
    return Reading(read, tuple(changed))


def _keep(messenger: Messenger, states: list[RoomState], *, asked_at: datetime, gone: Iterable[str] = ()) -> list[UUID]:
    with transaction.atomic(durable=True):
        return keep_states(messenger, states, asked_at=asked_at, gone=list(gone))


def _lose_unseen(messenger: Messenger, *, asked_at: datetime) -> list[UUID]:
    unseen = messenger.rooms.filter(gone_at__isnull=True, seen_at__lt=asked_at).values_list("room_id", flat=True)
    return _keep(messenger, [], asked_at=asked_at, gone=unseen)


def _batches(states: Iterator[RoomState]) -> Iterator[list[RoomState]]:
    """As much at once as may be, for each batch is compared anew; but a slow messenger's rooms do not wait for long."""
    batch: list[RoomState] = []
    began = monotonic()
    for state in states:
        batch.append(state)
        if len(batch) >= KEPT_AT_ONCE or monotonic() - began >= KEPT_AFTER_SECONDS:
            yield batch
            batch, began = [], monotonic()
    if batch:
        yield batch
