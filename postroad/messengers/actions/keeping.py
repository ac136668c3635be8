"""Writing down what was seen of rooms: what changed only, a constant number of statements whatever the number of rooms.

What is seen of one messenger is kept by one at a time (the messenger's row is locked). A room that somebody has read
since this reading was asked for keeps what they saw.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, Value, When
from django.utils import timezone

from postroad.ledger.actions import NewEntry, record_many
from postroad.ledger.canonical import Json
from postroad.messengers.actions.connections import SYSTEM, locked
from postroad.messengers.events import Event
from postroad.messengers.models import Messenger, MessengerUser, Room, RoomMember
from postroad.messengers.protocol import RoomState
from postroad.messengers.registry import tell_of_rooms
from postroad.platform.bulk import copy_rows, insert_many, update_many
from postroad.platform.crypto import digest
from postroad.platform.realtime import publish

FIELDS_SEEN = (
    "name",
    "owner_user_id",
    "admin_user_ids",
    "settings",
    "member_count",
    "creator_user_id",
    "made_at",
    "last_activity_at",
    "gone_at",
    "seen_at",
    "stale_at",
    "told_changes",
)


@dataclass(slots=True)
class _Sight:
    """One room, before and after this reading."""

    room: Room
    state: RoomState
    found: bool = False
    returned: bool = False
    moved: bool = False  # something was said since; no change of the room
    before: dict[str, Any] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.found or self.returned or self.before or self.joined or self.left)


def keep_states(
    messenger: Messenger, states: Iterable[RoomState], *, asked_at: datetime, gone: Collection[str] = ()
) -> list[UUID]:
    """Keep `states` as read since `asked_at`, and that the rooms with the ids `gone` are not there any more.

    Joins the caller's transaction. Returns the ids of the rooms that changed; listeners have been told.
    """
    messenger = locked(messenger)
    by_room_id = {state.id: state for state in states}
    sights = _sights(messenger, by_room_id, asked_at=asked_at)
    _find_members(sights)
    _write(sights, asked_at=asked_at)
    lost = _lose(messenger, gone, asked_at=asked_at)
    changed = [sight for sight in sights if sight.changed]
    record_many([*_entries(messenger, changed), *(NewEntry(Event.ROOM_GONE, SYSTEM, room) for room in lost)])
    ids = [*(sight.room.pk for sight in changed), *(room.pk for room in lost)]
    tell_of_rooms(ids)
    if ids:
        publish("messengers", messenger=str(messenger.pk))
    return ids


def _sights(messenger: Messenger, states: dict[str, RoomState], *, asked_at: datetime) -> list[_Sight]:
    rooms = {room.room_id: room for room in messenger.rooms.filter(room_id__in=list(states)).order_by("pk")}
    now = timezone.now()
    sights = []
    for room_id, state in states.items():
        room = rooms.get(room_id)
        if room is None:
            room = Room(messenger=messenger, room_id=room_id, first_seen_at=now, seen_at=now)
            sights.append(_Sight(room, state, found=True))
        elif room.seen_at <= asked_at:
            sights.append(_Sight(room, state, returned=room.gone_at is not None))
    for sight in sights:
        _look(sight, now=now, asked_at=asked_at)
    return sights


def _look(sight: _Sight, *, now: datetime, asked_at: datetime) -> None:
    """Writes what was seen onto the row, and notes what differs."""
    room, state = sight.room, sight.state
    seen = {
        "name": state.name[:255],
        "owner_user_id": state.owner_id or "",
        "admin_user_ids": sorted(state.admin_ids),
        "settings": {str(name): value for name, value in state.settings.items()},
    }
    for name, value in seen.items():
        before = getattr(room, name)
        if not sight.found and before != value:
            sight.before[name] = before
        setattr(room, name, value)
    room.creator_user_id = state.creator_id or room.creator_user_id
    room.made_at = state.created_at or room.made_at
    activity = max(filter(None, (room.last_activity_at, state.last_activity_at)), default=None)
    sight.moved, room.last_activity_at = activity != room.last_activity_at, activity
    room.seen_at, room.gone_at = now, None
    if room.stale_at and room.stale_at <= asked_at:
        room.stale_at = None


def _find_members(sights: Sequence[_Sight]) -> None:
    """Who joined and who left each room since it was seen last."""
    known = _members_known([sight.room.pk for sight in sights if not sight.found])
    for sight in sights:
        before = {user_id.casefold(): user_id for user_id in known.get(sight.room.pk, ())}
        after = {user_id.casefold(): user_id for user_id in sight.state.members}
        sight.joined = [after[folded] for folded in after.keys() - before.keys()]
        sight.left = [before[folded] for folded in before.keys() - after.keys()]
        sight.room.member_count = len(after)


def _members_known(room_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """A row for each room, not for each member: there are many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT room_id, array_agg(user_id) FROM messengers_roommember WHERE room_id = ANY(%s) GROUP BY room_id",
            [list(room_ids)],
        )
        return dict(cursor.fetchall())


def _forget_members(left: Sequence[tuple[UUID, str]]) -> None:
    if left:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM messengers_roommember USING unnest(%s::uuid[], %s::text[]) AS gone (room_id, user_id) "
                "WHERE messengers_roommember.room_id = gone.room_id AND messengers_roommember.user_id = gone.user_id",
                [[room_id for room_id, _user_id in left], [user_id for _room_id, user_id in left]],
            )


def _write(sights: Sequence[_Sight], *, asked_at: datetime) -> None:
    now = timezone.now()
    insert_many([sight.room for sight in sights if sight.found])
    known = [sight for sight in sights if not sight.found]
    changed = [sight.room for sight in known if sight.changed or sight.moved]
    if changed:
        update_many(changed, FIELDS_SEEN)
    _touch([sight.room for sight in known if not (sight.changed or sight.moved)], asked_at=asked_at)
    _forget_members([(sight.room.pk, user_id) for sight in sights for user_id in sight.left])
    copy_rows(
        RoomMember,
        ("room_id", "user_id", "since"),
        [(sight.room.pk, user_id, now) for sight in sights for user_id in sight.joined],
    )


def _touch(rooms: Sequence[Room], *, asked_at: datetime) -> None:
    """Rooms that are as they were: only when they were seen is new."""
    if rooms:
        unread = Case(When(stale_at__gt=asked_at, then=F("stale_at")), default=Value(None))
        Room.objects.filter(pk__in=[room.pk for room in rooms]).update(seen_at=timezone.now(), stale_at=unread)


def _lose(messenger: Messenger, room_ids: Collection[str], *, asked_at: datetime) -> list[Room]:
    if not room_ids:
        return []
    there = messenger.rooms.filter(room_id__in=list(room_ids), gone_at__isnull=True, seen_at__lte=asked_at)
    lost = list(there.order_by("pk"))
    now = timezone.now()
    for room in lost:
        room.gone_at, room.stale_at, room.member_count = now, None, 0
    if lost:
        update_many(lost, ["gone_at", "stale_at", "member_count"])
        RoomMember.objects.filter(room__in=lost).delete()
    return lost


# --- evidence -----------------------------------------------------------------------------------------------


def references(messenger: Messenger, user_ids: Iterable[str]) -> dict[str, str]:
    """What stands in evidence for each user id, by its case-folded form: our own id, or a digest of a stranger's."""
    wanted = {user_id.casefold() for user_id in user_ids if user_id}
    if not wanted:
        return {}
    known = MessengerUser.objects.with_user_ids(messenger.pk, wanted).values_list("user_id", "pk")
    found = {user_id.casefold(): str(pk) for user_id, pk in known}
    return {one: found.get(one) or digest(one, context="messengers.user").hex()[:32] for one in wanted}


def _entries(messenger: Messenger, changed: Sequence[_Sight]) -> list[NewEntry]:
    named = references(messenger, (one for sight in changed for one in _who(sight)))
    return [NewEntry(event, SYSTEM, sight.room, data) for sight in changed for event, data in _happened(sight, named)]


def _who(sight: _Sight) -> Iterable[str]:
    if sight.found:
        return
    yield from sight.joined
    yield from sight.left
    yield from (str(told["by"]) for told in sight.room.told_changes.values() if told.get("by"))
    if "owner_user_id" in sight.before:
        yield sight.before["owner_user_id"]
        yield sight.room.owner_user_id


def _happened(sight: _Sight, named: dict[str, str]) -> Iterable[tuple[Event, dict[str, Json]]]:
    room = sight.room

    def by(name: str) -> dict[str, Json]:
        told = room.told_changes.get(name, {}).get("by")
        return {"by": named[str(told).casefold()]} if told else {}

    if sight.found:
        yield Event.ROOM_FOUND, {"name": room.name, "members": room.member_count, "messenger": str(room.messenger_id)}
        return
    if sight.returned:
        yield Event.ROOM_RETURNED, {}
    if "name" in sight.before:
        yield Event.ROOM_RENAMED, {"name": {"before": sight.before["name"], "after": room.name}, **by("name")}
    if "owner_user_id" in sight.before:
        before, after = (named.get(one.casefold(), "") for one in (sight.before["owner_user_id"], room.owner_user_id))
        yield Event.ROOM_OWNER_CHANGED, {"owner": {"before": before, "after": after}, **by("owner")}
    if sight.joined or sight.left:
        joined = sorted(named[one.casefold()] for one in sight.joined)
        left = sorted(named[one.casefold()] for one in sight.left)
        yield (
            Event.ROOM_MEMBERS_CHANGED,
            {
                "joined": list(joined),
                "joined_count": len(joined),
                "left": list(left),
                "left_count": len(left),
                **by("members"),
            },
        )
    if settings := _settings_changed(sight):
        yield Event.ROOM_SETTINGS_CHANGED, {"fields": list(settings), "settings": settings, **by("settings")}


def _settings_changed(sight: _Sight) -> dict[str, Json]:
    pairs: dict[str, Json] = {}
    if "settings" in sight.before:
        before, after = sight.before["settings"], sight.room.settings
        pairs = {
            name: {"before": before.get(name), "after": after.get(name)}
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        }
    if "admin_user_ids" in sight.before:
        pairs["admins"] = {"before": len(sight.before["admin_user_ids"]), "after": len(sight.room.admin_user_ids)}
    return pairs
