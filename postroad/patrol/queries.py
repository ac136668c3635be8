"""Reads of patrols, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from postroad.channels.models import Channel, State
from postroad.channels.models import Kind as ChannelKind
from postroad.clock.models import Calendar, DutyOccurrence
from postroad.conversations.models import Direction, Message
from postroad.messengers.models import Room
from postroad.messengers.protocol import Feature, messenger_of
from postroad.org.models import Person, today
from postroad.patrol.default_words import DEFAULT_WORDS
from postroad.patrol.models import Finding, Kind, Round, WordList
from postroad.patrol.permissions import rounds_of

CALENDAR = "company"
MOST_MESSAGES = 2000
LOOK_AHEAD = timedelta(days=31)


def patrolled_channels() -> QuerySet[Channel]:
    """The groups that are to be patrolled: live ones whose messages we get."""
    return Channel.objects.filter(kind=ChannelKind.GROUP, state=State.LIVE).exclude(connector="").order_by("key")


def word_lists() -> dict[Kind, list[str]]:
    """The words to look for, by kind: the company's own where it has said, else the usual ones."""
    return DEFAULT_WORDS | {Kind(one.kind): one.words for one in WordList.objects.order_by("kind")}


@dataclass(frozen=True, slots=True)
class Standing:
    """A patrol as the list shows it. `occurrence` is today's duty, None on a day off."""

    round: Round
    open: int
    occurrence: DutyOccurrence | None

    @property
    def is_done(self) -> bool:
        return self.occurrence is not None and self.occurrence.deadline.finished_at is not None


def standings(person: Person) -> list[Standing]:
    """A person's patrols, what is to be dealt with first. Three queries."""
    rounds = list(
        rounds_of(person).annotate(
            open=Count("channel__patrol_findings", filter=Q(channel__patrol_findings__outcome=""))
        )
    )
    occurrences = occurrences_today([one.duty_id for one in rounds])
    found = [Standing(one, one.open, occurrences.get(one.duty_id)) for one in rounds]
    return sorted(found, key=lambda one: (one.is_done or one.occurrence is None, -one.open))


def occurrences_today(duty_ids: Iterable[UUID]) -> dict[UUID, DutyOccurrence]:
    """Today's occurrence of each duty that has one."""
    found = DutyOccurrence.objects.filter(duty__in=list(duty_ids), day=today()).select_related("deadline", "duty")
    return {one.duty_id: one for one in found}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the day with what was found in it."""

    message: Message
    findings: tuple[Finding, ...]

    @property
    def places(self) -> list[list[int]]:
        return sorted(place for one in self.findings for place in one.places)


def said_on(channel: Channel, day: date) -> list[Shown]:
    """What was said in a group on a day, in order, with what was found. Two queries."""
    begin = timezone.make_aware(datetime.combine(day, time()))
    messages = list(
        Message.objects.filter(
            channel=channel, direction=Direction.IN, sent_at__gte=begin, sent_at__lt=begin + timedelta(days=1)
        )
        .select_related("person")
        .defer("search", "html")
        .order_by("sent_at", "id")[:MOST_MESSAGES]
    )
    found: dict[UUID, list[Finding]] = {}
    for one in Finding.objects.filter(message__in=[message.pk for message in messages]).select_related("handled_by"):
        found.setdefault(one.message_id, []).append(one)
    return [Shown(message, tuple(found.get(message.pk, ()))) for message in messages]


def open_findings(channel: Channel) -> QuerySet[Finding]:
    """What is still to be dealt with in a group, oldest first, with message and author at hand."""
    return channel.patrol_findings.filter(outcome="").select_related("message__person").order_by("said_on", "id")


def room_of(channel: Channel) -> Room | None:
    return Room.objects.select_related("messenger").filter(channel=channel, gone_at__isnull=True).first()


def features_of(room: Room | None) -> frozenset[Feature]:
    """What the group's messenger lets us do; nothing where the group is in none."""
    return messenger_of(room.messenger.connector).features if room else frozenset()


def next_working_day(day: date) -> date:
    """The first day after `day` that the company works; the day after it where no calendar says."""
    calendar = Calendar.objects.filter(key=CALENDAR).first()
    following = day + timedelta(days=1)
    if calendar is None:
        return following
    hours_on = calendar.current_version().working_calendar().hours_on
    days = (day + timedelta(days=ahead) for ahead in range(1, LOOK_AHEAD.days))
    return next((one for one in days if hours_on(one)), following)
