"""Making, changing and closing rooms in the messenger.

Each in three steps: write down what is about to be done, ask the messenger outside any transaction, then read the room
again and write down what came of it. A crash in between leaves “begun” on record and the room marked as not read since.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels import actions as channels
from postroad.channels.models import Channel
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.messengers import queries
from postroad.messengers.actions.connections import SYSTEM, locked
from postroad.messengers.actions.keeping import keep_states, references
from postroad.messengers.actions.mirror import read_room, refresh_room
from postroad.messengers.events import Event
from postroad.messengers.jobs import Job
from postroad.messengers.models import Messenger, Room, RoomIntent
from postroad.messengers.protocol import (
    Feature,
    MessengerFault,
    NoSuchRoom,
    RoomChange,
    RoomSetting,
    RoomSpec,
    RoomState,
    Sight,
    messenger_of,
)
from postroad.messengers.registry import tell_of_rooms
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, DomainError, Refused
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

CUT_SHORT_AFTER = timedelta(minutes=2)


def change_room(*, room: Room, change: RoomChange, actor: Actor) -> Room:
    """Make a change in the messenger and return the room as it then is.

    Raises MessengerFault when the messenger did not make it, or not all of it: what it did is kept all the same, and
    the failure is on record. Raises Conflict when the messenger is not in use.
    """
    what = _told(room, change)
    with _on_record(room, what, actor=actor) as (connector, account):
        connector.change_room(account, room.room_id, change)
    return _read_again(room)


def close_room(*, room: Room, actor: Actor) -> Room:
    """End a room, or empty it where the messenger cannot end one. Raises as `change_room`."""
    _require(room, Feature.CLOSE_ROOM)
    with _on_record(room, {"what": ["close"]}, actor=actor) as (connector, account):
        connector.close_room(account, room.room_id)
    return _read_again(room)


def redact_message(*, room: Room, external_id: str, reason: str, actor: Actor) -> None:
    """Take a message back in the messenger. `external_id` is the messenger's own, or as the intake keeps it.

    Raises Refused where the messenger cannot, MessengerFault when it did not.
    """
    _require(room, Feature.REDACT)
    external_id = external_id.removeprefix(f"{room.room_id}/")
    data: dict[str, Json] = {"message": external_id, "reason": reason, "what": ["redact"]}
    with _on_record(room, data, actor=actor, done=Event.MESSAGE_REDACTED) as (connector, account):
        connector.redact(account, room.room_id, external_id, reason=reason)


def make_room(*, messenger: Messenger, spec: RoomSpec, channel: Channel | None, actor: Actor) -> Room:
    """Make a room, or finish making it: once per `spec.key`, whatever crashed meanwhile; then it is `channel`'s.

    Raises MessengerFault when the messenger does not make it (a passing fault leaves the intent, which is tried again
    in the background), Conflict while somebody else is making it right now.
    """
    made = messenger.rooms.select_related("messenger", "channel").filter(spec_key=spec.key).first()
    if made is not None:
        return register_room(room=made, channel=channel, actor=actor) if channel else made
    intent = _intend(messenger, spec, channel, actor)
    with _alone(intent):
        return _make(intent, spec)


def enter_room(*, room: Room) -> Room:
    """Make sure that we hear what is said in a room that people made and that is a channel now.

    Raises MessengerFault for a passing fault. That nobody there can let us in stands on record.
    """
    try:
        with _on_record(room, {"what": ["enter"]}, actor=SYSTEM) as (connector, account):
            connector.change_room(account, room.room_id, RoomChange())
    except MessengerFault as fault:
        if not fault.permanent:
            raise
    return _read_again(room)


def finish_rooms() -> int:
    """Make the rooms whose making was cut short; returns how many are there now."""
    before = timezone.now() - CUT_SHORT_AFTER
    waiting = RoomIntent.objects.filter(asked_at__lt=before, messenger__state=Messenger.State.IN_USE)
    finished = 0
    for intent in waiting.select_related("messenger", "channel").order_by("asked_at"):
        try:
            with _alone(intent):
                _make(intent, _spec_from(intent.spec))
        except (MessengerFault, Conflict):
            continue
        finished += 1
    return finished


@transaction.atomic
def register_room(*, room: Room, channel: Channel, actor: Actor) -> Room:
    """Say that a room is the place of a channel; the channel is connected to it.

    Raises Conflict when the room is another channel's or the channel has another room, Invalid as `connect_channel`.
    """
    room = locked_room(room)
    messenger = room.messenger
    if room.channel_id == channel.pk:
        return room
    if room.channel_id is not None:
        raise Conflict(_("This group is registered as another channel already."))
    if Room.objects.filter(channel=channel).exists():
        raise Conflict(_("This channel has another group already."))
    channel = channels.connect_channel(
        channel=channel,
        address=room.room_id,
        connector=messenger.connector,
        settings={"messenger": messenger.key},
        secrets={},
        actor=actor,
    )
    _give_to_channel(room, channel, actor=actor)
    return room


@transaction.atomic
def release_lost_room(*, channel: Channel) -> bool:
    """Let a channel have another room, its own being gone from the messenger; whether that was so."""
    return bool(Room.objects.filter(channel=channel, gone_at__isnull=False).update(channel=None))


def visit_channel_room(*, messenger: Messenger, channel_id: UUID, room_id: str) -> Room:
    """Read the room that a channel was connected to, and note that it is the channel's. Raises MessengerFault."""
    room = read_room(messenger=messenger, room_id=room_id)
    if room is None or room.gone_at is not None:
        raise NoSuchRoom("the group is not there, or out of sight")
    if room.channel_id is None:
        with transaction.atomic(durable=True):
            room = locked_room(room)
            if room.channel_id is None and not Room.objects.filter(channel=channel_id).exists():
                _give_to_channel(room, Channel.objects.get(pk=channel_id), actor=SYSTEM)
    return room


# --- the three steps ----------------------------------------------------------------------------------------


@contextmanager
def _on_record(
    room: Room, data: Mapping[str, Json], *, actor: Actor, done: Event = Event.CHANGE_DONE
) -> Iterator[tuple[Any, Any]]:
    """Puts on record that a change begins, and after the block that it was done, or why not."""
    _require_in_use(room.messenger)
    connection_now = queries.connection_of(room.messenger)
    with transaction.atomic(durable=True):
        record(Event.CHANGE_BEGUN, actor=actor, subject=room, data=data)
        Room.objects.filter(pk=room.pk).update(stale_at=timezone.now())
    try:
        yield connection_now
    except MessengerFault as fault:
        record(Event.CHANGE_FAILED, actor=actor, subject=room, data={**data, "reason": str(fault)[:500]})
        _read_after(room, fault)
        raise
    record(done, actor=actor, subject=room, data=data)


def _read_after(room: Room, fault: MessengerFault) -> None:
    """A change that failed may have been made in part; when the room cannot be read now, it stays marked for later."""
    if fault.permanent or fault.retry_after is None:
        try:
            refresh_room(room=room)
        except MessengerFault:
            return


def _read_again(room: Room) -> Room:
    """The room as it is after a change; if it cannot be read now, as it was, marked to be read soon."""
    try:
        return refresh_room(room=room)
    except MessengerFault:
        return Room.objects.select_related("messenger", "channel").get(pk=room.pk)


def _told(room: Room, change: RoomChange) -> dict[str, Json]:
    """What a change is, for the ledger: fields by name, people by reference."""
    moved = {
        "added": change.add_ids,
        "removed": change.remove_ids,
        "promoted": change.promote_ids,
        "demoted": change.demote_ids,
    }
    people = [*frozenset().union(*moved.values()), *filter(None, [change.owner_id, room.owner_user_id])]
    named = references(room.messenger, people)
    told: dict[str, Json] = {}
    if change.name is not None:
        told["name"] = {"before": room.name, "after": change.name}
    if change.owner_id is not None:
        before = named.get(room.owner_user_id.casefold(), "")
        told["owner"] = {"before": before, "after": named[change.owner_id.casefold()]}
    for what, user_ids in moved.items():
        if user_ids:
            told[what] = sorted(named[one.casefold()] for one in user_ids)
    if change.settings:
        told["settings"] = {
            str(name): {"before": room.settings.get(str(name)), "after": value}
            for name, value in change.settings.items()
        }
    return {"what": list(told), **told}


def _require(room: Room, feature: Feature) -> None:
    if feature not in messenger_of(room.messenger.connector).features:
        raise Refused(_("This messenger does not let anybody do that from outside."))


def _require_in_use(messenger: Messenger) -> None:
    if messenger.state != Messenger.State.IN_USE:
        raise Conflict(_("This messenger is not in use."))


def locked_room(room: Room) -> Room:
    """The room as it is, its messenger locked: what is written about its rooms is written by one at a time."""
    return locked(room.messenger).rooms.select_related("messenger", "channel").get(pk=room.pk)


def _give_to_channel(room: Room, channel: Channel, *, actor: Actor) -> None:
    room.channel = channel
    room.save(update_fields=["channel"])
    record(Event.ROOM_REGISTERED, actor=actor, subject=room, data={"key": channel.key, "channel": str(channel.pk)})
    tell_of_rooms([room.pk])
    if not room.spec_key and messenger_of(room.messenger.connector).sight is Sight.ALL_ROOMS:
        # So far we have only looked at it from outside.
        enqueue(Job.ENTER_ROOM, once=True, messenger_id=str(room.messenger_id), room_id=room.room_id)
    publish("messengers", messenger=str(room.messenger_id))


# --- making -------------------------------------------------------------------------------------------------


def _intend(messenger: Messenger, spec: RoomSpec, channel: Channel | None, actor: Actor) -> RoomIntent:
    _require_in_use(messenger)
    with transaction.atomic(durable=True):
        intent, _created = RoomIntent.objects.update_or_create(
            messenger=messenger,
            spec_key=spec.key,
            defaults={"spec": _spec_as_json(spec), "channel": channel},
            create_defaults={
                "spec": _spec_as_json(spec),
                "channel": channel,
                "actor": {"kind": actor.kind, "id": actor.id, "label": actor.label},
                "asked_at": timezone.now(),
            },
        )
    return intent


def _make(intent: RoomIntent, spec: RoomSpec) -> Room:
    actor = Actor(**intent.actor)  # type: ignore[arg-type]  # written from an Actor
    connector, account = queries.connection_of(intent.messenger)
    asked_at = timezone.now()
    try:
        state = connector.read_room(account, connector.make_room(account, spec))
    except MessengerFault as fault:
        if fault.permanent:
            _give_up(intent, fault, actor)
        raise
    return _made(intent, state, asked_at=asked_at, actor=actor)


def _made(intent: RoomIntent, state: RoomState, *, asked_at: datetime, actor: Actor) -> Room:
    """Keeps the new room. It stays ours even where its channel cannot take it any more, and that is raised."""
    refusal = None
    with transaction.atomic(durable=True):
        keep_states(intent.messenger, [state], asked_at=asked_at)
        room = intent.messenger.rooms.select_related("messenger").get(room_id=state.id)
        room.spec_key = intent.spec_key
        room.save(update_fields=["spec_key"])
        record(Event.ROOM_MADE, actor=actor, subject=room, data={"spec": intent.spec_key})
        RoomIntent.objects.filter(pk=intent.pk).delete()
        try:
            if intent.channel is not None:
                room = register_room(room=room, channel=intent.channel, actor=actor)
        except DomainError as raised:
            refusal = raised
    if refusal is not None:
        raise refusal
    return room


def _give_up(intent: RoomIntent, fault: MessengerFault, actor: Actor) -> None:
    with transaction.atomic(durable=True):
        data: dict[str, Json] = {"what": ["make"], "spec": intent.spec_key, "reason": str(fault)[:500]}
        record(Event.CHANGE_FAILED, actor=actor, subject=intent.channel or intent.messenger, data=data)
        RoomIntent.objects.filter(pk=intent.pk).delete()


@contextmanager
def _alone(intent: RoomIntent) -> Iterator[None]:
    """Keeps others from making the same room meanwhile. The lock is the connection's: it dies with a process."""
    number = int.from_bytes(blake2b(f"{intent.messenger_id}:{intent.spec_key}".encode(), digest_size=8).digest())
    signed = number - 2**63
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [signed])
        [alone] = cursor.fetchone()
        if not alone:
            raise Conflict(_("This group is being made right now."))
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [signed])


def _spec_as_json(spec: RoomSpec) -> dict[str, Any]:
    return {
        "key": spec.key,
        "name": spec.name,
        "owner_id": spec.owner_id,
        "member_ids": sorted(spec.member_ids),
        "settings": {str(name): value for name, value in spec.settings.items()},
    }


def _spec_from(plain: Mapping[str, Any]) -> RoomSpec:
    settings = {RoomSetting(name): value for name, value in plain["settings"].items()}
    return RoomSpec(**{**plain, "member_ids": frozenset(plain["member_ids"]), "settings": settings})
