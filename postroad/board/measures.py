"""What the board measures about itself."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min
from django.urls import reverse

from postroad.board.models import Figure
from postroad.board.periods import day_of, today
from postroad.platform.measures import Measure, Period

OBJECTIVES = "plan.objectives"


def objectives_measured_daily(period: Period) -> Measure:
    """`plan.objectives`: of the days since figures are kept, the share on which some were recorded."""
    figures = Figure.objects.exclude(control=OBJECTIVES)
    first = figures.aggregate(first=Min("day"))["first"]
    evidence_url = reverse("board:list")
    if first is None:
        return Measure(value=None, sample_size=0, unit="percent", evidence_url=evidence_url)
    since = max(first, day_of(period.start))
    until = min(today(), day_of(period.end - timedelta(microseconds=1)))
    days = max((until - since).days + 1, 0)
    recorded = figures.filter(day__range=(since, until)).values("day").distinct().count()
    return Measure(
        value=100 * recorded / days if days else None,
        sample_size=days,
        exceptions=days - recorded,
        unit="percent",
        evidence_url=evidence_url,
    )
