"""A promise told in one sentence: what counted, what did not, and how it ended.

Told from the promise's own events and the calendar versions it was counted by, so that a breach of long ago reads
the same as on its day.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from postroad.clock.models import CalendarVersion, Deadline, DeadlineEvent
from postroad.clock.workingtime import WorkingCalendar

State, What = Deadline.State, DeadlineEvent.What
_MOST_BREAKS = 3
_NOTHING = timedelta()

_Part = tuple[datetime, Callable[[], str]]


def explain(deadline: Deadline, events: Sequence[DeadlineEvent]) -> str:
    """Return the sentence in the active language; times are in the zone of the promise's calendar."""
    return _Telling(deadline, events).sentence()


@dataclass(frozen=True, slots=True)
class _Rule:
    """By what a promise was counted from one moment to another; `event` is what brought the rule, None at first."""

    version: CalendarVersion | None
    since: datetime
    until: datetime | None
    event: DeadlineEvent | None

    @property
    def calendar(self) -> WorkingCalendar | None:
        return self.version.working_calendar() if self.version else None

    def closed_within(self, begun: datetime, ended: datetime) -> list[tuple[datetime, datetime]]:
        """The stretches within a period, and within this rule's own, in which the clock stood for the night or so."""
        begun, ended = max(begun, self.since), min(ended, self.until or ended)
        if self.calendar is None or begun >= ended:
            return []
        opened = self.calendar.intervals_between(begun, ended)
        return [(before[1], after[0]) for before, after in itertools.pairwise(opened)]


def _rules(deadline: Deadline, events: Sequence[DeadlineEvent]) -> list[_Rule]:
    """The rules a promise went by, in order. One query where it was moved to another, else none."""
    changes = [event for event in events if event.what == What.RULE_CHANGED]
    if not changes:
        return [_Rule(deadline.calendar_version, deadline.started_at, None, None)]
    names = [changes[0].facts["version_before"], *(event.facts["version_after"] for event in changes)]
    known = CalendarVersion.objects.select_related("calendar").in_bulk([name for name in names if name])
    versions = [known[UUID(name)] if name else None for name in names]
    begins = [deadline.started_at, *(event.at for event in changes)]
    ends: list[datetime | None] = [*begins[1:], None]
    return [_Rule(*parts) for parts in zip(versions, begins, ends, [None, *changes], strict=True)]


class _Telling:
    """Puts the parts in the order in which they happened; a date is said only where the day changes."""

    def __init__(self, deadline: Deadline, events: Sequence[DeadlineEvent]) -> None:
        self.deadline = deadline
        self.events = events
        self.rules = _rules(deadline, events)
        self.calendar = self.rules[0].calendar
        self.zone = self.calendar.zone if self.calendar else timezone.get_default_timezone()
        self.chinese = (get_language() or "").startswith("zh")
        self.day_said: date | None = None

    def sentence(self) -> str:
        parts = [(self.deadline.started_at, self._beginning), *self._pauses(), *self._changes(), *self._breaks()]
        told = [tell() for _at, tell in sorted(parts, key=lambda part: part[0])]
        told += [self._ending(), *self._basis()]
        return ("，" if self.chinese else "; ").join(told) + ("。" if self.chinese else ".")

    def _beginning(self) -> str:
        started, amount = self.deadline.started_at, _length(self._amount_at_first())
        if self.calendar is None:
            return _("%(at)s started, %(amount)s in clock time") % {"at": self._time(started), "amount": amount}
        opening = self.calendar.add_working_time(started, _NOTHING)
        values = {"at": self._time(started), "opening": self._time(opening), "amount": amount}
        if opening == started:
            return _("%(at)s started, %(amount)s of working time") % values
        return _("%(at)s arrived outside opening hours, clock from %(opening)s, %(amount)s of working time") % values

    def _pauses(self) -> Iterator[_Part]:
        for paused_at, resumed_at, reason in self._paused_periods():
            yield paused_at, partial(self._pause, paused_at, resumed_at, reason)

    def _pause(self, begun: datetime, ended: datetime | None, reason: str) -> str:
        why = {"reason": reason or _("no reason given")}
        if ended is None:
            return _("paused since %(at)s (%(reason)s)") % {"at": self._time(begun), **why}
        return _("paused %(period)s (%(reason)s)") % {"period": self._period(begun, ended), **why}

    def _paused_periods(self) -> Iterator[tuple[datetime, datetime | None, str]]:
        begun: DeadlineEvent | None = None
        for event in self.events:
            if event.what == What.PAUSED:
                begun = event
            elif begun is not None and event.what in (What.RESUMED, What.MET, What.CANCELLED):
                yield begun.at, event.at, begun.reason
                begun = None
        if begun is not None:
            yield begun.at, None, begun.reason

    def _amount_at_first(self) -> timedelta:
        first = next((event for event in self.events if event.what == What.STARTED), None)
        return timedelta(seconds=first.facts["amount_seconds"]) if first else self.deadline.amount

    def _changes(self) -> Iterator[_Part]:
        for event in self.events:
            if event.what == What.MOVED:
                yield event.at, partial(self._move, event)
        for rule in self.rules:
            if rule.event:
                yield rule.event.at, partial(self._another_rule, rule, rule.event)

    def _another_rule(self, rule: _Rule, event: DeadlineEvent) -> str:
        values = {
            "at": self._time(event.at),
            "amount": _length(timedelta(seconds=event.facts["amount_seconds"])),
            "used": _length(timedelta(seconds=event.facts["used_seconds"])),
            "reason": event.reason or _("no reason given"),
        }
        if rule.version is None:
            return _("%(at)s by another rule: %(amount)s in clock time, %(used)s of it used (%(reason)s)") % values
        values |= {"calendar": str(rule.version.calendar), "number": str(rule.version.number)}
        return (
            _(
                "%(at)s by another rule: %(amount)s of working time by the calendar %(calendar)s, version %(number)s, "
                "%(used)s of it used (%(reason)s)"
            )
            % values
        )

    def _move(self, event: DeadlineEvent) -> str:
        return _("moved at %(at)s from %(before)s to %(after)s (%(reason)s)") % {
            "at": self._time(event.at),
            "before": self._time(datetime.fromisoformat(event.facts["due_before"])),
            "after": self._time(datetime.fromisoformat(event.facts["due_at"])),
            "reason": event.reason or _("no reason given"),
        }

    def _breaks(self) -> list[_Part]:
        """Return the stretches between opening hours over which the clock stood; many are said together."""
        breaks = [
            closed
            for begun, ended in self._running_periods()
            for rule in self.rules
            for closed in rule.closed_within(begun, ended)
        ]
        if len(breaks) <= _MOST_BREAKS:
            return [(begun, partial(self._break, begun, ended)) for begun, ended in breaks]
        return [(breaks[0][0], partial(self._many_breaks, breaks))]

    def _break(self, begun: datetime, ended: datetime) -> str:
        return _("%(period)s closed, not counted") % {"period": self._period(begun, ended)}

    def _many_breaks(self, breaks: list[tuple[datetime, datetime]]) -> str:
        length = sum((ended - begun for begun, ended in breaks), _NOTHING)
        return _("%(count)s breaks, nights and days off within %(period)s not counted (%(length)s)") % {
            "count": len(breaks),
            "period": self._period(breaks[0][0], breaks[-1][1]),
            "length": _length(length),
        }

    def _running_periods(self) -> Iterator[tuple[datetime, datetime]]:
        begun = self.deadline.started_at
        for paused_at, resumed_at, _reason in self._paused_periods():
            yield begun, paused_at
            if resumed_at is None:
                return
            begun = resumed_at
        yield begun, min(self.deadline.finished_at or self.deadline.due_at, self.deadline.due_at)

    def _ending(self) -> str:
        deadline, finished = self.deadline, self.deadline.finished_at
        values = {"due": self._time(deadline.due_at), "left": _length(deadline.amount - deadline.used)}
        if deadline.state == State.RUNNING:
            return _("due %(due)s") % values
        if deadline.state == State.PAUSED:
            return _("%(left)s left") % values
        if finished is None:
            return _("due %(due)s and missed, not done yet") % values
        values |= {"at": self._time(finished), "late": _length(deadline.time_between(deadline.due_at, finished))}
        if deadline.state == State.CANCELLED:
            return _("cancelled at %(at)s (%(reason)s)") % {**values, "reason": self._reason_of(What.CANCELLED)}
        if deadline.state == State.MISSED:
            return _("due %(due)s and missed, done %(at)s, %(late)s late") % values
        return _("due %(due)s, done %(at)s with %(left)s to spare") % values

    def _reason_of(self, what: DeadlineEvent.What) -> str:
        reasons = [event.reason for event in self.events if event.what == what and event.reason]
        return reasons[-1] if reasons else _("no reason given")

    def _basis(self) -> list[str]:
        version = self.rules[-1].version
        if version is None or len(self.rules) > 1:
            return []
        values = {"calendar": version.calendar, "number": version.number}
        return [_("by the calendar %(calendar)s, version %(number)s") % values]

    def _period(self, begun: datetime, ended: datetime) -> str:
        return f"{self._time(begun)}–{self._time(ended)}"

    def _time(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        clock = format_date(local, "H:i")
        if local.date() == self.day_said:
            return clock
        with_year = self.day_said is None or self.day_said.year != local.year
        self.day_said = local.date()
        if self.chinese:
            return f"{format_date(local, 'Y年n月j日' if with_year else 'n月j日')} {clock}"
        return f"{format_date(local, 'j M Y' if with_year else 'j M')} {clock}"


def _length(amount: timedelta) -> str:
    """Return a length in hours and minutes: a day of working time is no unit anybody agrees on."""
    hours, minutes = divmod(round(amount.total_seconds()) // 60, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": minutes}
    if not minutes:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
