"""Reading a calendar's description (the JSON file of `postroad clock --calendar FILE`).

    {"zone": "Asia/Shanghai",
     "week": {"mon": [["09:00", "12:00"], ["13:30", "18:00"]], "fri": [["22:00", "30:00"]]},
     "holidays": ["2025-01-01"],
     "extra_workdays": ["2025-01-26"],            or {"2025-01-26": "mon", "2025-02-08": null}
     "date_overrides": {"2025-02-14": [["09:00", "12:00"]]},
     "statutory": "CN",
     "entered_years": [2027]}

Only `zone` and `week` are required; a weekday left out is closed. Times are local: `24:00` ends the day and
an end past it belongs to the shift that began the day before (`30:00` is six in the morning). The more
particular entry wins: `date_overrides` over `extra_workdays` over `holidays` over statutory days over `week`.
An extra workday has the hours of the weekday named with it; if none is named, those of its own weekday, and
where that is closed, those of the first weekday that is open. `statutory` names a region whose published
days off and make-up days hold; written out it is an object with `region`, `years`, `holidays` and
`extra_workdays`. `entered_years` are years not published yet whose statutory days stand in the calendar's own
lists, so that they do not count as unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from postroad.clock.workingtime.errors import CalendarError, gettext_noop

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SECOND = 1_000_000
DAY = 86_400 * SECOND
LONGEST_SHIFT = 2 * DAY

_KINDS: dict[type, str] = {
    dict: gettext_noop("an object"),
    list: gettext_noop("a list"),
    str: gettext_noop("a text"),
}

DayHours = tuple[tuple[int, int], ...]
"""Opening intervals of one day in microseconds from its midnight, in order, none touching another."""

_KEYS = {"zone", "week", "holidays", "extra_workdays", "date_overrides", "statutory", "entered_years"}
_TIME = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def load_json(text: str | bytes) -> Any:
    """Parse JSON; a key given twice is an error, because one of the two would silently be lost."""
    try:
        return json.loads(text, object_pairs_hook=_unique_pairs)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CalendarError("", gettext_noop("this is not JSON (%(why)s)"), why=error) from error


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise CalendarError(twice, gettext_noop("is given twice"))
    return found


def check_keys(spec: object) -> Mapping[str, Any]:
    """Return the description if it is an object with known keys only and the required ones present."""
    found: Mapping[str, Any] = _expect(spec, dict, "calendar")
    for key in found:
        if key not in _KEYS:
            raise CalendarError(key, gettext_noop("unknown key; known are %(keys)s"), keys=", ".join(sorted(_KEYS)))
    for key in ("zone", "week"):
        if key not in found:
            raise CalendarError(key, gettext_noop("is missing"))
    return found


def read_zone(value: object) -> ZoneInfo:
    """Return the IANA time zone of that name."""
    name = _expect(value, str, "zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, not a relative path, a folder of zones
        raise CalendarError("zone", gettext_noop('"%(name)s" is not a known time zone'), name=name) from error


def read_week(value: object) -> tuple[DayHours, ...]:
    """Return the hours of the seven weekdays, Monday first."""
    week = _expect(value, dict, "week")
    for day in week:
        if day not in WEEKDAYS:
            raise CalendarError(
                f"week.{day}", gettext_noop("unknown weekday; write %(days)s"), days=", ".join(WEEKDAYS)
            )
    return tuple(read_hours(week.get(day, []), f"week.{day}") for day in WEEKDAYS)


def read_hours(value: object, place: str) -> DayHours:
    """Return one day's opening intervals, sorted, with touching ones joined."""
    given = _expect(value, list, place)
    intervals = sorted((_read_interval(item, f"{place}[{n}]"), n) for n, item in enumerate(given))
    joined: list[tuple[int, int]] = []
    last = 0
    for (opens, closes), n in intervals:
        if joined and opens < joined[-1][1]:
            raise CalendarError(f"{place}[{n}]", gettext_noop("overlaps %(other)s"), other=f"{place}[{last}]")
        if joined and opens == joined[-1][1]:
            joined[-1] = (joined[-1][0], closes)
        else:
            joined.append((opens, closes))
        last = n
    return tuple(joined)


def _read_interval(value: object, place: str) -> tuple[int, int]:
    match _expect(value, list, place):
        case [opening, closing]:
            opens, closes = _read_time(opening, place), _read_time(closing, place)
        case _:
            message = gettext_noop('needs an opening and a closing time, as in ["09:00", "17:00"]')
            raise CalendarError(place, message)
    if opens >= DAY:
        raise CalendarError(place, gettext_noop("opens after the end of its day"))
    if closes == opens:
        raise CalendarError(place, gettext_noop("ends when it starts; a whole day is 00:00 to 24:00"))
    if closes < opens:
        raise CalendarError(
            place,
            gettext_noop("ends before it starts; an end after midnight is written past 24:00, 06:00 as 30:00"),
        )
    if closes > LONGEST_SHIFT:
        raise CalendarError(place, gettext_noop("ends later than 48:00"))
    return opens, closes


def _read_time(value: object, place: str) -> int:
    match = _TIME.fullmatch(_expect(value, str, place))
    if not match:
        raise CalendarError(place, gettext_noop('"%(text)s" is not a time of day (write HH:MM)'), text=value)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * 3600 + minutes * 60 + seconds) * SECOND


def read_dates(value: object, place: str) -> list[date]:
    """Return a list of calendar days."""
    return [_read_date(item, f"{place}[{n}]") for n, item in enumerate(_expect(value, list, place))]


def _read_date(value: object, place: str) -> date:
    text = _expect(value, str, place)
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise CalendarError(place, gettext_noop('"%(text)s" is not a date (write YYYY-MM-DD)'), text=text)


def read_extra_workdays(value: object, week: Sequence[DayHours], place: str) -> dict[date, DayHours]:
    """Return the hours of each make-up day; the module's docstring says which it gets."""
    if isinstance(value, dict):
        named = [(f"{place}.{text}", text, weekday) for text, weekday in value.items()]
    else:
        named = [(f"{place}[{n}]", text, None) for n, text in enumerate(_expect(value, list, place))]
    found = {}
    for where, text, weekday in named:
        day = _read_date(text, where)
        found[day] = _lent_hours(weekday, day, week, where)
    return found


def _lent_hours(weekday: object, day: date, week: Sequence[DayHours], place: str) -> DayHours:
    if weekday is None:
        hours = week[day.weekday()] or next((hours for hours in week if hours), ())
    elif weekday in WEEKDAYS:
        hours = week[WEEKDAYS.index(str(weekday))]
    else:
        raise CalendarError(place, gettext_noop("unknown weekday; write %(days)s"), days=", ".join(WEEKDAYS))
    if not hours:
        raise CalendarError(place, gettext_noop("no hours to lend it; give it hours in date_overrides"))
    return hours


def read_date_overrides(value: object) -> dict[date, DayHours]:
    """Return the days that have hours of their own."""
    place = "date_overrides"
    return {
        _read_date(key, place): read_hours(hours, f"{place}.{key}")
        for key, hours in _expect(value, dict, place).items()
    }


def read_statutory(value: object, week: Sequence[DayHours]) -> tuple[frozenset[int], dict[date, DayHours]]:
    """Return the years whose statutory days are written out, and the hours of those days."""
    days = _expect(value, dict, "statutory")
    years = read_years(days.get("years"), "statutory.years")
    hours: dict[date, DayHours] = dict.fromkeys(read_dates(days.get("holidays"), "statutory.holidays"), ())
    hours |= read_extra_workdays(days.get("extra_workdays"), week, "statutory.extra_workdays")
    return years, hours


def read_years(value: object, place: str) -> frozenset[int]:
    """Return a list of years."""
    years = _expect(value, list, place)
    for n, year in enumerate(years):
        if type(year) is not int:
            raise CalendarError(f"{place}[{n}]", gettext_noop("is not a year"))
    return frozenset(years)


def _expect(value: object, kind: type, place: str) -> Any:
    if not isinstance(value, kind):
        raise CalendarError(place, gettext_noop("must be %(kind)s"), kind=_KINDS[kind])
    return value
