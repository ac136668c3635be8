"""What handing out cases has to know: teams with room, turns, skills, opening hours; and what rules would have done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from postroad.channels.models import Channel, Kind
from postroad.clock.models import CalendarVersion
from postroad.conversations.models import Message
from postroad.desk.models import Case, CaseConversation, CaseState, Rule, Skill, Turn
from postroad.desk.queries.chatting import agents_there, managers_of
from postroad.desk.queries.people import members_with_load
from postroad.desk.queries.promises import versions_in_force
from postroad.desk.routing import Choice, Seat, Wanted, choose, skills_taken
from postroad.org.models import Person

REPLAYED = 20
LONGEST_TEXT = 2000

Skills = list[tuple[Skill, frozenset[UUID]]]


@dataclass(frozen=True, slots=True)
class Team:
    """The places on a channel's team that can get cases now."""

    seats: list[Seat]
    people: dict[UUID, Person]


def teams_of(channels: Collection[Channel]) -> dict[UUID, Team]:
    """Who of each channel's team is at work, not away, on live chats there now. A person's load is one over all teams.

    Three queries, four with live chats among the channels.
    """
    ids = {channel.pk for channel in channels}
    chats = {channel.pk for channel in channels if channel.kind == Kind.LIVE_CHAT}
    there = agents_there(chats) if chats else {}
    members = [
        one
        for one in members_with_load(ids)
        if one.channel_id not in chats or one.person.pk in there.get(one.channel_id, ())
    ]
    people = {one.person.pk: one.person for one in members}
    able: dict[UUID, set[UUID]] = defaultdict(set)
    for person_id, skill_id in Skill.people.through.objects.filter(person__in=people).values_list("person", "skill"):
        able[person_id].add(skill_id)
    turns = {(one.channel_id, one.person_id): one.number for one in Turn.objects.filter(channel__in=ids)}
    teams = {channel_id: Team([], {}) for channel_id in ids}
    for one in members:
        key = one.channel_id, one.person.pk
        seat = Seat(
            one.person.pk, one.person.staff_no, one.capacity, one.load, turns.get(key, -1), frozenset(able[key[1]])
        )
        teams[one.channel_id].seats.append(seat)
        teams[one.channel_id].people[one.person.pk] = one.person
    return teams


def skills_with_channels() -> Skills:
    """Every skill with the channels whose cases always take it. Two queries."""
    return [
        (skill, frozenset(channel.pk for channel in skill.channels.all()))
        for skill in Skill.objects.prefetch_related("channels")
    ]


def all_skills() -> list[Skill]:
    """Every skill with who has it and where it is taken, by name. Three queries."""
    return list(Skill.objects.prefetch_related("people", "channels"))


def closed_now(channels: Collection[Channel], *, now: datetime | None = None) -> set[UUID]:
    """The channels that are outside their hours; live chats never are, there it counts who is there. One query."""
    moment = now or timezone.now()
    asked = [channel for channel in channels if channel.kind != Kind.LIVE_CHAT]
    versions = versions_in_force({channel.calendar_key for channel in asked}) if asked else {}
    return {channel.pk for channel in asked if _is_closed(versions.get(channel.calendar_key), moment)}


def _is_closed(version: CalendarVersion | None, moment: datetime) -> bool:
    if version is None:
        return False
    calendar = version.working_calendar()
    return calendar.add_working_time(moment, timedelta()) > moment


def unrouted_cases(*, limit: int = 200) -> list[Case]:
    """New cases nobody ever had on channels that hand out, longest waiting first; locked, skipping what others hold."""
    return list(
        Case.objects.filter(state=CaseState.NEW, assignee__isnull=True, automatic=False)
        .exclude(channel__queue__routing=[], channel__queue__isnull=False)
        .exclude(channel__queue__isnull=True, channel__kind__in=[kind for kind in Kind if kind != Kind.LIVE_CHAT])
        .select_related("channel__queue")
        .defer("search")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("opened_at", "id")[:limit]
    )


@dataclass(frozen=True, slots=True)
class Replayed:
    """One of the last cases, and who would have got it by the rules asked about."""

    case: Case
    person: Person | None
    rule: Rule | None
    passed: tuple[Rule, ...]

    @property
    def changes(self) -> bool:
        return self.case.assignee_id != (self.person.pk if self.person else None)


def dry_run(channel: Channel, rules: Sequence[Rule]) -> list[Replayed]:
    """Who would have got the channel's last cases, oldest first, with the team, absences, turns and skills of now.

    Nobody's load counts at the start, but the cases replayed do. Eight queries.
    """
    earlier = Case.objects.filter(
        contact=OuterRef("contact"), assignee__isnull=False, opened_at__lt=OuterRef("opened_at")
    ).order_by("-opened_at")
    found = (
        Case.objects.filter(channel=channel, automatic=False)
        .select_related("contact", "organisation", "assignee")
        .defer("search")
        .annotate(last_agent=Subquery(earlier.values("assignee")[:1]))
        .order_by("-id")[:REPLAYED]
    )
    cases = list(found)[::-1]
    if not cases:
        return []
    team = _whole_team(channel)
    managers = managers_of({case.organisation_id for case in cases if case.organisation_id})
    skills, texts = skills_with_channels(), first_texts(cases)
    replayed = []
    for case in cases:
        wanted = Wanted(
            manager=managers.get(case.organisation_id) if case.organisation_id else None,
            last=case.last_agent,
            skills=skills_taken(skills, channel_id=channel.pk, text=f"{case.subject}\n{texts.get(case.pk, '')}"),
        )
        choice = choose(rules, team.seats, wanted)
        give(choice, team.seats)
        person = team.people[choice.seat.person_id] if choice.seat else None
        replayed.append(Replayed(case, person, choice.rule, choice.passed))
    return replayed


def give(choice: Choice, seats: Sequence[Seat]) -> None:
    """Count a case given in memory: the load rises, and by turns the turn is over."""
    if choice.seat is None:
        return
    choice.seat.load += 1
    if choice.rule == Rule.ROUND_ROBIN:
        choice.seat.turn = max(seat.turn for seat in seats) + 1


def _whole_team(channel: Channel) -> Team:
    """The team without anybody's load; of a live chat also those who are not there at this moment."""
    usual = Channel(pk=channel.pk, kind=Kind.MAILBOX)
    team = teams_of([usual])[channel.pk]
    for seat in team.seats:
        seat.load = 0
    return team


def first_texts(cases: Sequence[Case]) -> dict[UUID, str]:
    """The text of the first message of each case, its beginning. One query."""
    links = dict(CaseConversation.objects.filter(case__in=cases).values_list("first_message_id", "case_id"))
    said = Message.objects.filter(pk__in=links).values_list("pk", "text")
    return {links[pk]: text[:LONGEST_TEXT] for pk, text in said}
