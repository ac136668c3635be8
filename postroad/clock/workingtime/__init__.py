"""Working time, exactly: no database, no Django, integer microseconds throughout."""

from postroad.clock.workingtime.calendar import WorkingCalendar
from postroad.clock.workingtime.errors import CalendarError, OutsideCalendarError
from postroad.clock.workingtime.statutory import pin_statutory_days, published_days

__all__ = [
    "CalendarError",
    "OutsideCalendarError",
    "WorkingCalendar",
    "pin_statutory_days",
    "published_days",
]
