"""What happened in a messenger, taken in: messages go to the intake, everything else says what to read again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from postroad.channels.protocol import IncomingMessage, TemporarilyUnavailable, deliver
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.ledger.canonical import Json
from postroad.messengers import queries
from postroad.messengers.actions.connections import SYSTEM, locked
from postroad.messengers.actions.direct import kept_id, take_direct
from postroad.messengers.actions.keeping import references
from postroad.messengers.aside import as_bytes, from_bytes
from postroad.messengers.events import Event
from postroad.messengers.jobs import Job
from postroad.messengers.models import Messenger, Room, SetAside
from postroad.messengers.protocol import DirectoryEvent, Happening, RoomEvent, RoomEventKind, RoomMessage
from postroad.messengers.registry import Redaction, tell_of_redactions
from postroad.platform.actors import Actor
from postroad.platform.crypto import open_sealed, seal
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

# A directory is large; whatever changes in it within this time is read at once.
DIRECTORY_SETTLES = timedelta(seconds=20)

# Which of a room's fields an event tells the author of.
TOLD = {
    RoomEventKind.RENAMED: "name",
    RoomEventKind.OWNER_CHANGED: "owner",
    RoomEventKind.JOINED: "members",
    RoomEventKind.LEFT: "members",
    RoomEventKind.SETTINGS_CHANGED: "settings",
    RoomEventKind.CLOSED: "closed",
}


def take_happenings(
    *, messenger: Messenger, happenings: Sequence[Happening], cursor: Mapping[str, Any] | None = None
) -> None:
    """Take in what happened, in order, and how far the connector has read: all of it committed, or none.

    What comes twice is kept once. One happening that cannot be stored is set aside, sealed, and holds up no other.
    Raises what says that the database is unwell; then nothing of it was stored.
    """
    try:
        with transaction.atomic():
            _take(locked(messenger), happenings)
            _save(messenger, cursor)
    except (OperationalError, InterfaceError, OSError, TemporarilyUnavailable):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, what comes after it must come in
        if len(happenings) == 1:
            _set_aside(messenger, happenings[0], error)
        else:
            for one in happenings:
                take_happenings(messenger=messenger, happenings=[one])
        _save(messenger, cursor)


def _take(messenger: Messenger, happenings: Sequence[Happening]) -> None:
    happenings = take_direct(messenger, happenings)
    messages = [one for one in happenings if isinstance(one, RoomMessage) and not one.ours]
    events = [one for one in happenings if isinstance(one, RoomEvent)]
    room_ids = {one.room_id for one in messages} | {one.room_id for one in events}
    rooms = {
        room.room_id: room
        for room in messenger.rooms.filter(room_id__in=room_ids).select_related("channel").order_by("pk")
    }
    for room in rooms.values():
        room.messenger = messenger
    _deliver(messenger, messages, rooms)
    _note(messenger, events, rooms)
    for room_id in sorted(room_ids - rooms.keys()):
        enqueue(Job.READ_ROOM, once=True, messenger_id=str(messenger.pk), room_id=room_id)
    if any(isinstance(one, DirectoryEvent) for one in happenings):
        soon = timezone.now() + DIRECTORY_SETTLES
        enqueue(Job.READ_DIRECTORY, once=True, run_at=soon, messenger_id=str(messenger.pk))


def _save(messenger: Messenger, cursor: Mapping[str, Any] | None) -> None:
    if cursor is not None:
        Messenger.objects.filter(pk=messenger.pk).update(cursor=dict(cursor))


# --- messages -----------------------------------------------------------------------------------------------


def _deliver(messenger: Messenger, messages: Sequence[RoomMessage], rooms: Mapping[str, Room]) -> None:
    """Hands what was said in registered rooms to the intake; of the others only that they are lively is kept."""
    lively: dict[UUID, Room] = {}
    batch = []
    persons = queries.persons_behind(messenger, {message.sender_id for message in messages})
    for message in messages:
        room = rooms.get(message.room_id)
        if room is None:
            continue
        if room.last_activity_at is None or room.last_activity_at < message.sent_at:
            room.last_activity_at = message.sent_at
        lively[room.pk] = room
        if room.channel is not None and room.channel.state in queries.KEPT_STATES:
            batch.append(_incoming(messenger, room, message, persons.get(message.sender_id.casefold())))
    if batch:
        deliver(batch)
    if lively:
        Room.objects.bulk_update(lively.values(), ["last_activity_at", "said_on", "first_said"])


def _incoming(messenger: Messenger, room: Room, message: RoomMessage, person_id: UUID | None) -> IncomingMessage:
    assert room.channel is not None
    external_id = kept_id(room.room_id, message.external_id)
    earlier = [kept_id(room.room_id, one) for one in (message.replaces, message.reply_to) if one]
    return IncomingMessage(
        channel_id=room.channel.pk,
        external_id=external_id,
        content_digest=sha256(message.raw).hexdigest(),
        sender_name=message.sender_name,
        sender_address=f"{message.sender_id}@{messenger.key}".lower(),
        reply_address=f"{message.sender_id}@{messenger.key}".lower(),
        received_at=timezone.now(),
        sent_at=message.sent_at,
        thread_ids=(*earlier, *_day_of(room, message, external_id)),
        text=message.text,
        reply_text=message.text,
        html=message.html,
        attachments=message.attachments,
        raw=message.raw,
        sender_person_id=person_id,
        sender_is_contact=False,
    )


def _day_of(room: Room, message: RoomMessage, external_id: str) -> list[str]:
    """What is said in a room on one day is one conversation: the first message of the day, unless this is it."""
    day = timezone.localdate(message.sent_at, timezone=timezone.get_default_timezone())
    if room.said_on is None or room.said_on < day:
        room.said_on, room.first_said = day, external_id
    return [room.first_said] if room.said_on == day and room.first_said != external_id else []


# --- events -------------------------------------------------------------------------------------------------


def _note(messenger: Messenger, events: Iterable[RoomEvent], rooms: Mapping[str, Room]) -> None:
    now = timezone.now()
    stale: dict[UUID, Room] = {}
    redactions = []
    for event in events:
        room = rooms.get(event.room_id)
        if room is None:
            continue
        if event.kind is RoomEventKind.MESSAGE_REDACTED:
            redactions.append(Redaction(room, kept_id(room.room_id, event.external_id), event.by, event.at))
            continue
        if (field := TOLD.get(event.kind)) and event.by:
            room.told_changes = {**room.told_changes, field: {"by": event.by, "at": event.at.isoformat()}}
        room.stale_at = now
        stale[room.pk] = room
    if stale:
        Room.objects.bulk_update(stale.values(), ["stale_at", "told_changes"])
        enqueue(Job.READ_STALE_ROOMS, once=True, messenger_id=str(messenger.pk))
    _put_on_record(messenger, redactions)


def _put_on_record(messenger: Messenger, redactions: Sequence[Redaction]) -> None:
    if not redactions:
        return
    named = references(messenger, (one.by_user_id for one in redactions if one.by_user_id))
    record_many(
        [
            NewEntry(
                Event.MESSAGE_TAKEN_BACK,
                SYSTEM,
                one.room,
                {"message": one.external_id, "by": named.get((one.by_user_id or "").casefold(), "")},
            )
            for one in redactions
        ]
    )
    tell_of_redactions(redactions)


# --- what cannot be stored ----------------------------------------------------------------------------------


def take_again(*, messenger: Messenger, actor: Actor) -> tuple[int, int]:
    """Try once more to store what was set aside, oldest first; returns how many were taken, and how many were not.

    Each in a transaction of its own. Raises what says that the database is unwell.
    """
    taken = failed = 0
    for row_id in list(messenger.set_aside.order_by("at", "pk").values_list("pk", flat=True)):
        try:
            taken += _take_one_again(messenger, row_id)
        except (OperationalError, InterfaceError, OSError, TemporarilyUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others may do
            SetAside.objects.filter(pk=row_id).update(error=_told_of(error))
            failed += 1
    if taken or failed:
        data: dict[str, Json] = {"taken": taken, "failed": failed}
        record(Event.ASIDE_TRIED, actor=actor, subject=messenger, data=data)
        publish("messengers", messenger=str(messenger.pk))
    return taken, failed


@transaction.atomic
def _take_one_again(messenger: Messenger, row_id: UUID) -> bool:
    messenger = locked(messenger)
    row = messenger.set_aside.select_for_update().filter(pk=row_id).first()
    if row is None:
        return False
    _take(messenger, [from_bytes(open_sealed(bytes(row.sealed), context=_aside_context(messenger)))])
    row.delete()
    return True


def _set_aside(messenger: Messenger, happening: Happening, error: Exception) -> None:
    room_id, external_id = (getattr(happening, name, "") for name in ("room_id", "external_id"))
    SetAside.objects.get_or_create(
        messenger=messenger,
        room_id=room_id[:255],
        external_id=external_id[:500],
        defaults={
            "sealed": seal(as_bytes(happening), context=_aside_context(messenger)),
            "error": _told_of(error),
            "at": timezone.now(),
        },
    )


def _aside_context(messenger: Messenger) -> str:
    return f"messengers.set-aside:{messenger.pk}"


def _told_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1000]
