"""Deadlines per second: one by one against businesstimedelta, in bulk against a dense numpy table of minutes.

Both sides answer the same questions with the same answers, which is checked. The calendar is an office week with a
lunch break and the statutory days off of mainland China (without make-up days, which businesstimedelta does not know).
Quote the ratios: the figures are this machine's.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable

import businesstimedelta
import numpy as np

from postroad.clock.workingtime import WorkingCalendar, published_days

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
HOLIDAYS = [day for day in published_days("CN")["holidays"] if day >= "2020"]
CALENDAR = WorkingCalendar.from_spec(
    {
        "zone": "UTC",
        "week": {day: [["09:00", "12:00"], ["13:30", "18:00"]] for day in WEEKDAYS},
        "holidays": HOLIDAYS,
    }
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
YEAR = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
MINUTE = 60_000_000
REPEATS = 5


def per_second(work: Callable[[], object], number: int) -> float:
    """The best of some runs: what the machine can do when nothing else disturbs it."""
    best = min(_timed(work) for _ in range(REPEATS))
    return number / best


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def one_by_one() -> None:
    days = list(range(5))
    rules = businesstimedelta.Rules(
        [
            businesstimedelta.WorkDayRule(start_time=dt.time(9), end_time=dt.time(18), working_days=days),
            businesstimedelta.LunchTimeRule(start_time=dt.time(12), end_time=dt.time(13, 30), working_days=days),
            businesstimedelta.HolidayRule({dt.date.fromisoformat(day): "off" for day in HOLIDAYS}),
        ]
    )
    chance = random.Random(1)
    starts = [YEAR + dt.timedelta(seconds=chance.randrange(300 * 86_400)) for _ in range(50_000)]
    for hours in (1, 4, 24):
        theirs, ours = businesstimedelta.BusinessTimeDelta(rules, hours=hours), dt.timedelta(hours=hours)
        few = starts[:500]
        assert [start + theirs for start in few] == [CALENDAR.add_working_time(start, ours) for start in few]
        reference = per_second(lambda few=few, theirs=theirs: [start + theirs for start in few], len(few))
        measured = per_second(
            lambda ours=ours: [CALENDAR.add_working_time(start, ours) for start in starts], len(starts)
        )
        print(
            f"one by one, {hours:>2} working hours: {measured:>11,.0f}/s, businesstimedelta {reference:>9,.0f}/s, "
            f"ratio {measured / reference:,.0f}"
        )


def in_bulk() -> None:
    number, base = 4_000_000, (YEAR - EPOCH) // dt.timedelta(microseconds=1)
    generator = np.random.default_rng(1)
    starts = base + generator.integers(0, 300 * 86_400 * 1_000_000 // MINUTE, number) * MINUTE
    is_open = np.zeros(2 * 366 * 1440, bool)
    for opens, closes in CALENDAR.intervals_between(YEAR, YEAR + dt.timedelta(days=2 * 365)):
        is_open[(opens - YEAR) // dt.timedelta(minutes=1) : (closes - YEAR) // dt.timedelta(minutes=1)] = True
    worked, minute_of = np.concatenate(([0], np.cumsum(is_open))), np.flatnonzero(is_open) + 1
    minutes = 240

    def dense() -> np.ndarray:
        return minute_of[worked[(starts - base) // MINUTE] + minutes - 1] * MINUTE + base

    def ours() -> np.ndarray:
        return CALENDAR.add_working_time_bulk(starts, minutes * MINUTE)

    assert np.array_equal(dense(), ours())
    reference, measured = per_second(dense, number), per_second(ours, number)
    print(
        f"in bulk,     4 working hours: {measured:>11,.0f}/s, dense minute table {reference:>11,.0f}/s, "
        f"ratio {measured / reference:.2f}"
    )


if __name__ == "__main__":
    one_by_one()
    in_bulk()
