"""How well the promises were kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Count, Q, QuerySet, UUIDField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.channels.models import Channel
from postroad.clock.models import Deadline, DeadlineEvent
from postroad.desk.models import Case
from postroad.desk.permissions import Sight
from postroad.desk.queries.promises import CASE_TYPE, Promise
from postroad.platform.pagination import Page, keyset


class Ended(models.TextChoices):
    """How a promise has ended."""

    MISSED = "missed", pgettext_lazy("promise", "Missed")
    MET = "met", pgettext_lazy("promise", "Met")
    CANCELLED = "cancelled", _("Dropped, not counted")
    OPEN = "open", _("Still running")


def of_period(*, start: datetime, end: datetime, promise: Promise) -> QuerySet[Deadline]:
    """The promises of one kind that belong to a period, from `start` up to, not including, `end`.

    A promise that was met or dropped belongs to the moment of that, one that was missed or still runs to its due time:
    so what was kept today counts today, however much later it would have been due.
    """
    state = Deadline.State
    done = Q(state__in=(state.MET, state.CANCELLED), finished_at__gte=start, finished_at__lt=end)
    due = Q(state__in=(state.MISSED, *Deadline.OPEN_STATES), due_at__gte=start, due_at__lt=end)
    return Deadline.objects.filter(done | due, kind=promise, subject_type=CASE_TYPE)


def ended(promises: QuerySet[Deadline], how: Ended | None) -> QuerySet[Deadline]:
    """Those of the promises that ended like this; all for None."""
    match how:
        case None:
            return promises
        case Ended.OPEN:
            return promises.filter(state__in=Deadline.OPEN_STATES)
        case _:
            return promises.filter(state=how.value)


def observabilities(promises: QuerySet[Deadline]) -> frozenset[str]:
    """How well the channels behind these promises can be seen. One query."""
    channels = Case.objects.filter(pk__in=_subjects(promises)).values("channel")
    return frozenset(Channel.objects.filter(pk__in=channels).values_list("observability", flat=True))


def observabilities_of(channel_ids: Collection[UUID]) -> frozenset[str]:
    """How well these channels can be seen."""
    return frozenset(Channel.objects.filter(pk__in=channel_ids).values_list("observability", flat=True))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A promise behind a figure: its case, if the reader may see it, and why it was dropped, if it was."""

    deadline: Deadline
    case: Case | None
    reason: str


def evidence_page(
    promises: QuerySet[Deadline], *, sight: Sight, cursor: str | None
) -> tuple[Page[Deadline], list[Evidence]]:
    """One page of the promises behind a figure, latest due first. Three queries."""
    page = keyset(promises.select_related("responsible"), order=("-due_at", "-id"), cursor=cursor)
    cases = (
        sight.cases().select_related("channel").defer("search").in_bulk([UUID(one.subject_id) for one in page.items])
    )
    reasons = _reasons(page.items)
    return page, [Evidence(one, cases.get(UUID(one.subject_id)), reasons.get(one.pk, "")) for one in page.items]


def _reasons(deadlines: Iterable[Deadline]) -> dict[UUID, str]:
    dropped = [one.pk for one in deadlines if one.state == Deadline.State.CANCELLED]
    told = DeadlineEvent.objects.filter(deadline__in=dropped, what=DeadlineEvent.What.CANCELLED)
    return dict(told.values_list("deadline", "reason"))


def _subjects(promises: QuerySet[Deadline]) -> QuerySet[Deadline, Any]:
    return promises.values(case_id=Cast("subject_id", UUIDField()))


def counts_by_end(promises: QuerySet[Deadline]) -> dict[str, int]:
    """How many of the promises ended in each way. One query."""
    state = Deadline.State
    counted = promises.aggregate(
        missed=Count("pk", filter=Q(state=state.MISSED)),
        met=Count("pk", filter=Q(state=state.MET)),
        cancelled=Count("pk", filter=Q(state=state.CANCELLED)),
        open=Count("pk", filter=Q(state__in=Deadline.OPEN_STATES)),
    )
    return {Ended(name).value: count for name, count in counted.items()}
