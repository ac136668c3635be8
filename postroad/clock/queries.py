"""Reads of calendars, promises and duties, by name."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from postroad.clock import explanation
from postroad.clock.definitions import WEEKDAY_NAMES
from postroad.clock.models import Calendar, CalendarVersion, Deadline, DeadlineEvent, Duty, DutyOccurrence
from postroad.clock.workingtime import WorkingCalendar
from postroad.clock.workingtime.specification import DayHours
from postroad.org.models import Person, today
from postroad.platform.actors import Subject
from postroad.platform.language import in_a_row

State = Deadline.State


def deadlines_of(subjects: Iterable[Subject]) -> QuerySet[Deadline]:
    """Return all promises about some subjects, first started first."""
    about = Q(pk__in=[])
    by_type: dict[str, list[str]] = {}
    for subject in subjects:
        by_type.setdefault(subject.type, []).append(subject.id)
    for subject_type, ids in by_type.items():
        about |= Q(subject_type=subject_type, subject_id__in=ids)
    return (
        Deadline.objects.filter(about)
        .select_related("calendar_version__calendar", "responsible")
        .order_by("started_at", "id")
    )


def running_for(person: Person) -> QuerySet[Deadline]:
    """Return what a person has still to do, most urgent first: running, paused, and missed but not done yet."""
    return Deadline.objects.filter(responsible=person, finished_at=None).order_by("due_at", "id")


def history_of(deadline: Deadline) -> list[DeadlineEvent]:
    """Return everything that happened to a promise, in order."""
    return list(deadline.events.order_by("id"))


def explain(deadline: Deadline) -> str:
    """Return the promise told in one sentence of the active language; events already prefetched are used."""
    return explanation.explain(deadline, sorted(deadline.events.all(), key=lambda event: event.id))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the promises of a kind that fell due in a period ended; `running` ones have not ended yet."""

    met: int
    missed: int
    cancelled: int
    running: int

    @property
    def decided(self) -> int:
        """Return how many count: met and missed."""
        return self.met + self.missed

    @property
    def percent_met(self) -> float | None:
        """Return the share met, 0 to 100; None if nothing was decided."""
        return 100 * self.met / self.decided if self.decided else None


def outcomes(kind: str, start: datetime, end: datetime) -> Outcome:
    """Return how the promises of a kind due from `start` up to, not including, `end` ended."""
    due = Deadline.objects.filter(kind=kind, due_at__gte=start, due_at__lt=end)
    return Outcome(
        **due.aggregate(
            met=Count("pk", filter=Q(state=State.MET)),
            missed=Count("pk", filter=Q(state=State.MISSED)),
            cancelled=Count("pk", filter=Q(state=State.CANCELLED)),
            running=Count("pk", filter=Q(state__in=Deadline.OPEN_STATES)),
        )
    )


def find_calendar(key: str) -> Calendar | None:
    """Return the calendar of that key, if there is one."""
    return Calendar.objects.filter(key=key).first()


def calendars() -> list[CalendarVersion]:
    """Return the version in force of each calendar, by the calendar's name."""
    in_force = CalendarVersion.objects.filter(calendar=OuterRef("pk"), valid_from__lte=timezone.now())
    current = Subquery(in_force.order_by("-valid_from", "-number").values("pk")[:1])
    first = Subquery(CalendarVersion.objects.filter(calendar=OuterRef("pk")).order_by("number").values("pk")[:1])
    ids = [row.current or row.first for row in Calendar.objects.annotate(current=current, first=first)]
    return list(
        CalendarVersion.objects.filter(pk__in=ids).select_related("calendar").order_by("calendar__name", "calendar")
    )


def versions_of(calendar: Calendar) -> list[CalendarVersion]:
    """Return all versions of a calendar, newest first."""
    return list(calendar.versions.order_by("-number"))


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the year view: what it is, and why."""

    day: date
    hours: DayHours
    special: str
    """`holiday`, `make-up`, `own-hours`, or nothing for an ordinary day."""

    @property
    def hours_text(self) -> str:
        """Return the opening hours as text."""
        return hours_text(self.hours)


def week_of(calendar: WorkingCalendar) -> list[tuple[str, str]]:
    """Return the name and the hours, as text, of the seven weekdays; closed ones have no hours."""
    names = (str(name) for name in WEEKDAY_NAMES.values())
    return [(name, hours_text(hours)) for name, hours in zip(names, calendar.week, strict=True)]


def hours_text(hours: DayHours) -> str:
    """Opening hours as text: `09:00–12:00, 13:30–18:00`, with the comma of the active language."""
    return in_a_row(f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in hours)


def clock_text(microseconds: int) -> str:
    """Return a time of day given in microseconds from midnight; past 24:00 as such."""
    minutes = microseconds // 60_000_000
    return f"{minutes // 60:02}:{minutes % 60:02}"


def day_of(calendar: WorkingCalendar, day: date) -> Day:
    """Return what a day is in a calendar."""
    hours, ordinary = calendar.hours_on(day), calendar.week[day.weekday()]
    if day not in calendar.dates or hours == ordinary:
        return Day(day, hours, "")
    if not hours:
        return Day(day, hours, "holiday")
    return Day(day, hours, "own-hours" if ordinary else "make-up")


def year_view(calendar: WorkingCalendar, year: int) -> list[list[list[Day | None]]]:
    """Return the months of a year as weeks of seven days from Monday, None outside the month."""
    return [
        [
            [day_of(calendar, date(year, month, number)) if number else None for number in week]
            for week in months.Calendar().monthdayscalendar(year, month)
        ]
        for month in range(1, 13)
    ]


@dataclass(frozen=True, slots=True)
class ChangedDay:
    day: date
    before: Day
    after: Day


def changed_days(before: WorkingCalendar, after: WorkingCalendar, *, start: date, days: int) -> list[ChangedDay]:
    """Return the days from `start` on whose hours differ between two calendars."""
    found = []
    for offset in range(days):
        day = start + timedelta(days=offset)
        if before.hours_on(day) != after.hours_on(day):
            found.append(ChangedDay(day, day_of(before, day), day_of(after, day)))
    return found


def missing_years(calendar: WorkingCalendar, *, now: datetime | None = None) -> list[int]:
    """Return the years from this one to that of a date three months ahead whose statutory days are not known."""
    moment = now or timezone.now()
    return calendar.unpublished_years(moment, moment + timedelta(days=92))


def duties(*, on: date) -> QuerySet[Duty]:
    """Return the duties that hold on a day or later, by name."""
    return (
        Duty.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on))
        .select_related("calendar", "responsible", "deputy")
        .order_by("name", "id")
    )


def occurrences_to_do(person: Person) -> QuerySet[DutyOccurrence]:
    """Return what a person has to do, or stands in for, by the end of today, and nobody has done yet; most urgent
    first.
    """
    tomorrow = timezone.make_aware(datetime.combine(today() + timedelta(days=1), time()))
    return (
        DutyOccurrence.objects.filter(
            Q(duty__responsible=person) | Q(duty__deputy=person),
            deadline__finished_at=None,
            deadline__due_at__lt=tomorrow,
        )
        .select_related("duty", "deadline", "duty__responsible")
        .order_by("deadline__due_at", "id")
    )


def occurrences_of(duty: Duty) -> QuerySet[DutyOccurrence]:
    """Return the occurrences of a duty with their promises, newest first."""
    return duty.occurrences.select_related("deadline", "done_by")


def occurrences_on(day: date) -> QuerySet[DutyOccurrence]:
    """Return all duties that have a day, of that day, undone ones first."""
    return (
        DutyOccurrence.objects.filter(day=day)
        .exclude(duty__frequency=Duty.Frequency.AGAIN)
        .select_related("duty", "deadline", "done_by", "duty__responsible")
        .order_by(F("deadline__finished_at").asc(nulls_first=True), "deadline__due_at", "id")
    )
