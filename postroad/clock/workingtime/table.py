"""A run of years laid out as opening intervals on the UTC time line, with the working time before each.

An instant is working time exactly when a clock on the wall of the calendar's zone shows opening hours. So an
opening time that a change to summer time skips means "from the change on", an hour that a change back repeats
counts twice, and every length is elapsed time. All numbers are microseconds since 1970-01-01T00:00Z.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from postroad.clock.workingtime.specification import DAY, LONGEST_SHIFT, SECOND, DayHours

if TYPE_CHECKING:
    from postroad.clock.workingtime.bulk import BulkTable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)

Interval = tuple[int, int]


@dataclass(frozen=True)
class Table:
    """Opening intervals of the years `first_year` to `last_year` (UTC years), disjoint and in order.

    The first is an empty one at the very start, so that every instant covered has one at or before it.
    `worked[i]` is the working time before interval `i` opens, counted from the start of `first_year`; it has
    one entry more than there are intervals: the total.
    """

    first_year: int
    last_year: int
    opens: list[int]
    closes: list[int]
    worked: list[int]

    @cached_property
    def start(self) -> int:
        """Return the first instant covered."""
        return year_start(self.first_year)

    @cached_property
    def end(self) -> int:
        """Return the first instant no longer covered."""
        return year_start(self.last_year + 1)

    def worked_until(self, instant: int) -> int:
        """Return the working time from the table's start to an instant it covers."""
        at = bisect_right(self.opens, instant) - 1
        closes = self.closes[at]
        until = instant if instant < closes else closes  # noqa: FURB136 - a call of min() here costs a tenth
        return self.worked[at] + until - self.opens[at]

    @cached_property
    def bulk(self) -> BulkTable:
        """Return the same table for numpy arrays."""
        # numpy takes 0.1 s to load, and one deadline needs none of it.
        from postroad.clock.workingtime.bulk import BulkTable

        return BulkTable(self)


def year_start(year: int) -> int:
    """Return the instant a UTC year begins."""
    return (date(year, 1, 1).toordinal() - _EPOCH_DAY) * DAY


def year_of(instant: int) -> int:
    """Return the UTC year an instant lies in."""
    return (EPOCH + MICROSECOND * instant).year


def build_table(
    zone: ZoneInfo, week: Sequence[DayHours], dates: Mapping[date, DayHours], first_year: int, last_year: int
) -> Table:
    """Lay out the years `first_year` to `last_year` of a calendar."""
    start, end = year_start(first_year), year_start(last_year + 1)
    # Two days more at either end: zones lie up to a day from UTC, and a shift may reach into the day after.
    days = range(date(first_year, 1, 1).toordinal() - 2, date(last_year, 12, 31).toordinal() + 3)
    local = _local_intervals(days, week, {day.toordinal(): hours for day, hours in dates.items()})
    joined = [
        (max(opens, start), min(closes, end))
        for opens, closes in _join(_to_utc(list(local), zone, start - 2 * DAY, end + 2 * DAY))
        if opens < end and closes > start
    ]
    opens, closes = ([start, *edges] for edges in zip(*joined, strict=True)) if joined else ([start], [start])
    worked = accumulate((ended - begun for begun, ended in joined), initial=0)
    return Table(first_year, last_year, opens, closes, [0, *worked])


def _local_intervals(
    days: Iterable[int], week: Sequence[DayHours], dates: Mapping[int, DayHours]
) -> Iterator[Interval]:
    for day in days:
        midnight = (day - _EPOCH_DAY) * DAY
        for opens, closes in dates.get(day, week[(day - 1) % 7]):
            yield midnight + opens, midnight + closes


def _to_utc(local: list[Interval], zone: ZoneInfo, start: int, end: int) -> Iterator[Interval]:
    """Yield the UTC intervals during which the zone's wall clock shows a time inside one of `local`, in
    order.
    """
    for since, until, offset in _offsets(zone, start, end):
        first = bisect_left(local, (since + offset - LONGEST_SHIFT,))
        last = bisect_left(local, (until + offset,))
        for opens, closes in local[first:last]:
            opens_utc, closes_utc = max(opens - offset, since), min(closes - offset, until)
            if opens_utc < closes_utc:
                yield opens_utc, closes_utc


def _offsets(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield `(since, until, offset)` for each stretch of constant distance from UTC.

    A look at each midnight is enough: since 1900 no zone in the IANA database has changed twice within two
    days.
    """
    since, offset = start, _offset(zone, start)
    for midnight in range(start, end, DAY):
        later = _offset(zone, midnight)
        if later != offset:
            change = _first_second(zone, midnight - DAY, midnight, later)
            yield since, change, offset
            since, offset = change, later
    yield since, end, offset


def _first_second(zone: ZoneInfo, before: int, after: int, offset: int) -> int:
    """Return the second between two instants at which the zone takes on `offset`."""
    while after - before > SECOND:
        middle = (before + after) // (2 * SECOND) * SECOND
        before, after = (before, middle) if _offset(zone, middle) == offset else (middle, after)
    return after


def _offset(zone: ZoneInfo, instant: int) -> int:
    moment = (EPOCH + MICROSECOND * instant).astimezone(zone)
    offset = moment.utcoffset()
    assert offset is not None  # a ZoneInfo always knows
    return offset // MICROSECOND


def _join(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the intervals with touching and overlapping ones made one."""
    pending: Interval | None = None
    for opens, closes in intervals:
        if pending is None:
            pending = (opens, closes)
        elif opens <= pending[1]:
            pending = (pending[0], max(pending[1], closes))
        else:
            yield pending
            pending = (opens, closes)
    if pending is not None:
        yield pending
