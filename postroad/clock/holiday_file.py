"""Days off and make-up days from a spreadsheet: one day a row, what it is in the second column.

2027-01-01, holiday            or  休, 放假, 节假日, off
2027-02-13, workday            or  班, 上班, 补班, 调休上班; a weekday after it lends its hours: workday mon
2027-04-04, 09:00-12:00        hours of its own
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import IO

from django.utils.translation import gettext as _

from postroad.clock.definitions import hours_from_text
from postroad.platform.errors import Invalid
from postroad.platform.spreadsheets import Unreadable, read_rows

LARGEST_FILE = 2 * 1024 * 1024
MOST_ROWS = 5_000
_MOST_ERRORS = 10
_OFF = {"holiday", "off", "休", "休息", "放假", "节假日", "假日"}
_WORK = {"workday", "work", "班", "上班", "补班", "调休上班", "调休"}
_HOURS = re.compile(r"\d{1,2}[:：]\d\d")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class HolidayFile:
    """What a file said, in the form a calendar's definition keeps it."""

    holidays: list[str] = field(default_factory=list)
    extra_workdays: dict[str, str | None] = field(default_factory=dict)
    date_overrides: dict[str, list[list[str]]] = field(default_factory=dict)


def read_holiday_file(file: IO[bytes], *, size: int) -> HolidayFile:
    """Read an .xlsx or .csv file. A first row without a date is a heading.

    Raises Invalid on `days_file`, naming the rows that cannot be understood.
    """
    if size > LARGEST_FILE:
        raise Invalid({"days_file": _("The file is larger than 2 MB.")})
    found, wrong = HolidayFile(), []
    try:
        for row in read_rows(file):
            if row.number > MOST_ROWS:
                raise Invalid({"days_file": _("The file has more than 5,000 rows.")})
            day, what = (cell.strip() for cell in (*row.cells, "")[:2])
            heading = row.number == 1 and not _DATE.fullmatch(day)
            if not heading and not _take(found, day, what):
                wrong.append(row.number)
    except Unreadable as error:
        raise Invalid({"days_file": str(error)}) from error
    if wrong:
        rows = ", ".join(str(number) for number in wrong[:_MOST_ERRORS])
        message = _("These rows are not a date and what it is (holiday, workday, or hours): %(rows)s")
        raise Invalid({"days_file": message % {"rows": rows}})
    return found


def _take(found: HolidayFile, day_text: str, what: str) -> bool:
    match = _DATE.fullmatch(day_text)
    if not match:
        return False
    try:
        day = date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return False
    word, _blank, weekday = what.lower().partition(" ")
    if word in _OFF:
        found.holidays.append(day)
    elif word in _WORK:
        found.extra_workdays[day] = weekday.strip() or None
    elif _HOURS.search(what):
        found.date_overrides[day] = hours_from_text(what)
    else:
        return False
    return True
