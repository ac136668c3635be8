"""Working time compared with a model that looks at the wall clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.clock.workingtime import WorkingCalendar
from postroad.clock.workingtime.specification import DAY

MINUTE = timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Changes of summer time by an hour and by half an hour, at night and at midnight, in either half of the year, and none.
CHANGES = {
    "Europe/Paris": [date(2020, 3, 29), date(2020, 10, 25)],
    "America/New_York": [date(2021, 3, 14), date(2021, 11, 7)],
    "Australia/Lord_Howe": [date(2023, 4, 2), date(2023, 10, 1)],
    "America/Santiago": [date(2024, 4, 7), date(2024, 9, 8)],
    "America/Havana": [date(2022, 3, 13), date(2022, 11, 6)],
    "Pacific/Apia": [date(2011, 12, 30)],
    "Asia/Shanghai": [date(2025, 1, 1), date(1991, 9, 15)],
}


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def day_hours(draw: st.DrawFn) -> list[list[str]]:
    edges = draw(st.lists(st.integers(0, 1439), max_size=6, unique=True).map(sorted))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    if pairs and draw(st.booleans()):
        pairs[-1] = (pairs[-1][0], draw(st.sampled_from([1440, 1500, 1800, 2880])))
    return [[clock_text(opens), clock_text(closes)] for opens, closes in pairs]


@st.composite
def situations(draw: st.DrawFn) -> tuple[WorkingCalendar, datetime]:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    around = draw(st.sampled_from(CHANGES[zone]))
    nearby = st.integers(-4, 4).map(lambda days: (around + timedelta(days=days)).isoformat())
    spec: dict[str, Any] = {
        "zone": zone,
        "week": draw(st.dictionaries(st.sampled_from(WEEKDAYS), day_hours(), min_size=1)),
        "holidays": draw(st.lists(nearby, max_size=3)),
        "date_overrides": draw(st.dictionaries(nearby, day_hours(), max_size=2)),
    }
    if any(spec["week"].values()):
        spec["extra_workdays"] = draw(st.lists(nearby, max_size=2))
    start = datetime(around.year, around.month, around.day, tzinfo=UTC) + timedelta(
        minutes=draw(st.integers(-3 * 1440, 3 * 1440))
    )
    return WorkingCalendar.from_spec(spec), start


def is_open(calendar: WorkingCalendar, moment: datetime) -> bool:
    """Tell whether the wall clock shows opening hours: those of its day, or of the day before running on."""
    local = moment.astimezone(calendar.zone)
    since_midnight = (local.hour * 60 + local.minute) * 60_000_000
    return any(
        opens <= since_midnight + days_back * DAY < closes
        for days_back in (0, 1)
        for opens, closes in calendar.hours_on(local.date() - timedelta(days=days_back))
    )


@given(situations(), st.integers(0, 4 * 1440))
@settings(max_examples=60)
def test_counting_is_counting_the_open_minutes(situation: tuple[WorkingCalendar, datetime], length: int) -> None:
    calendar, start = situation
    expected = sum(is_open(calendar, start + minute * MINUTE) for minute in range(length))
    end = start + length * MINUTE
    assert calendar.working_time_between(start, end) == expected * MINUTE
    assert calendar.working_time_between(end, start) == -expected * MINUTE
    within = calendar.intervals_between(start, end)
    assert sum((closes - opens for opens, closes in within), timedelta()) == expected * MINUTE


@given(situations(), st.integers(0, 600))
@settings(max_examples=60)
def test_adding_walks_over_the_open_minutes(situation: tuple[WorkingCalendar, datetime], amount: int) -> None:
    calendar, start = situation
    moment, left = start, amount
    for _ in range(4 * 1440):
        if left == 0 and (amount or is_open(calendar, moment)):
            assert calendar.add_working_time(start, amount * MINUTE) == moment
            return
        left -= is_open(calendar, moment)
        moment += MINUTE


@given(situations(), st.integers(0, 600))
@settings(max_examples=60)
def test_subtracting_walks_back_over_the_open_minutes(situation: tuple[WorkingCalendar, datetime], amount: int) -> None:
    calendar, start = situation
    moment, left = start, amount
    for _ in range(4 * 1440):
        if left == 0 and (amount or is_open(calendar, moment - MINUTE)):
            assert calendar.subtract_working_time(start, amount * MINUTE) == moment
            return
        moment -= MINUTE
        left -= is_open(calendar, moment)


@given(
    situations(),
    st.lists(
        st.tuples(st.integers(-(10**13), 10**13), st.integers(-(10**12), 10**12) | st.just(0)),
        min_size=1,
        max_size=20,
    ),
)
@settings(max_examples=60)
def test_bulk_answers_are_the_single_answers(
    situation: tuple[WorkingCalendar, datetime], asked: list[tuple[int, int]]
) -> None:
    calendar, start = situation
    if not any(calendar.week):
        return
    epoch, micro = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
    starts = [(start - epoch) // micro + distance for distance, _ in asked]
    amounts = [amount for _, amount in asked]
    due = calendar.add_working_time_bulk(starts, amounts).tolist()
    one_by_one = [
        (calendar.add_working_time(epoch + begun * micro, amount * micro) - epoch) // micro
        for begun, amount in zip(starts, amounts, strict=True)
    ]
    assert due == one_by_one
    assert calendar.working_time_between_bulk(starts, due).tolist() == amounts
