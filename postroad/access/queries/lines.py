"""The lines of an application in words, and what they would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from postroad.access.grantees import Grantee, post_label
from postroad.access.lines import Line, LineAction
from postroad.access.models import (
    Grant,
    PermissionType,
)
from postroad.access.queries.granted import by_name, in_force
from postroad.access.reach import reach
from postroad.channels.models import Channel
from postroad.org.models import Department, Person


def line_about(grant: Grant, action: LineAction) -> Line:
    """The line that changes or ends a grant, as it stands."""
    return Line(
        action=action,
        channel_id=grant.channel_id,
        permission=grant.permission,
        grantee=grant.grantee,
        content=grant.content,
        ends_on=grant.ends_on,
        grant_id=grant.pk,
        training_key=grant.training_key,
    )


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as people read it."""

    line: Line
    channel: Channel | None
    grantee_name: str
    grant: Grant | None

    @property
    def permission_label(self) -> str:
        return str(PermissionType(self.line.permission).label)


def shown_lines(lines: Sequence[Line]) -> list[ShownLine]:
    """The lines with the names of what they speak of. Four queries."""
    channels = Channel.objects.in_bulk({line.channel_id for line in lines})
    grants = Grant.objects.in_bulk({line.grant_id for line in lines if line.grant_id})
    names = grantee_names(line.grantee for line in lines)
    return [
        ShownLine(
            line,
            channels.get(line.channel_id),
            names[line.grantee],
            grants.get(line.grant_id) if line.grant_id else None,
        )
        for line in lines
    ]


def grantee_names(grantees: Iterable[Grantee]) -> dict[Grantee, str]:
    """How grantees are called in the reader's language. Two queries."""
    wanted = set(grantees)
    people = Person.objects.in_bulk({one.person_id for one in wanted if one.person_id})
    departments = Department.objects.in_bulk({one.department_id for one in wanted if one.department_id})
    names = {}
    for one in wanted:
        parts = [
            people.get(one.person_id),
            departments.get(one.department_id),
            post_label(one.role) if one.role else "",
        ]
        names[one] = " · ".join(str(part) for part in parts if part)
    return names


@dataclass(frozen=True, slots=True)
class Impact:
    """What an application changes for people, on one channel and for one permission type."""

    channel: Channel
    permission: PermissionType
    gains: list[Person]
    loses: list[Person]


def simulate(lines: Sequence[Line], *, on: date) -> list[Impact]:
    """Who would gain or lose what if the lines took effect on a day; nothing where nobody would.

    Whoever keeps a permission through another grant loses nothing. A constant number of queries.
    """
    channels = Channel.objects.in_bulk({line.channel_id for line in lines})
    grants = list(Grant.objects.filter(in_force(on), channel__in=channels))
    gone = {line.grant_id for line in lines if line.action != LineAction.ADD}
    coming = [line for line in lines if line.gives and (line.starts_on is None or line.starts_on <= on)]
    reached = reach([*(grant.grantee for grant in grants), *(line.grantee for line in coming)], on=on)
    before: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
    after: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
    for grant in grants:
        before[grant.channel_id, grant.permission] |= reached[grant.grantee]
        if grant.pk not in gone:
            after[grant.channel_id, grant.permission] |= reached[grant.grantee]
    for line in coming:
        after[line.channel_id, line.permission] |= reached[line.grantee]
    people = Person.objects.in_bulk(set().union(*before.values(), *after.values()))
    found = []
    for place in sorted(
        {*before, *after}, key=lambda one: (str(channels[one[0]]), list(PermissionType).index(PermissionType(one[1])))
    ):
        gains, loses = after[place] - before[place], before[place] - after[place]
        if gains or loses:
            found.append(
                Impact(channels[place[0]], PermissionType(place[1]), by_name(gains, people), by_name(loses, people))
            )
    return found
