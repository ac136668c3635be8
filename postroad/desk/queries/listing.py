"""The list of cases: pages, counts, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from postroad.clock.models import Deadline
from postroad.desk.models import Case, Tag
from postroad.desk.permissions import Sight
from postroad.desk.queries.filtering import CaseFilter, View, in_view, narrowed
from postroad.desk.queries.promises import nearest, owed_on, side_by_side
from postroad.desk.queries.tags import tags_of
from postroad.org.models import Person
from postroad.platform.pagination import Page, keyset

COUNTED_UP_TO = 100
"""Counts beside the views stop here ("99+"), so that they cost the same at a million cases."""

COUNTED = (View.MINE, View.UNASSIGNED, View.TEAM, View.DUE, View.WAITING, View.AUTOMATIC)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list: the case, its nearest promise that is still owed, all that is owed, its tags, and when an
    answer to it is scheduled to go out.
    """

    case: Case
    promise: Deadline | None
    tags: tuple[Tag, ...] = ()
    owed: tuple[Deadline, ...] = ()
    goes_out: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """A standing view and how many cases it holds; None where that is not counted."""

    view: View
    count: int | None

    @property
    def shown_count(self) -> str:
        return shown_count(self.count)


def shown_count(count: int | None) -> str:
    if count is None:
        return ""
    return f"{COUNTED_UP_TO - 1}+" if count >= COUNTED_UP_TO else str(count)


def tabs(sight: Sight, *, person: Person) -> list[Tab]:
    """The standing views with how many cases each holds, counted up to a hundred. One query."""
    now = timezone.now()
    counts = counted([in_view(sight.cases(), view, person=person, now=now) for view in COUNTED])
    found = dict(zip(COUNTED, counts, strict=True))
    return [Tab(view, found.get(view)) for view in View]


def counted(parts: Sequence[QuerySet[Case]]) -> list[int]:
    """How many cases each of these holds, up to a hundred: no index is read further. One query."""
    if not parts:
        return []
    compiled = [_compiled(part.order_by().values("pk")[:COUNTED_UP_TO]) for part in parts]
    # Django's own SQL with its parameters apart; it has no way to ask for several limited counts at once.
    counts = ", ".join(f"(SELECT count(*) FROM ({sql}) AS counted)" for sql, _params in compiled)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}", [value for _sql, params in compiled for value in params])
        return list(cursor.fetchone())


def _compiled(part: QuerySet[Case, Any]) -> tuple[str, tuple[Any, ...]]:
    """A query's SQL and parameters; who has no channel at all sees nothing, which Django says by an exception."""
    try:
        return part.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT 1 WHERE false", ()


def cases_page(sight: Sight, wanted: CaseFilter, *, person: Person, cursor: str | None, size: int = 50) -> Page[Case]:
    """One page of the list. One query, served by one index whatever the number of cases."""
    found = filtered(sight, wanted, person=person)
    return keyset(found, order=wanted.order, cursor=cursor, size=size)


def filtered(sight: Sight, wanted: CaseFilter, *, person: Person) -> QuerySet[Case]:
    """All cases that a filter shows, unordered."""
    found = narrowed(sight.cases(), wanted, person=person, now=timezone.now())
    return found.select_related("channel", "contact", "organisation", "assignee").defer("search")


def rows(
    cases: Sequence[Case], *, tags: Mapping[UUID, Tag] | None = None, goes_out: Mapping[UUID, datetime] | None = None
) -> list[Row]:
    """The cases of a page with their nearest promise, those of `tags` that they carry, and when of `goes_out` an answer
    does. One query.
    """
    owed = owed_on(cases)
    return [
        Row(
            case,
            nearest(owed[case.pk].values()),
            tags=tags_of(case, tags) if tags else (),
            owed=side_by_side(owed[case.pk].values()),
            goes_out=goes_out.get(case.pk) if goes_out else None,
        )
        for case in cases
    ]
