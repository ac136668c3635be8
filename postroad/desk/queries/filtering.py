"""What somebody wants to see of the cases: standing views, filters, and the conditions they come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.channels.models import Channel
from postroad.desk.models import ACTIVE, NEVER, TO_DO, Case, CaseState, CustomField, Tag
from postroad.org.models import Organisation, Person
from postroad.platform import text

NEAR = timedelta(hours=2)
"""A promise with less time left than this is shown as about to run out."""

LONGEST_NUMBER = 12
MOST_ORGANISATIONS = 50


class View(models.TextChoices):
    """The standing views of the list, in the order of their tabs."""

    MINE = "mine", _("Mine")
    UNASSIGNED = "unassigned", _("Unassigned")
    TEAM = "team", _("To do")
    DUE = "due", _("Due soon or overdue")
    WAITING = "waiting", pgettext_lazy("case", "Waiting")
    SOLVED = "solved", pgettext_lazy("case", "Solved")
    AUTOMATIC = "automatic", _("From robots")
    ALL = "all", _("All")


class Sort(models.TextChoices):
    DUE = "due", _("Due first")
    NEWEST = "newest", _("Newest first")
    OLDEST = "oldest", _("Oldest first")


class Due(models.TextChoices):
    """When the nearest promise of a case falls due, by the company's day."""

    OVERDUE = "overdue", _("Overdue")
    TODAY = "today", _("Due today")
    WEEK = "week", _("Due in seven days")
    NONE = "none", _("Nothing due")


ORDERS: dict[str, tuple[str, ...]] = {
    Sort.DUE: ("next_due_at", "-id"),
    Sort.NEWEST: ("-opened_at", "-id"),
    Sort.OLDEST: ("opened_at", "id"),
}


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """What the answer in a custom field shall be: `value` for texts (contained), choices and yes-no; else a range.

    `low` and `high` are included; either may be None. Numbers are numbers, dates ISO 8601.
    """

    field: CustomField
    value: str | bool | None = None
    low: float | str | None = None
    high: float | str | None = None

    @property
    def condition(self) -> Q:
        key = f"field_values__{self.field.key}"
        if self.field.kind == CustomField.Kind.TEXT:
            return Q(field_values__has_key=self.field.key) & Q(**{f"{key}__icontains": self.value})
        if self.value is not None:
            return Q(field_values__contains={self.field.key: self.value})
        within = Q(field_values__has_key=self.field.key)
        within &= Q(**{f"{key}__gte": self.low}) if self.low is not None else Q()
        return within & (Q(**{f"{key}__lte": self.high}) if self.high is not None else Q())


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """What a person wants to see of the cases that they may see. All of it must be so; of several tags, every one."""

    view: View
    words: str = ""
    channel: Channel | None = None
    teams: tuple[UUID, ...] | None = None
    assignee: Person | None = None
    unassigned: bool = False
    priority: str = ""
    state: str = ""
    organisation: str = ""
    due: str = ""
    tags: tuple[Tag, ...] = ()
    fields: tuple[FieldFilter, ...] = ()
    sort: Sort = Sort.DUE

    @property
    def order(self) -> tuple[str, ...]:
        """The fields to sort by. Solved cases have no due time; the one solved last stands first instead."""
        if self.view == View.SOLVED and self.sort == Sort.DUE:
            return ("-solved_at", "-id")
        return ORDERS[self.sort]


def in_view(cases: QuerySet[Case], view: View, *, person: Person, now: datetime) -> QuerySet[Case]:
    """The part of `cases` that one of the standing views shows."""
    active, to_do = Q(state__in=ACTIVE), Q(state__in=TO_DO)
    shown = {
        View.MINE: active & Q(assignee=person),
        View.UNASSIGNED: to_do & Q(assignee__isnull=True, automatic=False),
        View.TEAM: to_do & Q(automatic=False),
        View.DUE: active & (Q(next_due_at__lt=now + NEAR) | Q(undelivered=True)),
        View.WAITING: Q(state=CaseState.WAITING),
        View.SOLVED: Q(state=CaseState.SOLVED),
        View.AUTOMATIC: active & Q(automatic=True),
        View.ALL: Q(),
    }
    return cases.filter(shown[view])


def narrowed(cases: QuerySet[Case], wanted: CaseFilter, *, person: Person, now: datetime) -> QuerySet[Case]:
    """The part of `cases` that a filter shows."""
    found = in_view(cases, wanted.view, person=person, now=now)
    exact = {"channel": wanted.channel, "assignee": wanted.assignee, "priority": wanted.priority, "state": wanted.state}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    for condition in _conditions(wanted, now=now):
        found = found.filter(condition)
    return found


def _conditions(wanted: CaseFilter, *, now: datetime) -> Iterable[Q]:
    if wanted.words:
        yield _says(wanted.words)
    if wanted.teams is not None:
        yield Q(channel__in=wanted.teams)
    if wanted.unassigned:
        yield Q(assignee__isnull=True)
    if wanted.organisation:
        named = Organisation.objects.filter(
            Q(name__icontains=wanted.organisation) | Q(name_en__icontains=wanted.organisation)
        )
        yield Q(organisation__in=list(named.values_list("pk", flat=True)[:MOST_ORGANISATIONS]))
    if wanted.due:
        yield due_condition(Due(wanted.due), now=now)
    if wanted.tags:
        yield tagged([tag.pk for tag in wanted.tags])
    if wanted.fields:
        yield ~Q(field_values={})  # what the index is limited to
        for one in wanted.fields:
            yield one.condition


def tagged(tag_ids: Iterable[UUID]) -> Q:
    """That a case carries all of these tags; said so that the index serves it."""
    return Q(tag_ids__contains=list(tag_ids)) & ~Q(tag_ids=Value([], output_field=ArrayField(models.UUIDField())))


def due_condition(due: Due, *, now: datetime) -> Q:
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time()))
    return {
        Due.OVERDUE: Q(next_due_at__lt=now),
        Due.TODAY: Q(next_due_at__lt=midnight),
        Due.WEEK: Q(next_due_at__lt=midnight + timedelta(days=6)),
        Due.NONE: Q(next_due_at=NEVER),
    }[due]


def _says(words: str) -> Q:
    """That a case has the number or the words. Words that say nothing find nothing."""
    number = words.strip().lstrip("#").removeprefix("PR-")
    if number.isdecimal() and len(number) < LONGEST_NUMBER:
        return Q(number=int(number))
    asked = text.tsquery(words)
    if not asked:
        return Q(pk__in=())
    return Q(RawSQL("desk_case.search @@ %s::tsquery", [asked], output_field=models.BooleanField()))


def typed(field: CustomField, answer: Any) -> Any:
    """An answer as it is kept: a number as int where it is whole, a date in ISO 8601, an empty one as None."""
    if answer in (None, ""):
        return None
    if field.kind == CustomField.Kind.NUMBER:
        return int(answer) if answer == int(answer) else float(answer)
    if field.kind == CustomField.Kind.DATE:
        return answer.isoformat()
    return answer
