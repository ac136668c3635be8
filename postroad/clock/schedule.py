"""On which days a duty falls due. Pure: a duty, a day, a calendar."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroad.clock.models import Duty
    from postroad.clock.workingtime import WorkingCalendar

_QUARTER_MONTHS = 3
_LONGEST_BREAK = timedelta(days=31)
_DAYS = {"days": 1, "weeks": 7}


def is_due_on(duty: Duty, day: date, calendar: WorkingCalendar) -> bool:
    """Tell whether a duty falls due on a day.

    Daily means each working day. The others have a day of their own; where that is no working day, the duty falls
    due on the first working day after it. What is done again and again has no day of its own: see `due_after`.
    """
    if duty.is_again or not calendar.hours_on(day):
        return False
    if duty.frequency == duty.Frequency.DAILY:
        return True
    candidate = day
    while day - candidate < _LONGEST_BREAK:
        if _is_named_day(duty, candidate):
            return True
        candidate -= timedelta(days=1)
        if calendar.hours_on(candidate):
            return False
    return False


def due_after(last: date, *, every: int, unit: str, calendar: WorkingCalendar) -> date:
    """Return the day by which something is due again: so long after `last`, and the first working day from then on.

    Months keep the day of the month, or take the month's last day where it has none.
    """
    day = _months_after(last, every) if unit == "months" else last + timedelta(days=every * _DAYS[unit])
    ahead = (day + timedelta(days=more) for more in range(_LONGEST_BREAK.days))
    return next((one for one in ahead if calendar.hours_on(one)), day)


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _is_named_day(duty: Duty, day: date) -> bool:
    if duty.frequency == duty.Frequency.WEEKLY:
        return day.isoweekday() == duty.day
    first_month = duty.frequency != duty.Frequency.QUARTERLY or day.month % _QUARTER_MONTHS == 1
    return first_month and day.day == duty.day
