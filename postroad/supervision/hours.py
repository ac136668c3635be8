"""Working time inside a query: each calendar as arrays that PostgreSQL searches, so that no case is reckoned in Python.

A calendar's working intervals are laid out once: when each opens, how much was worked before it, how long it lasts. How
much had been worked by a moment is then one binary search (`width_bucket`) and one sum. Where a calendar has versions,
each counts from when it was in force until the next was: a new calendar does not rewrite the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from postroad.clock.models import CalendarVersion

REACHES_BACK = timedelta(days=2 * 366)
"""Working time of what began longer than this before a report's period counts from there on."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The working intervals of one calendar over some years."""

    key: str
    opens: tuple[datetime, ...]
    before: tuple[float, ...]
    lasts: tuple[float, ...]


def hours_of(versions: Sequence[CalendarVersion], *, start: datetime, end: datetime) -> Hours:
    """The working intervals between two moments, by the versions of one calendar, in the order of their numbers."""
    opens, before, lasts, worked = [], [], [], 0.0
    for opening, closing in _intervals(versions, start=start, end=end):
        opens.append(opening)
        before.append(worked)
        lasts.append((closing - opening).total_seconds())
        worked += lasts[-1]
    return Hours(versions[0].calendar.key, tuple(opens), tuple(before), tuple(lasts))


def _intervals(
    versions: Sequence[CalendarVersion], *, start: datetime, end: datetime
) -> Iterable[tuple[datetime, datetime]]:
    # As with `Calendar.current_version`: the first version counts before it is in force, of two the later number.
    in_force = sorted(versions, key=lambda version: (version.valid_from, version.number))
    for version, following in zip(in_force, [*in_force[1:], None], strict=True):
        since = start if version is in_force[0] else max(start, version.valid_from)
        until = min(end, following.valid_from) if following else end
        yield from version.working_calendar().intervals_between(since, until)


def all_hours(keys: Iterable[str], *, start: datetime, end: datetime) -> list[Hours]:
    """The hours of the calendars with these keys, those that exist, from long before a period to its end. One query."""
    versions: dict[str, list[CalendarVersion]] = {}
    for version in CalendarVersion.objects.filter(calendar__key__in=set(keys)).select_related("calendar"):
        versions.setdefault(version.calendar.key, []).append(version)
    return [hours_of(versions[key], start=start - REACHES_BACK, end=end) for key in sorted(versions)]


def as_table(hours: Sequence[Hours]) -> tuple[str, dict[str, Any]]:
    """The hours as a row each: (calendar, opens, before, lasts). SQL of a VALUES list, and its parameters."""
    if not hours:
        return "(NULL::text, NULL::timestamptz[], NULL::float8[], NULL::float8[])", {}
    rows: list[str] = []
    values: dict[str, Any] = {}
    for place, one in enumerate(hours):
        names = [f"hours_{place}_{part}" for part in ("key", "opens", "before", "lasts")]
        casts = ("text", "timestamptz[]", "float8[]", "float8[]")
        rows.append("(" + ", ".join(f"%({name})s::{cast}" for name, cast in zip(names, casts, strict=True)) + ")")
        values |= dict(zip(names, (one.key, list(one.opens), list(one.before), list(one.lasts)), strict=True))
    return ", ".join(rows), values


def worked_by(moment: str) -> str:
    """SQL: seconds worked by a moment, in the calendar of the row `hours`; NULL where there is none."""
    return f"""
    CASE width_bucket({moment}, hours.opens)
        WHEN 0 THEN 0
        ELSE hours.before[width_bucket({moment}, hours.opens)] + least(
            extract(epoch FROM {moment} - hours.opens[width_bucket({moment}, hours.opens)])::float8,
            hours.lasts[width_bucket({moment}, hours.opens)])
    END"""
