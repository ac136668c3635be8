"""Calendars and their versions, promises with their history, and recurring duties.

Migration 0002 makes versions and history append-only. Times are stored in UTC; lengths are of working time
where there is a calendar version and of elapsed time where there is none.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext, pgettext_lazy

from postroad.clock.workingtime import WorkingCalendar
from postroad.org.models import Named, Person
from postroad.platform.actors import Subject
from postroad.platform.models import Identified

_working_calendars: dict[UUID, WorkingCalendar] = {}


class Calendar(Identified, Named):
    """A named set of working hours, kept as a row of versions."""

    key = models.SlugField(_("key"), max_length=60, unique=True)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering: ClassVar = ["name", "id"]

    def get_absolute_url(self) -> str:
        return reverse("clock:calendar", kwargs={"key": self.key})

    def current_version(self, at: datetime | None = None) -> CalendarVersion:
        """Return the version in force at a moment (default: now).

        Before the first one is in force, that one counts: a calendar always has an answer.
        """
        versions = self.versions.order_by("-valid_from", "-number")
        return versions.filter(valid_from__lte=at or timezone.now()).first() or versions.earliest("number")


class CalendarVersion(Identified):
    """The hours of a calendar as they were decided once. Never changed: promises rest on it."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    zone = models.CharField(_("time zone"), max_length=60)
    # As `workingtime.specification` describes it, statutory days written out.
    definition = models.JSONField()
    valid_from = models.DateTimeField(_("valid from"))
    note = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("calendar version")
        verbose_name_plural = _("calendar versions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["calendar", "number"], name="clock_version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="clock_version_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} · {self.number}"

    def working_calendar(self) -> WorkingCalendar:
        """Return the calendar to reckon with; one object for the whole process, since a version never
        changes.
        """
        if self.pk not in _working_calendars:
            _working_calendars[self.pk] = WorkingCalendar.from_spec(self.definition)
        return _working_calendars[self.pk]


class Deadline(Identified):
    """A promise: something done about a subject before `due_at`.

    `used` is what had passed of `amount` when the clock last began to run, at `counted_from`. While paused,
    `due_at` is what it was before. A promise once missed stays missed; `finished_at` then says when it was
    done after all. Whom it is escalated to, and when, it keeps itself: see `ladders`.
    """

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("promise", "Running")
        PAUSED = "paused", pgettext_lazy("promise", "Paused")
        MET = "met", pgettext_lazy("promise", "Met")
        MISSED = "missed", pgettext_lazy("promise", "Missed")
        CANCELLED = "cancelled", pgettext_lazy("promise", "Cancelled")

    OPEN_STATES: ClassVar = (State.RUNNING, State.PAUSED)

    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    responsible = models.ForeignKey(Person, models.PROTECT, null=True, related_name="deadlines")
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, null=True, related_name="deadlines")
    amount = models.DurationField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    used = models.DurationField(default=timedelta)
    counted_from = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    warnings = models.PositiveSmallIntegerField(default=0)
    # Who is told and when, as `ladders` describes it, copied when the promise was made; null: as its kind warns.
    ladder: models.JSONField[list[dict[str, Any]] | None, list[dict[str, Any]] | None] = models.JSONField(null=True)
    # How many of the ladder's rungs at and after the miss were climbed.
    escalations = models.PositiveSmallIntegerField(default=0)
    # How often it was moved: a warning or a miss happens once a round.
    round = models.PositiveSmallIntegerField(default=0)
    # When `fire_due` has to see to it next; null when it has not.
    look_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=timedelta()), name="clock_deadline_amount_positive"),
            models.CheckConstraint(condition=Q(used__gte=timedelta()), name="clock_deadline_used_not_negative"),
            models.CheckConstraint(condition=Q(due_at__gte=F("started_at")), name="clock_deadline_due_after_start"),
            models.CheckConstraint(
                condition=Q(state="paused", paused_at__isnull=False) | ~Q(state="paused") & Q(paused_at__isnull=True),
                name="clock_deadline_paused_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="missed", missed_at__isnull=False) | ~Q(state="missed") & Q(missed_at__isnull=True),
                name="clock_deadline_missed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["met", "cancelled"], finished_at__isnull=False)
                | Q(state__in=["running", "paused"], finished_at__isnull=True)
                | Q(state="missed"),
                name="clock_deadline_finished_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="running", look_at__isnull=False)
                | Q(state="missed", finished_at__isnull=True)
                | ~Q(state="running") & Q(look_at__isnull=True),
                name="clock_deadline_looked_at_while_it_matters",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["look_at"], name="clock_deadline_to_look_at", condition=Q(look_at__isnull=False)),
            models.Index(fields=["subject_type", "subject_id"], name="clock_deadline_by_subject"),
            models.Index(
                fields=["responsible", "due_at", "id"],
                name="clock_deadline_todo_of_person",
                condition=Q(finished_at__isnull=True),
            ),
            models.Index(fields=["kind", "due_at"], name="clock_deadline_by_kind"),
            models.Index(
                fields=["kind", "finished_at"], name="clock_deadline_by_end", condition=Q(finished_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("clock:deadline", kwargs={"deadline_id": self.pk})

    @property
    def subject(self) -> Subject:
        return Subject(self.subject_type, self.subject_id)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def working_calendar(self) -> WorkingCalendar | None:
        """Return the calendar it is reckoned in; None for a promise in elapsed time."""
        return self.calendar_version.working_calendar() if self.calendar_version else None

    def time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much of this promise's time lies between two moments."""
        calendar = self.working_calendar
        return calendar.working_time_between(start, end) if calendar else end - start

    def time_after(self, start: datetime, amount: timedelta) -> datetime:
        """Return when that much of this promise's time has passed since a moment."""
        calendar = self.working_calendar
        return calendar.add_working_time(start, amount) if calendar else start + amount

    def used_by(self, at: datetime) -> timedelta:
        """Return how much of the amount is used up at a moment."""
        if self.state != self.State.RUNNING:
            return self.used
        return self.used + max(self.time_between(self.counted_from, at), timedelta())


class DeadlineEvent(models.Model):
    """One thing that happened to a promise, with its reason and the facts as they were. Append-only."""

    class What(models.TextChoices):
        STARTED = "started", pgettext_lazy("promise", "Started")
        PAUSED = "paused", pgettext_lazy("promise", "Paused")
        RESUMED = "resumed", pgettext_lazy("promise", "Resumed")
        WARNED = "warned", pgettext_lazy("promise", "Warned")
        MISSED = "missed", pgettext_lazy("promise", "Missed")
        ESCALATED = "escalated", pgettext_lazy("promise", "Escalated")
        MET = "met", pgettext_lazy("promise", "Met")
        FINISHED_LATE = "finished-late", pgettext_lazy("promise", "Done late")
        CANCELLED = "cancelled", pgettext_lazy("promise", "Cancelled")
        MOVED = "moved", pgettext_lazy("promise", "Moved")
        RULE_CHANGED = "rule-changed", pgettext_lazy("promise", "Moved to another rule")
        REASSIGNED = "reassigned", pgettext_lazy("promise", "Given to somebody else")
        CARRIED_OVER = "carried-over", pgettext_lazy("promise", "Carried over")

    id = models.BigAutoField(primary_key=True)
    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="events")
    what = models.CharField(max_length=20, choices=What)
    # When it holds from, and when it was written down.
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=100)
    actor_label = models.CharField(max_length=200)
    # What used up how much, what was due when: enough to tell the story again without reckoning anew.
    facts = models.JSONField(default=dict)
    round = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("promise event")
        verbose_name_plural = _("promise events")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["deadline", "what", "round", "step"],
                condition=Q(what__in=["started", "warned", "missed", "escalated", "met", "finished-late", "cancelled"]),
                name="clock_event_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["deadline", "id"], name="clock_event_of_deadline")]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"


class Duty(Identified, Named):
    """Something somebody has to do every day, week, month or quarter; each time is an occurrence with a
    promise.

    Or again and again: so long after it was done last (`every` so many of `unit`). Then there is always one
    occurrence to do, and doing it begins the next.
    """

    class Frequency(models.TextChoices):
        DAILY = "daily", _("Every working day")
        WEEKLY = "weekly", _("Every week")
        MONTHLY = "monthly", _("Every month")
        QUARTERLY = "quarterly", _("Every quarter")
        AGAIN = "again", _("Some time after the last")

    class Unit(models.TextChoices):
        DAYS = "days", _("days")
        WEEKS = "weeks", _("weeks")
        MONTHS = "months", _("months")

    description = models.TextField(_("what to do"), blank=True, max_length=2000)
    calendar = models.ForeignKey(Calendar, models.PROTECT, verbose_name=_("calendar"))
    frequency = models.CharField(_("how often"), max_length=10, choices=Frequency)
    # Weekly: 1 Monday to 7 Sunday. Monthly: day of the month. Quarterly: day of the quarter's first month.
    day = models.PositiveSmallIntegerField(
        _("on day"), default=1, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    # Again: how long after the last time.
    every = models.PositiveSmallIntegerField(null=True, editable=False)
    unit = models.CharField(max_length=6, choices=Unit, blank=True, editable=False)
    due_time = models.TimeField(_("done by"))
    responsible = models.ForeignKey(Person, models.PROTECT, related_name="duties", verbose_name=_("responsible"))
    deputy = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="deputy_duties", verbose_name=_("deputy")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    # Where it is done, for a duty that is more than saying so; done there, it is marked by whoever made the duty.
    page = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(day__range=(1, 28)), name="clock_duty_day_in_range"),
            models.CheckConstraint(
                condition=~Q(frequency="weekly") | Q(day__lte=7), name="clock_duty_weekday_in_range"
            ),
            models.CheckConstraint(
                condition=Q(frequency="again", every__gte=1) & ~Q(unit="")
                | ~Q(frequency="again") & Q(every__isnull=True, unit=""),
                name="clock_duty_again_says_when",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="clock_duty_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("responsible")),
                name="clock_duty_deputy_is_another",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("clock:duty", kwargs={"duty_id": self.pk})

    @property
    def is_again(self) -> bool:
        """Return whether it falls due so long after it was done last."""
        return self.frequency == self.Frequency.AGAIN

    @property
    def how_often(self) -> str:
        """Return how often it is to be done, in words."""
        if not self.is_again:
            return str(self.get_frequency_display())
        number = self.every or 0
        words = {
            self.Unit.DAYS: npgettext("rhythm", "Every day", "Every %(number)d days", number),
            self.Unit.WEEKS: npgettext("rhythm", "Every week", "Every %(number)d weeks", number),
            self.Unit.MONTHS: npgettext("rhythm", "Every month", "Every %(number)d months", number),
        }
        return words[self.Unit(self.unit)] % {"number": number}

    def is_running_on(self, day: date) -> bool:
        """Return whether the duty holds on a day, the first and the last included."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class DutyOccurrence(Identified):
    """One time a duty is to be done. Its promise says by when, and whether it was.

    `day` is the day it is due; of what is done again and again the day it counts from.
    """

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="occurrences")
    day = models.DateField()
    deadline = models.OneToOneField(Deadline, models.PROTECT, related_name="occurrence")
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    note = models.TextField(_("note"), blank=True, max_length=2000)

    class Meta:
        verbose_name = _("duty occurrence")
        verbose_name_plural = _("duty occurrences")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["duty", "day"], name="clock_duty_once_a_day"),
        ]
        indexes: ClassVar = [models.Index(fields=["-day", "-id"], name="clock_occurrence_newest_first")]

    def __str__(self) -> str:
        return f"{self.duty} {self.day}"
