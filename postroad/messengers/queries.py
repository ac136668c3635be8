"""Reads of messengers, their users and rooms, by name."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.channels.models import State as ChannelState
from postroad.channels.protocol import SettingKind
from postroad.messengers.models import Chat, Messenger, MessengerUser, RefusedCallback, Room
from postroad.messengers.protocol import Account, DirectTerms, MessengerConnector, direct_chats_of, messenger_of
from postroad.platform.crypto import open_sealed

KEPT_STATES = frozenset({ChannelState.LIVE, ChannelState.SUSPENDED})
DIRECT = "-direct"
"""Behind the key of a messenger's connector: the connector of its direct chats."""
MESSENGER = "messenger"
"""The setting of a channel that names the messenger."""


def account_of(messenger: Messenger) -> Account:
    """The messenger as its connector sees it, secrets opened."""
    return Account(
        messenger_id=messenger.pk,
        key=messenger.key,
        settings=messenger.connector_settings,
        secrets=secrets_of(messenger),
    )


def connection_of(messenger: Messenger) -> tuple[MessengerConnector, Account]:
    """A messenger's connector and the account to call it with."""
    return messenger_of(messenger.connector), account_of(messenger)


def secrets_of(messenger: Messenger) -> dict[str, str]:
    """The opened secrets. For connectors only; no page shows them."""
    if messenger.sealed_secrets is None:
        return {}
    context = secrets_context(messenger)
    plain: dict[str, str] = json.loads(open_sealed(bytes(messenger.sealed_secrets), context=context))
    return plain


def secrets_context(messenger: Messenger) -> str:
    return f"messengers.messenger.secrets:{messenger.pk}"


def in_use(connector: str = "") -> QuerySet[Messenger]:
    """The messengers that work is done on, of one connector or all."""
    found = Messenger.objects.filter(state=Messenger.State.IN_USE).order_by("key")
    return found.filter(connector=connector) if connector else found


def due_to_be_read() -> list[Messenger]:
    """The messengers whose rooms are all to be read again: as often as each can bear. One query."""
    counted = in_use().annotate(room_count=Count("rooms", filter=Q(rooms__gone_at__isnull=True)))
    return [one for one in counted if _is_due(one)]


def _is_due(messenger: Any) -> bool:
    connector, account = connection_of(messenger)
    every = connector.rooms_every(account, number=messenger.room_count)
    return messenger.rooms_read_at is None or messenger.rooms_read_at + every <= timezone.now()


def messengers_listed() -> QuerySet[Messenger]:
    """All messengers, those in use first, with how many rooms and people of each are known."""
    here = Q(rooms__gone_at__isnull=True, rooms__isnull=False)
    return Messenger.objects.annotate(
        room_count=Count("rooms", filter=here, distinct=True),
        stray_count=Count("rooms", filter=here & Q(rooms__channel__isnull=True), distinct=True),
    ).order_by("state", "name", "id")


def by_key(key: str) -> Messenger | None:
    return Messenger.objects.filter(key=key).first()


# --- people -------------------------------------------------------------------------------------------------


def users_of(messenger: Messenger, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The user id of each of these persons who has an active one in this messenger; one query."""
    found = messenger.users.filter(person__in=list(person_ids), active=True)
    return {person_id: user_id for person_id, user_id in found.values_list("person_id", "user_id") if person_id}


def persons_behind(messenger: Messenger, user_ids: Iterable[str]) -> dict[str, UUID]:
    """Who of our people these users are, by case-folded user id; one query."""
    wanted = [user_id.casefold() for user_id in user_ids]
    found = MessengerUser.objects.with_user_ids(messenger.pk, wanted).filter(person__isnull=False)
    return {
        user_id.casefold(): person_id for user_id, person_id in found.values_list("user_id", "person_id") if person_id
    }


@dataclass(frozen=True, slots=True)
class RoomPeople:
    """Who is in a room: our people, and user ids of whom we do not know (outsiders, robots, the unmatched)."""

    people: frozenset[UUID]
    strangers: frozenset[str]
    owner: UUID | None
    admins: frozenset[UUID]


def people_in(rooms: Collection[Room]) -> dict[UUID, RoomPeople]:
    """Who is in each of these rooms, by room; two queries, whatever their number."""
    persons = _persons_of_rooms(rooms)
    members: dict[UUID, list[str]] = {room.pk: [] for room in rooms}
    for room_id, user_id in _members_of(list(members)):
        members[room_id].append(user_id)
    return {room.pk: _people(room, members[room.pk], persons) for room in rooms}


def _people(room: Room, user_ids: Iterable[str], persons: dict[tuple[UUID, str], UUID]) -> RoomPeople:
    def person(user_id: str) -> UUID | None:
        return persons.get((room.messenger_id, user_id.casefold()))

    known = {user_id: person(user_id) for user_id in user_ids}
    return RoomPeople(
        people=frozenset(one for one in known.values() if one),
        strangers=frozenset(user_id for user_id, one in known.items() if one is None),
        owner=person(room.owner_user_id),
        admins=frozenset(one for one in map(person, room.admin_user_ids) if one),
    )


def _members_of(room_ids: list[UUID]) -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT room_id, user_id FROM messengers_roommember WHERE room_id = ANY(%s)", [room_ids])
        rows: list[tuple[UUID, str]] = cursor.fetchall()
    return rows


def _persons_of_rooms(rooms: Iterable[Room]) -> dict[tuple[UUID, str], UUID]:
    matched = MessengerUser.objects.filter(messenger__in={room.messenger_id for room in rooms}, person__isnull=False)
    return {
        (messenger_id, user_id.casefold()): person_id
        for messenger_id, user_id, person_id in matched.values_list("messenger_id", "user_id", "person_id")
        if person_id
    }


@dataclass(frozen=True, slots=True)
class UserCounts:
    """How many of a messenger's active users we know by name."""

    matched: int
    unmatched: int


def user_counts(messenger: Messenger) -> UserCounts:
    counts = messenger.users.filter(active=True).aggregate(
        matched=Count("pk", filter=Q(person__isnull=False)), unmatched=Count("pk", filter=Q(person__isnull=True))
    )
    return UserCounts(**counts)


def users_listed(messenger: Messenger, *, text: str = "", which: str = "") -> QuerySet[MessengerUser]:
    """A messenger's users with the person at hand; `which` is matched, unmatched, gone, or "" for all active ones."""
    found = messenger.users.select_related("person", "person__department").filter(active=which != "gone")
    if which in {"matched", "unmatched"}:
        found = found.filter(person__isnull=which == "unmatched")
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(user_id__icontains=word) | Q(person__name__icontains=word))
    return found


# --- rooms --------------------------------------------------------------------------------------------------


def strays() -> QuerySet[Room]:
    """The rooms that are there and registered as no channel, largest first, messenger at hand."""
    found = Room.objects.filter(channel__isnull=True, gone_at__isnull=True, messenger__state=Messenger.State.IN_USE)
    return found.select_related("messenger").order_by("-member_count", "name", "id")


def rooms_listed(messenger: Messenger, *, text: str = "", which: str = "") -> QuerySet[Room]:
    """A messenger's rooms with the channel at hand; `which` is registered, stray, gone, or "" for all there are."""
    found = messenger.rooms.select_related("channel").filter(gone_at__isnull=which != "gone")
    if which in {"registered", "stray"}:
        found = found.filter(channel__isnull=which == "stray")
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(channel__name__icontains=word))
    return found


def room_of(messenger: Messenger, room_id: str) -> Room | None:
    """The room under the messenger's own id, if it was ever seen."""
    return messenger.rooms.select_related("messenger", "channel").filter(room_id=room_id).first()


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a room as a page shows them. `user` is None for a user id that the directory does not show."""

    user_id: str
    user: MessengerUser | None
    is_owner: bool
    is_admin: bool
    since: Any


def members_of(room: Room) -> list[Member]:
    """Who is in a room, owner and administrators first; two queries."""
    rows = list(room.members.order_by("user_id"))
    wanted = [row.user_id.casefold() for row in rows]
    users = {
        one.user_id.casefold(): one
        for one in MessengerUser.objects.with_user_ids(room.messenger_id, wanted).select_related("person__department")
    }
    owner, admins = room.owner_user_id.casefold(), {one.casefold() for one in room.admin_user_ids}
    members = [
        Member(
            user_id=row.user_id,
            user=users.get(row.user_id.casefold()),
            is_owner=row.user_id.casefold() == owner,
            is_admin=row.user_id.casefold() in admins,
            since=row.since,
        )
        for row in rows
    ]
    return sorted(members, key=lambda one: (not one.is_owner, not one.is_admin, one.user is None))


def user_named(messenger: Messenger, user_id: str) -> MessengerUser | None:
    """The user under the messenger's own id."""
    found = MessengerUser.objects.with_user_ids(messenger.pk, [user_id.casefold()])
    return found.select_related("person").first() if user_id else None


@dataclass(frozen=True, slots=True)
class RoomCounts:
    registered: int
    stray: int
    stale: int
    people: int


def room_counts(messenger: Messenger) -> RoomCounts:
    """How many rooms of a messenger there are, by kind; `people` are memberships."""
    counts = messenger.rooms.filter(gone_at__isnull=True).aggregate(
        registered=Count("pk", filter=Q(channel__isnull=False)),
        stray=Count("pk", filter=Q(channel__isnull=True)),
        stale=Count("pk", filter=Q(stale_at__isnull=False)),
    )
    people = messenger.rooms.filter(gone_at__isnull=True).aggregate(people=Count("members"))["people"]
    return RoomCounts(**counts, people=people)


def with_stale_rooms() -> QuerySet[Messenger]:
    """The messengers in use that have rooms which changed since they were read."""
    return in_use().filter(rooms__stale_at__isnull=False, rooms__gone_at__isnull=True).distinct()


def refused_since(messenger: Messenger, day: date) -> QuerySet[RefusedCallback]:
    """How often calls to the messenger's address were refused since a day, newest first."""
    return messenger.refused_callbacks.filter(day__gte=day).order_by("-day", "reason")


def why_set_aside(messenger: Messenger) -> list[tuple[str, int]]:
    """Why messages of the messenger could not be stored, and how many each; the most frequent first."""
    counted = messenger.set_aside.values_list("error").annotate(number=Count("pk")).order_by("-number", "error")
    return [(error, number) for error, number in counted[:10]]


def count_set_aside(messenger: Messenger) -> int:
    """How many of the messenger's messages could not be stored."""
    return messenger.set_aside.count()


def connection_facts(messenger: Messenger) -> list[tuple[Any, str]]:
    """How a messenger is connected, as label and value; a secret only as being there."""
    known = secrets_of(messenger)
    facts = []
    for setting in messenger_of(messenger.connector).settings:
        raw = messenger.connector_settings.get(setting.name, "")
        if setting.kind == SettingKind.SECRET:
            value = "••••••••" if known.get(setting.name) else ""
        elif setting.kind == SettingKind.SWITCH:
            value = _("yes") if raw else _("no")
        else:
            value = str(dict(setting.choices).get(raw, raw))
        if value:
            facts.append((setting.label, value))
    return facts


# --- direct chats -------------------------------------------------------------------------------------------


def direct_channels(messenger: Messenger | None = None) -> QuerySet[Channel]:
    """The channels in service that are service accounts of a messenger, or of any that is in use."""
    messengers = [messenger] if messenger else list(in_use())
    wanted = Q(pk__in=())
    for one in messengers:
        wanted |= Q(connector=f"{one.connector}{DIRECT}", connector_settings__contains={MESSENGER: one.key})
    return Channel.objects.filter(wanted, state__in=list(KEPT_STATES)).order_by("key")


def messenger_behind(channel: Channel) -> Messenger | None:
    """The messenger in which a channel of direct chats is a service account, if it is in use."""
    key = channel.connector_settings.get(MESSENGER, "")
    return in_use(channel.connector.removesuffix(DIRECT)).filter(key=key).first()


def chats() -> QuerySet[Chat]:
    """All direct chats, messenger and channel at hand."""
    return Chat.objects.select_related("messenger", "channel")


def chat_at(address: str) -> Chat | None:
    """The direct chat that an answer to this address goes into (`Chat.address`). One query."""
    try:
        return chats().filter(pk=UUID(address.partition("@")[0])).first()
    except ValueError:
        return None


def terms_of(chat: Chat) -> DirectTerms:
    """What the messenger allows in a direct chat."""
    direct = direct_chats_of(chat.messenger.connector)
    return direct.direct_terms if direct else DirectTerms()
