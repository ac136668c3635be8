"""Calendar definitions as people meet them: checked with errors in their language, and as lines of text in a form.

The stored form is that of `workingtime.specification`; this module only turns it into text and back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.clock.workingtime import CalendarError, WorkingCalendar, pin_statutory_days
from postroad.platform.errors import Invalid

WEEKDAY_NAMES = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}

_SEPARATORS = re.compile(r"[,，、;；]\s*|\s+")
_DASHES = re.compile(r"\s*[-–—~～至]\s*")


def pin(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition fit to be stored: checked, with working time in it, statutory days written out.

    Raises Invalid in the language of the person, on the form's field that is to blame.
    """
    try:
        pinned = pin_statutory_days(definition)
        calendar = WorkingCalendar.from_spec(pinned)
    except CalendarError as error:
        raise Invalid({_field_of(error.place): sentence_of(error)}) from error
    if not any(calendar.week):
        raise Invalid({"mon": _("A calendar needs working hours on at least one weekday.")})
    return pinned


def sentence_of(error: CalendarError) -> str:
    """Return what is wrong with a calendar, in the active language, naming the place."""
    values = dict(error.values)
    if "kind" in values:
        values["kind"] = _(str(values["kind"]))
    sentence = _(error.message) % values
    return f"{error.place}: {sentence}" if error.place else sentence


def _field_of(place: str) -> str:
    if place.startswith("week."):
        return place.removeprefix("week.")[:3]
    return re.split(r"[.\[]", place)[0]


def hours_to_text(hours: list[list[str]]) -> str:
    """Return one day's hours as `09:00-12:00, 13:30-18:00`."""
    return ", ".join("-".join(interval) for interval in hours)


def hours_from_text(text: str) -> list[list[str]]:
    """Read one day's hours; the commas, dashes and blanks of a Chinese keyboard are taken too."""
    joined = _DASHES.sub("-", text.strip().replace("：", ":"))
    return [part.split("-") for part in _SEPARATORS.split(joined) if part]


def days_to_text(days: Mapping[str, Any] | list[str]) -> str:
    """Return days one to a line, each with the weekday or hours that go with it."""
    if isinstance(days, list):
        return "\n".join(days)
    return "\n".join(
        f"{day} {value if isinstance(value, str) else hours_to_text(value or [])}".strip()
        for day, value in sorted(days.items())
    )


def _lines(text: str) -> list[tuple[str, str]]:
    split = (line.strip().replace("/", "-").partition(" ") for line in text.splitlines())
    return [(day, rest.strip()) for day, _blank, rest in split if day]


def holidays_from_text(text: str) -> list[str]:
    """Read one date a line."""
    return sorted({day for day, _rest in _lines(text)})


def extra_workdays_from_text(text: str) -> dict[str, str | None]:
    """Read one date a line, with the weekday whose hours it has if it is named."""
    return {day: rest or None for day, rest in _lines(text)}


def date_overrides_from_text(text: str) -> dict[str, list[list[str]]]:
    """Read one date a line with its hours; a date alone is closed."""
    return {day: hours_from_text(rest) for day, rest in _lines(text)}


def years_from_text(text: str) -> list[int | str]:
    """Read years between commas or blanks; what is no year stays as it is, for the check to refuse."""
    return [int(part) if part.isdecimal() else part for part in _SEPARATORS.split(text.strip()) if part]
