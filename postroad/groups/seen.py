"""Groups as the messengers last showed them, read from the mirror: a constant number of queries."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from postroad.groups.compare import Directory, SeenRoom
from postroad.messengers.models import MessengerUser, Room
from postroad.org.models import Person, today

_MEMBERS = """
SELECT room_id, array_agg(lower(user_id)) FROM messengers_roommember WHERE room_id = ANY(%s) GROUP BY room_id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The rooms of channels as last seen, and who is whom, by messenger."""

    rooms: Mapping[UUID, Room]
    states: Mapping[UUID, SeenRoom]
    directories: Mapping[UUID, Directory]


def read_seen(
    channel_ids: Collection[UUID], messenger_ids: Collection[UUID], *, people: Collection[UUID] | None = None
) -> Seen:
    """The rooms of these channels and the directories of these messengers: of everybody, or (when `people` is
    given) of those people and of whoever is in the rooms.
    """
    rooms = {room.channel_id: room for room in Room.objects.filter(channel__in=channel_ids) if room.channel_id}
    members = _members([room.pk for room in rooms.values()])
    states = {channel_id: _state(room, members.get(room.pk, frozenset())) for channel_id, room in rooms.items()}
    inside = None if people is None else frozenset().union(*(one.members | {one.owner_id} for one in states.values()))
    return Seen(rooms, states, _directories(messenger_ids, people=people, user_ids=inside))


def _members(room_ids: list[UUID]) -> dict[UUID, frozenset[str]]:
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [room_ids])
        return {room_id: frozenset(user_ids) for room_id, user_ids in cursor.fetchall()}


def _state(room: Room, members: frozenset[str]) -> SeenRoom:
    return SeenRoom(
        name=room.name,
        owner_id=room.owner_user_id.lower(),
        members=members,
        admins=frozenset(user_id.lower() for user_id in room.admin_user_ids),
        settings=room.settings,
        gone=room.gone_at is not None,
    )


def _directories(
    messenger_ids: Collection[UUID], *, people: Collection[UUID] | None, user_ids: Iterable[str] | None
) -> dict[UUID, Directory]:
    users: QuerySet[MessengerUser] = MessengerUser.objects.filter(messenger__in=messenger_ids)
    named: Collection[UUID] | None = None
    if people is not None:
        users = users.extra(  # the index is on lower(user_id)
            where=[
                "(messengers_messengeruser.person_id = ANY(%s) OR lower(messengers_messengeruser.user_id) = ANY(%s))"
            ],
            params=[list(people), list(user_ids or ())],
        )
        named = people
    rows = list(users.values_list("messenger_id", "user_id", "person_id", "active", "name"))
    matched = {person for _messenger, _user, person, _active, _name in rows if person}
    known = _people(None if named is None else {*named, *matched})
    day = today()
    left = frozenset(person for person, (_name, last) in known.items() if last is not None and last <= day)
    names = {person: name for person, (name, _last) in known.items()}
    return {messenger: _directory(messenger, rows, names=names, left=left) for messenger in messenger_ids}


def _people(named: Collection[UUID] | None) -> dict[UUID, tuple[str, date | None]]:
    """Name and last day of the people in question; None: of all who work here or are still in some messenger."""
    found = Person.objects.all()
    if named is not None:
        found = found.filter(pk__in=named)
    else:
        inside = MessengerUser.objects.filter(person__isnull=False).values("person")
        found = found.filter(Q(left_on__isnull=True) | Q(left_on__gt=today()) | Q(pk__in=inside))
    return {pk: (name, left_on) for pk, name, left_on in found.values_list("pk", "name", "left_on")}


def _directory(
    messenger: UUID, rows: Iterable[tuple[Any, ...]], *, names: Mapping[UUID, str], left: frozenset[UUID]
) -> Directory:
    users: dict[UUID, str] = {}
    persons: dict[str, UUID] = {}
    strangers: dict[str, str] = {}
    for of, user_id, person, active, name in rows:
        if of != messenger:
            continue
        if person is None:
            strangers[user_id.lower()] = name or user_id
            continue
        persons[user_id.lower()] = person
        if active:
            users[person] = user_id
    return Directory(users=users, persons=persons, names=names, left=left, strangers=strangers)
