"""When a chat is open: the working hours of the channel's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from postroad.channels.models import Channel
from postroad.channels.queries import calendar_of
from postroad.clock.models import CalendarVersion

AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Hours:
    """`opens_at` is the next opening (aware, in the calendar's zone) while closed; None if none is known."""

    open: bool
    opens_at: datetime | None = None


def hours_of(channel: Channel, *, at: datetime) -> Hours:
    """Whether the channel's calendar is open at a moment. A channel without a calendar never closes."""
    calendar = calendar_of(channel)
    return hours_in(calendar.current_version(at), at=at) if calendar else Hours(open=True)


def hours_in(version: CalendarVersion, *, at: datetime) -> Hours:
    reckoning = version.working_calendar()
    coming = reckoning.intervals_between(at, at + AHEAD)
    if not coming:
        return Hours(open=False)
    opens = coming[0][0]
    return Hours(open=True) if opens <= at else Hours(open=False, opens_at=opens.astimezone(reckoning.zone))
