"""The span of time that a board looks at: this week, this month, this quarter, or days of one's own. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.platform.measures import Period

MONTHS_OF_A_QUARTER = 3


class Span(models.TextChoices):
    """What the period picker offers."""

    WEEK = "week", _("This week")
    MONTH = "month", _("This month")
    QUARTER = "quarter", _("This quarter")
    CUSTOM = "custom", _("Days of your own")


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days in the company's zone, both included."""

    first: date
    last: date

    @property
    def period(self) -> Period:
        return Period(start=midnight(self.first), end=midnight(self.last + timedelta(days=1)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1


def midnight(day: date) -> datetime:
    """The first moment of a day in the company's zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def day_of(moment: datetime) -> date:
    """The day of a moment in the company's zone."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def today() -> date:
    """The day it is in the company's zone."""
    return day_of(timezone.now())


def days_of(span: Span, on: date) -> Days:
    """The week (from Monday), month or quarter in which `on` lies. Raises ValueError for days of one's own."""
    if span is Span.WEEK:
        monday = on - timedelta(days=on.weekday())
        return Days(first=monday, last=monday + timedelta(days=6))
    if span is Span.MONTH:
        return month_of(on)
    if span is Span.QUARTER:
        first = on.replace(month=on.month - (on.month - 1) % MONTHS_OF_A_QUARTER, day=1)
        return Days(first=first, last=month_of(first + timedelta(days=70)).last)
    raise ValueError("days of one's own have no rule")


def month_of(day: date) -> Days:
    first = day.replace(day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    return Days(first=first, last=next_month - timedelta(days=1))
