"""What is going on at the desk at this moment, channel by channel, and who is there to see to it.

A constant number of queries, each over what is open or of today.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q

from postroad.board.periods import day_of, midnight
from postroad.channels.models import Channel, Kind
from postroad.desk import presence
from postroad.desk.models import ACTIVE, TO_DO, AgentPresence, Case
from postroad.desk.queries import CASE_TYPE, Promise, members_with_load
from postroad.hotline.models import UNANSWERED, Call, Direction
from postroad.hotline.models import State as CallState
from postroad.hotline.queries import RINGS_AT_MOST, TALKS_AT_MOST

SOON = timedelta(minutes=30)
"""A promise with less time left is about to be missed."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel now, or (`channel` None) several together.

    `waiting` are cases in which nobody has turned to the customer yet, `in_work` the others to do.
    """

    channel: Channel | None
    waiting: int = 0
    oldest: datetime | None = None
    unassigned: int = 0
    in_work: int = 0
    overdue: int = 0
    soon: int = 0
    met: int = 0
    missed: int = 0
    ringing: int = 0
    talking: int = 0
    unanswered: int = 0
    call_backs: int = 0

    @property
    def is_hotline(self) -> bool:
        return self.channel is not None and self.channel.kind == Kind.HOTLINE

    @property
    def is_chat(self) -> bool:
        return self.channel is not None and self.channel.kind == Kind.LIVE_CHAT

    @property
    def percent(self) -> float | None:
        return 100 * self.met / self.decided if self.decided else None

    @property
    def decided(self) -> int:
        return self.met + self.missed

    @property
    def tone(self) -> str:
        """The colour of how it stands; `_standing.html` has the word."""
        if self.overdue:
            return "danger"
        if self.soon:
            return "warning"
        return "success" if self.waiting or self.in_work else "secondary"


@dataclass(frozen=True, slots=True)
class Agents:
    """Where the members of the teams are, each counted once. `free` of those there could take one more."""

    free: int
    full: int
    on_call: int
    away: int
    absent: int

    @property
    def there(self) -> int:
        return self.free + self.full + self.on_call

    @property
    def all(self) -> int:
        return self.there + self.away + self.absent


@dataclass(frozen=True, slots=True)
class Wallboard:
    """All lanes, their sum, that of the chats alone (None without chats), and the agents."""

    at: datetime
    lanes: list[Lane]
    total: Lane
    chats: Lane | None
    agents: Agents

    @property
    def has_hotline(self) -> bool:
        return any(lane.is_hotline for lane in self.lanes)


def together(lanes: Collection[Lane]) -> Lane:
    """Lanes as one."""
    return Lane(
        channel=None,
        oldest=min((lane.oldest for lane in lanes if lane.oldest), default=None),
        **{name: sum(getattr(lane, name) for lane in lanes) for name in _SUMMED},
    )


_SUMMED = (
    *("waiting", "unassigned", "in_work", "overdue", "soon", "met", "missed"),
    *("ringing", "talking", "unanswered", "call_backs"),
)


def wallboard(channels: Collection[Channel], *, now: datetime) -> Wallboard:
    """How these channels stand. Seven queries, whatever stands open."""
    ids = [channel.pk for channel in channels]
    counted: dict[UUID, dict[str, Any]] = {channel_id: {} for channel_id in ids}
    for found in (
        _cases(ids, now=now),
        _kept_today(ids, now=now),
        _calls(ids, now=now),
        _call_backs(ids),
    ):
        for channel_id, numbers in found.items():
            counted[channel_id] |= numbers
    lanes = [Lane(channel, **counted[channel.pk]) for channel in channels]
    chats = [lane for lane in lanes if lane.is_chat]
    return Wallboard(now, lanes, together(lanes), together(chats) if chats else None, _agents(ids, now=now))


def _cases(ids: list[UUID], *, now: datetime) -> dict[UUID, dict[str, Any]]:
    to_do = Q(state__in=TO_DO)
    waiting = to_do & Q(first_replied_at__isnull=True)
    found = (
        Case.objects.filter(channel__in=ids, state__in=ACTIVE, automatic=False)
        .values("channel")
        .order_by()
        .annotate(
            waiting=Count("pk", filter=waiting),
            oldest=Min("opened_at", filter=waiting),
            unassigned=Count("pk", filter=to_do & Q(assignee__isnull=True)),
            in_work=Count("pk", filter=to_do & Q(first_replied_at__isnull=False)),
            overdue=Count("pk", filter=Q(next_due_at__lt=now)),
            soon=Count("pk", filter=Q(next_due_at__gte=now, next_due_at__lt=now + SOON)),
        )
    )
    return {row["channel"]: _without_channel(row) for row in found}


def _without_channel(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "channel"}


_KEPT = """
SELECT one.channel_id, count(*) FILTER (WHERE owed.state = 'met'), count(*) FILTER (WHERE owed.state = 'missed')
FROM (
    SELECT subject_id, state FROM clock_deadline
    WHERE kind = ANY(%(kinds)s) AND subject_type = %(type)s AND state = 'met'
      AND finished_at >= %(start)s AND finished_at <= %(now)s
    UNION ALL
    SELECT subject_id, state FROM clock_deadline
    WHERE kind = ANY(%(kinds)s) AND subject_type = %(type)s AND state = 'missed'
      AND due_at >= %(start)s AND due_at <= %(now)s
) AS owed JOIN desk_case one ON one.id = owed.subject_id::uuid
WHERE one.channel_id = ANY(%(channels)s) GROUP BY one.channel_id
"""


def _kept_today(ids: list[UUID], *, now: datetime) -> dict[UUID, dict[str, Any]]:
    values: dict[str, Any] = {
        "kinds": [promise.value for promise in Promise],
        "type": CASE_TYPE,
        "start": midnight(day_of(now)),
        "now": now,
        "channels": ids,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, values)
        return {channel_id: {"met": met, "missed": missed} for channel_id, met, missed in cursor.fetchall()}


def _calls(ids: list[UUID], *, now: datetime) -> dict[UUID, dict[str, Any]]:
    since = min(midnight(day_of(now)), now - TALKS_AT_MOST)
    found = (
        Call.objects.filter(channel__in=ids, test=False, started_at__gte=since)
        .values("channel")
        .order_by()
        .annotate(
            ringing=Count(
                "pk", filter=Q(state=CallState.RINGING, direction=Direction.IN, started_at__gt=now - RINGS_AT_MOST)
            ),
            talking=Count("pk", filter=Q(state=CallState.TALKING, started_at__gt=now - TALKS_AT_MOST)),
            unanswered=Count(
                "pk",
                filter=Q(direction=Direction.IN, state__in=UNANSWERED, started_at__gte=midnight(day_of(now))),
            ),
        )
    )
    return {row["channel"]: _without_channel(row) for row in found}


_OWED_CALLS = """
SELECT back.channel_id, count(*) FROM hotline_callback back
WHERE back.settled_at IS NULL AND back.channel_id = ANY(%(channels)s) AND EXISTS (
    SELECT FROM desk_caseconversation link JOIN desk_case one ON one.id = link.case_id
    WHERE link.conversation_id = back.conversation_id AND link.until_message_id IS NULL
      AND one.state IN ('new', 'open', 'waiting'))
GROUP BY back.channel_id
"""


def _call_backs(ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_OWED_CALLS, {"channels": ids})
        return {channel_id: {"call_backs": count} for channel_id, count in cursor.fetchall()}


def _agents(ids: list[UUID], *, now: datetime) -> Agents:
    """Three queries. Somebody on a call is that before anything else; away is who has switched themselves off."""
    room: dict[UUID, bool] = {}
    for member in members_with_load(ids):
        room[member.person.pk] = room.get(member.person.pk, False) or member.load < member.capacity
    said = AgentPresence.objects.filter(person__in=room, seen_at__gt=now - presence.THERE_FOR)
    away = dict(said.values_list("person", "away"))
    talking = Call.objects.filter(state=CallState.TALKING, started_at__gt=now - TALKS_AT_MOST, agent__in=room)
    on_call = set(talking.values_list("agent", flat=True))
    places = {"free": 0, "full": 0, "on_call": 0, "away": 0, "absent": 0}
    for person_id, has_room in room.items():
        if person_id in on_call:
            place = "on_call"
        elif person_id not in away:
            place = "absent"
        elif away[person_id]:
            place = "away"
        else:
            place = "free" if has_room else "full"
        places[place] += 1
    return Agents(**places)
