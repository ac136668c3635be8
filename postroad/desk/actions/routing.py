"""New cases go to people by the rules of their channel; who gives them, and when rules change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.channels.models import ChannelMember
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import tell
from postroad.desk.actions.queues import locked_queue
from postroad.desk.actions.state import DESK
from postroad.desk.events import Event
from postroad.desk.models import Case, Queue, Rule, Skill, Turn
from postroad.desk.routing import Choice, Wanted, choose, skills_taken
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.ledger.canonical import Json
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person


def hand_out(cases: Sequence[Case], *, queues: Mapping[UUID, Queue], texts: Mapping[UUID, str]) -> list[NewEntry]:
    """Assign cases that are being opened, where their queue hands them out; `texts` is what each of them says.

    Sets `assignee` only; who calls saves, and writes down the entries returned. Nobody gets a case who is away, absent,
    not at work any more, without room, on a live chat not there, or outside the channel's hours: then it stays in the
    queue, for `hand_out_waiting`. A constant number of queries, none where no queue hands out.
    """
    routed = [case for case in cases if queues[case.channel_id].routing]
    if not routed:
        return []
    _take_turns(routed)
    channels = {case.channel_id: case.channel for case in routed}
    closed = queries.closed_now(channels.values())
    teams = queries.teams_of(channels.values())
    managers = queries.managers_of({case.organisation_id for case in routed if case.organisation_id})
    last = queries.last_agents_of({case.contact_id for case in routed if case.contact_id})
    skills = queries.skills_with_channels() if _ask_for_skills(routed, queues) else []
    loads = {seat.person_id: seat.load for team in teams.values() for seat in team.seats}
    entries = []
    for case in routed:
        team = teams[case.channel_id]
        if case.channel_id in closed:
            continue
        for seat in team.seats:
            seat.load = loads[seat.person_id]
        wanted = Wanted(
            manager=managers.get(case.organisation_id) if case.organisation_id else None,
            last=last.get(case.contact_id) if case.contact_id else None,
            skills=skills_taken(skills, channel_id=case.channel_id, text=texts.get(case.pk, case.subject)),
        )
        choice = choose(queues[case.channel_id].rules, team.seats, wanted)
        queries.give(choice, team.seats)
        if choice.seat:
            case.assignee = team.people[choice.seat.person_id]
            loads[choice.seat.person_id] += 1
            entries.append(_entry(case, case.assignee, choice))
    _keep_turns(teams)
    return entries


@transaction.atomic
def hand_out_waiting() -> int:
    """Give cases that waited for somebody to have room, or for opening; returns how many found somebody.

    Only cases nobody ever had: what a person puts back into the queue stays there.
    """
    waiting = queries.unrouted_cases()
    if not waiting:
        return 0
    queues = {case.channel_id: queries.queue_of(case.channel) for case in waiting}
    texts = queries.first_texts(waiting)
    entries = hand_out(waiting, queues=queues, texts=texts)
    given = [case for case in waiting if case.assignee]
    if given:
        Case.objects.bulk_update(given, ["assignee"])
        record_many(entries)
        owed = queries.owed_on(given)
        for person in {case.assignee for case in given if case.assignee}:
            own = [case for case in given if case.assignee == person]
            promises.hand_over(own, owed, responsible=person, actor=DESK)
        tell(given, *(case.assignee_id for case in given))
    return len(given)


@transaction.atomic
def set_routing(*, channel: Channel, rules: Sequence[Rule], person: Person) -> Queue:
    """Say by which rules, in which order, the channel's new cases are handed out; none: agents take them themselves.

    Raises Invalid for a rule named twice, or one that could never be reached.
    """
    if len(set(rules)) < len(rules):
        raise Invalid({"rules": _("Each rule can stand in the list once.")})
    always = [rule for rule in rules[:-1] if rule in {Rule.ROUND_ROBIN, Rule.LEAST_BUSY}]
    if always:
        words = {"rule": always[0].label}
        raise Invalid({"rules": _("After “%(rule)s” no rule is reached any more; put it last.") % words})
    queue = locked_queue(channel)
    before, after = queue.routing, [rule.value for rule in rules]
    if before != after:
        queue.routing = after
        queue.save(update_fields=["routing"])
        change: dict[str, Json] = {"before": before, "after": after}
        record(Event.ROUTING_CHANGED, actor=person.as_actor(), subject=channel, data={"rule": change})
    return queue


@transaction.atomic
def save_skill(
    *,
    skill: Skill,
    name: str,
    name_en: str,
    words: str,
    language: str,
    channels: Sequence[Channel],
    people: Sequence[Person],
    person: Person,
) -> Skill:
    """Write down a skill, who has it and which new cases take it."""
    skill.name, skill.name_en, skill.words, skill.language = name, name_en, words, language
    skill.save()
    skill.channels.set(channels)
    skill.people.set(people)
    staff = sorted(one.staff_no for one in people)
    record(Event.SKILL_SAVED, actor=person.as_actor(), subject=skill, data={"name": name, "people": staff})
    return skill


@transaction.atomic
def remove_skill(*, skill: Skill, person: Person) -> None:
    """No case takes it any more."""
    record(Event.SKILL_REMOVED, actor=person.as_actor(), subject=skill, data={"name": skill.name})
    skill.delete()


def _take_turns(cases: Sequence[Case]) -> None:
    """Wait until no other worker hands out cases to the same people: turns and room are counted by one at a time.

    Their places on all their teams are locked, because room is one over all channels; unlike a channel's queue, places
    are always there.
    """
    people = ChannelMember.objects.filter(channel__in={case.channel_id for case in cases}).values("person")
    places = ChannelMember.objects.filter(person__in=people, role=ChannelMember.Role.AGENT)
    list(places.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))


def _keep_turns(teams: Mapping[UUID, queries.Team]) -> None:
    turns = [
        Turn(channel_id=channel_id, person_id=seat.person_id, number=seat.turn)
        for channel_id, team in teams.items()
        for seat in team.seats
        if seat.turn >= 0
    ]
    if turns:
        Turn.objects.bulk_create(
            turns, update_conflicts=True, unique_fields=["channel", "person"], update_fields=["number"]
        )


def _ask_for_skills(cases: Sequence[Case], queues: Mapping[UUID, Queue]) -> bool:
    return any(Rule.SKILL in queues[case.channel_id].routing for case in cases)


def _entry(case: Case, person: Person, choice: Choice) -> NewEntry:
    data: dict[str, Json] = {"person": person.staff_no, "rule": choice.rule.value if choice.rule else None}
    if not choice.passed:
        return NewEntry(Event.CASE_ROUTED, DESK, case, data)
    return NewEntry(Event.CASE_ROUTED_AROUND, DESK, case, data | {"passed": [rule.value for rule in choice.passed]})
