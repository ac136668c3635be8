"""What is in force, whom it reaches, and whose own a grant is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from postroad.access.grantees import Grantee
from postroad.access.lines import Line
from postroad.access.models import (
    Grant,
    PermissionType,
)
from postroad.access.reach import Reach, reach
from postroad.access.registry import training_of
from postroad.channels.models import Channel
from postroad.org.models import Person, today


def in_force(on: date) -> Q:
    """What makes a grant count on a day: begun, not past its last day, and not ended on that day or before."""
    midnight = datetime.combine(on + timedelta(days=1), time(), tzinfo=timezone.get_default_timezone())
    return (
        Q(begun_at__lt=midnight)
        & (Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        & (Q(ended_at__isnull=True) | Q(ended_at__gte=midnight))
    )


def grants_in_force(channels: QuerySet[Channel] | Collection[Channel | UUID], *, on: date) -> QuerySet[Grant]:
    """The grants that count on a day on some channels, with channel, person and department at hand."""
    return Grant.objects.filter(in_force(on), channel__in=channels).select_related("channel", "person", "department")


def people_granted(channel_ids: Collection[UUID], *, on: date) -> dict[tuple[UUID, str], frozenset[UUID]]:
    """Who may do what on a day: person ids by channel id and permission type; pairs that reach nobody are left out.

    A type does not contain the one below it here: who may manage stands under MANAGE only, unless granted both.
    People whose required course has lapsed are left out. A constant number of queries (and one a course).
    """
    grants = list(
        Grant.objects.filter(in_force(on), channel__in=channel_ids).only(
            "channel_id", "permission", "person_id", "department_id", "role", "training_key"
        )
    )
    reached = reach((grant.grantee for grant in grants), on=on)
    trained = _trained(grants, reached, on=on)
    found: dict[tuple[UUID, str], frozenset[UUID]] = defaultdict(frozenset)
    for grant in grants:
        people = reached[grant.grantee]
        if grant.training_key:
            people &= trained[grant.training_key]
        if people:
            found[grant.channel_id, grant.permission] |= people
    return dict(found)


def _trained(grants: Collection[Grant], reached: Reach, *, on: date) -> dict[str, frozenset[UUID]]:
    asked: dict[str, set[UUID]] = defaultdict(set)
    for grant in grants:
        if grant.training_key:
            asked[grant.training_key] |= reached[grant.grantee]
    trained = {}
    for key, people in asked.items():
        training = training_of(key)
        # A course nobody knows of any more is held by nobody.
        trained[key] = training.holders(people, on) if training else frozenset()
    return trained


def only_profiting(grantees: Iterable[Grantee], *, on: date) -> dict[Grantee, UUID]:
    """Whose own a grantee is: the person it names, or the one person whom a department or post reaches that day.

    Grantees that reach several people or nobody are nobody's own and left out.
    """
    return {one: next(iter(people)) for one, people in reach(set(grantees), on=on).items() if len(people) == 1}


def people_concerned(lines: Sequence[Line], *, on: date) -> set[UUID]:
    """The people who alone profit from a line that gives something: they neither approve nor configure it."""
    return set(only_profiting((line.grantee for line in lines if line.gives), on=on).values())


def own_of(person: Person, grants: Collection[Grant]) -> set[UUID]:
    """The ids of those grants that only this person gains by: they neither configure nor confirm them."""
    owned = only_profiting((grant.grantee for grant in grants), on=today())
    return {grant.pk for grant in grants if owned.get(grant.grantee) == person.pk}


def people_reached(grant: Grant) -> list[Person]:
    """Whom a grant reaches today, by name."""
    reached = reach([grant.grantee], on=today())[grant.grantee]
    people = Person.objects.select_related("department").in_bulk(reached)
    return by_name(set(people), people)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The people who may do one thing on a channel."""

    permission: PermissionType
    people: list[Person]


def who_may(channel: Channel, *, on: date) -> list[Allowed]:
    """Who may do what on one channel, by name, types in order."""
    granted = people_granted([channel.pk], on=on)
    people = Person.objects.select_related("department").in_bulk(set().union(*granted.values()))
    return [
        Allowed(kind, by_name(set(granted[channel.pk, kind]), people))
        for kind in PermissionType
        if (channel.pk, kind) in granted
    ]


def by_name(ids: set[UUID], people: dict[UUID, Person]) -> list[Person]:
    return sorted((people[one] for one in ids), key=lambda person: (str(person), str(person.pk)))
