"""`WorkingCalendar`: when a company works, and arithmetic with that.

At the edges the rules are those of the Ruby libraries zendesk/biz and working_hours:

- working time added ends as early as it can: eight hours from a nine-o'clock opening end at closing, not at
  the next opening; subtracted, it ends as late as it can: at opening;
- nothing added is the next instant that is working time (closing time itself is not); nothing subtracted is
  the last instant that ends some (opening time itself does not);
- the working time between two instants is negative when the second is earlier.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from postroad.clock.workingtime import specification
from postroad.clock.workingtime.errors import OutsideCalendarError, gettext_noop
from postroad.clock.workingtime.specification import DayHours
from postroad.clock.workingtime.statutory import pin_statutory_days
from postroad.clock.workingtime.table import EPOCH, MICROSECOND, Table, build_table, year_of, year_start

if TYPE_CHECKING:
    import numpy.typing as npt

    from postroad.clock.workingtime.bulk import Micros

FIRST_YEAR = 1900
LAST_YEAR = 2200


@dataclass(frozen=True)
class WorkingCalendar:
    """An immutable calendar of working time in one zone.

    Results are exact to the microsecond and lengths are elapsed time, also across changes of summer time.
    Years from 1900 to 2200 are supported; a question that leads out of them raises `OutsideCalendarError`.
    """

    zone: ZoneInfo
    week: tuple[DayHours, ...]
    dates: Mapping[date, DayHours] = field(hash=False)
    statutory_years: frozenset[int] | None = None
    _table: Table | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> WorkingCalendar:
        """Build a calendar from its description (see `specification`); raises `CalendarError` naming the
        place.
        """
        spec = pin_statutory_days(spec)
        week = specification.read_week(spec["week"])
        years: frozenset[int] | None = None
        dates: dict[date, DayHours] = {}
        if "statutory" in spec:
            years, dates = specification.read_statutory(spec["statutory"], week)
            years |= specification.read_years(spec.get("entered_years", []), "entered_years")
        dates |= dict.fromkeys(specification.read_dates(spec.get("holidays", []), "holidays"), ())
        dates |= specification.read_extra_workdays(spec.get("extra_workdays", []), week, "extra_workdays")
        dates |= specification.read_date_overrides(spec.get("date_overrides", {}))
        return cls(specification.read_zone(spec["zone"]), week, MappingProxyType(dates), years)

    @classmethod
    def from_json(cls, text: str | bytes) -> WorkingCalendar:
        """Build a calendar from its description as JSON."""
        return cls.from_spec(specification.load_json(text))

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """Return the instant (in UTC) that lies `amount` of working time after `start`; before it if
        negative.
        """
        micros = amount // MICROSECOND
        return EPOCH + MICROSECOND * self._move((start - EPOCH) // MICROSECOND, micros, early=micros > 0)

    def subtract_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """Return the instant (in UTC) that lies `amount` of working time before `start`; after it if
        negative.
        """
        micros = amount // MICROSECOND
        return EPOCH + MICROSECOND * self._move((start - EPOCH) // MICROSECOND, -micros, early=micros <= 0)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from `start` to `end`; negative if `end` is earlier."""
        since, until = (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        table = self._covering(min(since, until), max(since, until))
        return MICROSECOND * (table.worked_until(until) - table.worked_until(since))

    def add_working_time_bulk(self, starts: npt.ArrayLike, amounts: npt.ArrayLike) -> Micros:
        """Do `add_working_time` for arrays of microseconds (instants since 1970-01-01T00:00Z, and lengths).

        Either may be a single number. Raises `OutsideCalendarError` if any element leads out of the calendar.
        """
        from postroad.clock.workingtime.bulk import (
            in_blocks,
        )  # numpy takes 0.1 s to load; one deadline needs none

        return in_blocks(self._add_block, starts, amounts)

    def working_time_between_bulk(self, starts: npt.ArrayLike, ends: npt.ArrayLike) -> Micros:
        """Do `working_time_between` for arrays of microseconds since 1970-01-01T00:00Z; either may be one
        number.
        """
        from postroad.clock.workingtime.bulk import in_blocks

        return in_blocks(self._between_block, starts, ends)

    def hours_on(self, day: date) -> DayHours:
        """Return the opening intervals of the shifts that begin on that day, in microseconds from its
        midnight.
        """
        return self.dates.get(day, self.week[day.weekday()])

    def intervals_between(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the working intervals (in UTC) within a period, cut to it."""
        since, until = (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        if since >= until:
            return []
        table = self._covering(since, until)
        first, last = bisect_right(table.closes, since), bisect_left(table.opens, until)
        return [
            (EPOCH + MICROSECOND * max(opens, since), EPOCH + MICROSECOND * min(closes, until))
            for opens, closes in zip(table.opens[first:last], table.closes[first:last], strict=True)
        ]

    def unpublished_years(self, start: datetime, end: datetime) -> list[int]:
        """Return the years a period touches whose statutory days this calendar should have but does not
        know.
        """
        if self.statutory_years is None:
            return []
        years = sorted((start.astimezone(self.zone).year, end.astimezone(self.zone).year))
        return sorted(set(range(years[0], years[1] + 1)) - self.statutory_years)

    def _move(self, start: int, amount: int, *, early: bool) -> int:
        """Return the first (`early`) or the last instant up to which `amount` more than up to `start` is
        worked.
        """
        table = self._table
        if table is None or not table.start <= start < table.end:
            table = self._covering(start, start)
        while True:
            worked = table.worked
            target = table.worked_until(start) + amount
            if target < early:
                table = self._extended(table, later=False)
            elif target - early >= worked[-1]:
                table = self._extended(table, later=True)
            else:
                at = (bisect_left if early else bisect_right)(worked, target) - 1
                return table.opens[at] + target - worked[at]

    def _add_block(self, starts: Micros, amounts: Micros) -> Micros:
        early = amounts > 0
        table = self._covering(int(starts.min()), int(starts.max()))
        while True:
            target = table.bulk.worked_until(starts) + amounts
            if target.min() < 0:
                table = self._extended(table, later=False)
            elif (target - early).max() >= table.worked[-1]:
                table = self._extended(table, later=True)
            else:
                return table.bulk.instants(target, early=early)

    def _between_block(self, starts: Micros, ends: Micros) -> Micros:
        first, last = min(starts.min(), ends.min()), max(starts.max(), ends.max())
        table = self._covering(int(first), int(last)).bulk
        return table.worked_until(ends) - table.worked_until(starts)

    def _covering(self, first: int, last: int) -> Table:
        """Return a table that covers both instants."""
        table = self._table
        if table is not None and table.start <= first and last < table.end:
            return table
        if first < year_start(FIRST_YEAR) or last >= year_start(LAST_YEAR + 1):
            message = gettext_noop("only moments in the years %(first)s to %(last)s can be reckoned with")
            raise OutsideCalendarError(message, first=FIRST_YEAR, last=LAST_YEAR)
        years = year_of(first), year_of(last)
        if table is None:
            return self._lay_out(*years)
        return self._lay_out(min(table.first_year, years[0]), max(table.last_year, years[1]))

    def _extended(self, table: Table, *, later: bool) -> Table:
        """Return a table of twice the years, so that laying out a long way costs no more than its last
        step.
        """
        if not (any(self.week) or any(self.dates.values())):
            raise OutsideCalendarError(gettext_noop("this calendar has no working time"))
        if table.last_year == LAST_YEAR if later else table.first_year == FIRST_YEAR:
            message = gettext_noop("the calendar has not that much working time in the years %(first)s to %(last)s")
            raise OutsideCalendarError(message, first=FIRST_YEAR, last=LAST_YEAR)
        years = table.last_year - table.first_year + 1
        if later:
            return self._lay_out(table.first_year, min(table.last_year + years, LAST_YEAR))
        return self._lay_out(max(table.first_year - years, FIRST_YEAR), table.last_year)

    def _lay_out(self, first_year: int, last_year: int) -> Table:
        table = build_table(self.zone, self.week, self.dates, first_year, last_year)
        object.__setattr__(self, "_table", table)  # a cache: the calendar itself stays what it is
        return table
