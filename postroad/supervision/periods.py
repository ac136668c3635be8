"""The span of time a report looks at, and the one before it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.board.periods import Days, days_of
from postroad.board.periods import Span as BoardSpan

LONGEST_DAYS = 400
"""Days of one's own are cut to so many, the last ones: a report is bounded by its period."""


class Span(models.TextChoices):
    """What the period picker offers."""

    DAY = "day", pgettext_lazy("period", "Day")
    WEEK = "week", pgettext_lazy("period", "Week")
    MONTH = "month", pgettext_lazy("period", "Month")
    QUARTER = "quarter", pgettext_lazy("period", "Quarter")
    OWN = "own", _("Days of your own")


_ON_THE_BOARD = {Span.WEEK: BoardSpan.WEEK, Span.MONTH: BoardSpan.MONTH, Span.QUARTER: BoardSpan.QUARTER}


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a report, both included, and how they were chosen."""

    span: Span
    days: Days

    @classmethod
    def of(cls, span: Span, on: date) -> Window:
        """The day, week, month or quarter in which `on` lies. Raises KeyError for days of one's own."""
        return cls(span, Days(on, on) if span is Span.DAY else days_of(_ON_THE_BOARD[span], on))

    @classmethod
    def own(cls, first: date, last: date) -> Window:
        """Days of one's own, in either order."""
        first, last = min(first, last), max(first, last)
        return cls(Span.OWN, Days(max(first, last - timedelta(days=LONGEST_DAYS - 1)), last))

    @property
    def before(self) -> Window:
        """The span of the same kind that ends where this one begins; of one's own days as many."""
        last = self.days.first - timedelta(days=1)
        if self.span is Span.OWN:
            return Window(Span.OWN, Days(last - timedelta(days=len(self.days) - 1), last))
        return Window.of(self.span, last)

    @property
    def after(self) -> Window:
        first = self.days.last + timedelta(days=1)
        if self.span is Span.OWN:
            return Window(Span.OWN, Days(first, first + timedelta(days=len(self.days) - 1)))
        return Window.of(self.span, first)

    @property
    def each_day(self) -> list[date]:
        return [self.days.first + timedelta(days=number) for number in range(len(self.days))]
