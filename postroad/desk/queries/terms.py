"""On which terms a channel promises, which open promises were made on others, and who is told when one runs out."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from postroad.accounts.models import Absence
from postroad.channels.models import Channel, ChannelMember
from postroad.clock import life
from postroad.clock.actions import Rule
from postroad.clock.models import CalendarVersion, Deadline
from postroad.clock.queries import deadlines_of
from postroad.clock.registry import kind_of
from postroad.desk.models import ACTIVE, TO_DO, USUAL_LADDER, Case, Escalation, Ladder, Tells
from postroad.desk.queries.promises import CASE_TYPE, FIRST, Promise, first_promise, versions_in_force
from postroad.desk.queries.writing import away_today
from postroad.org.models import Person, today
from postroad.org.queries import head_of, holders, supervising_leader_of
from postroad.org.roles import Role
from postroad.platform.actors import Subject

LOOKED_AT = 2000
"""So many cases of a channel at most are looked through for promises on other terms, longest open first."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What channels promise now: calendar versions by key, ladders by channel (None: of all that have none)."""

    versions: Mapping[str, CalendarVersion]
    ladders: Mapping[UUID | None, list[dict[str, Any]]]

    def rule(self, channel: Channel, promise: str) -> Rule | None:
        """The rule by which a channel makes a promise; None where it makes none.

        A channel that names a calendar which is not there must not lose its promise: the stricter clock runs.
        """
        if promise in FIRST:
            amount, working = channel.first_reply, channel.first_reply_in_working_time
        else:
            amount, working = channel.answer, channel.answer_in_working_time
        if amount is None:
            return None
        version = self.versions.get(channel.calendar_key) if working else None
        return Rule(amount=amount, calendar_version=version, ladder=self.ladder(channel))

    def ladder(self, channel: Channel | None) -> list[dict[str, Any]]:
        return self.ladders.get(channel.pk if channel else None, self.ladders.get(None, USUAL_LADDER))


def terms_of(channels: Collection[Channel]) -> Terms:
    """What these channels promise now. Two queries."""
    versions = versions_in_force({channel.calendar_key for channel in channels})
    ids = [channel.pk for channel in channels]
    kept = Ladder.objects.filter(Q(channel__in=ids) | Q(channel__isnull=True))
    return Terms(versions, {one.channel_id: one.rungs for one in kept})


@dataclass(frozen=True, slots=True)
class OnOtherTerms:
    """An open promise made on other terms than those of now, and what moving its rest would mean."""

    case: Case
    deadline: Deadline
    rule: Rule
    due_then: datetime | None

    @property
    def stays(self) -> bool:
        """Whether it is left as it is, because the new rule would break it at once."""
        return self.due_then is None


def on_other_terms(channel: Channel, *, now: datetime | None = None) -> list[OnOtherTerms]:
    """The open promises of a channel's cases that were made on other terms, the one due next first. Five queries."""
    moment = now or timezone.now()
    active = Case.objects.filter(channel=channel, state__in=ACTIVE).defer("search").order_by("opened_at")
    cases = {str(case.pk): case for case in active.select_related("contact")[:LOOKED_AT]}
    terms = terms_of([channel])
    found = deadlines_of([Subject(CASE_TYPE, case_id) for case_id in cases]).filter(state__in=Deadline.OPEN_STATES)
    others = []
    for deadline in found:
        # What a case promised on another channel, on which its customer went on, goes by that channel's terms.
        rule = terms.rule(channel, deadline.kind) if deadline.kind in (first_promise(channel), Promise.ANSWER) else None
        if rule is not None and not rule.is_of(deadline):
            others.append(_moved(cases[deadline.subject_id], deadline, rule, moment))
    return sorted(others, key=lambda one: one.deadline.due_at)


def _moved(case: Case, deadline: Deadline, rule: Rule, moment: datetime) -> OnOtherTerms:
    tried = copy.copy(deadline)
    happened = life.change_rule(tried, at=moment, rule=rule, kind=kind_of(deadline.kind))
    changed = any(one.what == life.What.RULE_CHANGED for one in happened)
    return OnOtherTerms(case, deadline, rule, tried.due_at if changed else None)


def people_told(channels: Iterable[Channel]) -> dict[UUID, dict[str, list[Person]]]:
    """Whom each kind of rung tells on each channel, the assignee left out. Who is away is stood in for.

    Three queries, and three at most for each department among the channels.
    """
    served = list({channel.pk: channel for channel in channels}.values())
    away = {one.person_id: _deputy(one) for one in away_today().select_related("cover__deputy")}
    day = today()
    leads: dict[UUID, list[Person]] = {channel.pk: [] for channel in served}
    for member in (
        ChannelMember.objects.filter(channel__in=served, role=ChannelMember.Role.LEAD)
        .filter(Q(person__left_on__isnull=True) | Q(person__left_on__gte=day))
        .select_related("person")
        .order_by("person__staff_no")
    ):
        leads[member.channel_id].append(member.person)
    everywhere = list(holders(Role.DESK_LEAD))
    return {
        channel.pk: {
            Tells.TEAM_LEAD: _there(leads[channel.pk], away) or _there(everywhere, away),
            Tells.HEAD: _there([head_of(channel.department)], away),
            Tells.SUPERVISOR: _there([supervising_leader_of(channel.department)], away),
        }
        for channel in served
    }


def _deputy(absence: Absence) -> Person | None:
    cover = getattr(absence, "cover", None)
    return cover.deputy if cover else None


def _there(people: Iterable[Person | None], away: Mapping[UUID, Person | None]) -> list[Person]:
    """These people, or who stands in for them; nobody twice."""
    found = [away.get(one.pk, one) for one in people if one]
    return list({one.pk: one for one in found if one}.values())


def escalated_to(person: Person, *, limit: int) -> list[Escalation]:
    """What was missed, is still owed, and a person was told of; last told first. One query."""
    found = (
        Escalation.objects.filter(person=person, late=True, deadline__finished_at__isnull=True, case__state__in=TO_DO)
        .select_related("case__assignee", "deadline")
        .defer("case__search")
        .order_by("deadline", "-told_at")
        .distinct("deadline")
    )
    return sorted(found, key=lambda one: one.told_at, reverse=True)[:limit]
