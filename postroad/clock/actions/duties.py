"""Duties: what has to be done again and again, and that it was done."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.clock.actions import deadlines
from postroad.clock.actions.deadlines import CLOCK, NewDeadline
from postroad.clock.events import Event
from postroad.clock.models import CalendarVersion, Deadline, Duty, DutyOccurrence
from postroad.clock.schedule import due_after, is_due_on
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, Subject
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.ids import new_id

DUTY_KIND = "clock.duty"
LAST_DAY = 28
_DAYS_OF_A_WEEK = 7
_CATCH_UP = timedelta(days=7)
_AT_ONCE = timedelta(days=1)
MOST_OF: dict[str, int] = {Duty.Unit.DAYS: 366, Duty.Unit.WEEKS: 53, Duty.Unit.MONTHS: 12}


@transaction.atomic
def create_duty(*, actor: Actor, **values: Any) -> Duty:
    """Create a duty; its occurrences appear on their days. Raises Invalid for values that do not fit together.

    What is done again and again counts from now, or from the start of the day `starts_on`, if that is another one.
    """
    duty = Duty(**values)
    _check(duty)
    duty.save(force_insert=True)
    record(Event.DUTY_CREATED, actor=actor, subject=duty, data={"frequency": duty.frequency})
    if duty.is_again:
        _begin_again(duty, since=_moment_of_start(duty))
    return duty


@transaction.atomic
def update_duty(*, duty: Duty, actor: Actor, **values: Any) -> Duty:
    """Change a duty. Occurrences that exist already stay as they are, but go to a new responsible person.

    The one of what is done again and again moves with a change of how often, and is dropped when the duty ends.
    """
    duty = Duty.objects.select_for_update(no_key=True, of=("self",)).get(pk=duty.pk)
    changed = [field for field, value in values.items() if getattr(duty, field) != value]
    for field in changed:
        setattr(duty, field, values[field])
    if not changed:
        return duty
    _check(duty)
    duty.save(update_fields=changed)
    record(Event.DUTY_CHANGED, actor=actor, subject=duty, data={"fields": ", ".join(changed)})
    if "responsible" in changed:
        waiting = Deadline.objects.filter(occurrence__duty=duty, finished_at=None).values_list("pk", flat=True)
        deadlines.reassign(list(waiting), responsible=duty.responsible, actor=actor)
    if duty.is_again:
        _follow_change(duty, changed, actor=actor)
    return duty


@transaction.atomic
def open_duties(*, now: datetime | None = None) -> int:
    """Make the occurrences of today, and of up to a week back if nobody did; return how many."""
    moment = now or timezone.now()
    # One opener at a time: two would both find an occurrence missing.
    duties = list(Duty.objects.select_for_update(no_key=True, of=("self",)).select_related("calendar", "responsible"))
    calendars = {duty.calendar_id: duty.calendar for duty in duties}
    versions = {key: calendar.current_version(moment) for key, calendar in calendars.items()}
    wanted = [(duty, day) for duty in duties for day in _days_until_today(duty, versions[duty.calendar_id], moment)]
    recent = DutyOccurrence.objects.filter(day__in={day for _duty, day in wanted})
    known = set(recent.values_list("duty_id", "day"))
    missing = [(duty, day) for duty, day in wanted if (duty.pk, day) not in known]
    occurrences = [DutyOccurrence(id=new_id(), duty=duty, day=day) for duty, day in missing]
    started = deadlines.start_deadlines(
        [_promise(occurrence, versions[occurrence.duty.calendar_id]) for occurrence in occurrences], actor=CLOCK
    )
    for occurrence, deadline in zip(occurrences, started, strict=True):
        occurrence.deadline = deadline
    DutyOccurrence.objects.bulk_create(occurrences)
    return len(occurrences)


@transaction.atomic
def complete_duty(
    *, occurrence: DutyOccurrence, person: Person, note: str = "", at: datetime | None = None
) -> DutyOccurrence:
    """Say that a duty was done, now or at a moment before. Raises Conflict if somebody has said so already.

    What is done again and again begins anew from that moment; on the day it counts from, doing it changes nothing
    (Conflict).
    """
    occurrence = (
        DutyOccurrence.objects.select_for_update(no_key=True, of=("self",))
        .select_related("duty__calendar", "duty__responsible", "deadline")
        .get(pk=occurrence.pk)
    )
    actor, moment = person.as_actor(), at or timezone.now()
    if occurrence.duty.is_again and not renews(occurrence, moment):
        raise Conflict(_("This counts from the same day or a later one already."))
    if not deadlines.meet([occurrence.deadline_id], at=moment, reason="", actor=actor):
        raise Conflict(_("This has been marked as done already."))
    occurrence.done_by, occurrence.note = person, note
    occurrence.save(update_fields=["done_by", "note"])
    record(Event.DUTY_DONE, actor=actor, subject=occurrence.duty, data={"day": occurrence.day.isoformat()})
    if occurrence.duty.is_again and occurrence.duty.is_running_on(today()):
        _begin_again(occurrence.duty, since=moment)
    return occurrence


def renews(occurrence: DutyOccurrence, at: datetime) -> bool:
    """Tell whether something done at a moment makes what is done again and again count from another day."""
    return at >= occurrence.deadline.started_at and timezone.localdate(at) > occurrence.day


def _begin_again(duty: Duty, *, since: datetime) -> None:
    occurrence = DutyOccurrence(id=new_id(), duty=duty, day=timezone.localdate(since))
    [occurrence.deadline] = deadlines.start_deadlines(
        [
            NewDeadline(
                kind=DUTY_KIND,
                subject=Subject("clock.dutyoccurrence", str(occurrence.pk)),
                title=duty.name,
                amount=_due_again(duty, since) - since,
                started_at=since,
                responsible=duty.responsible,
                url=duty.page or duty.get_absolute_url(),
            )
        ],
        actor=CLOCK,
    )
    occurrence.save(force_insert=True)


def _due_again(duty: Duty, since: datetime) -> datetime:
    calendar = duty.calendar.current_version().working_calendar()
    assert duty.every
    day = due_after(since.astimezone(calendar.zone).date(), every=duty.every, unit=duty.unit, calendar=calendar)
    return datetime.combine(day, duty.due_time, tzinfo=calendar.zone)


def _moment_of_start(duty: Duty) -> datetime:
    if duty.starts_on == today():
        return timezone.now()
    return timezone.make_aware(datetime.combine(duty.starts_on, time()))


def _follow_change(duty: Duty, changed: list[str], *, actor: Actor) -> None:
    waiting = DutyOccurrence.objects.filter(duty=duty, deadline__finished_at=None).select_related("deadline").first()
    if waiting is None:
        return
    now, deadline = timezone.now(), waiting.deadline
    if duty.ends_on is not None and duty.ends_on <= today():
        deadlines.cancel([deadline.pk], at=now, reason=_("The duty has ended."), actor=actor)
    elif {"every", "unit", "due_time"} & set(changed) and deadline.state == Deadline.State.RUNNING:
        # What would be overdue by the new rhythm is due at once, but not before somebody can do it.
        due_at = max(_due_again(duty, deadline.started_at), now + _AT_ONCE)
        deadlines.move(deadline, due_at=due_at, at=now, reason=duty.how_often, actor=actor)


def _check(duty: Duty) -> None:
    if not 1 <= duty.day <= LAST_DAY:
        raise Invalid({"day": _("Choose a day from 1 to 28: every month has it.")})
    if duty.frequency == Duty.Frequency.WEEKLY and duty.day > _DAYS_OF_A_WEEK:
        raise Invalid({"day": _("A week has the days 1 (Monday) to 7 (Sunday).")})
    if duty.is_again and not (duty.unit and duty.every and 1 <= duty.every <= MOST_OF[duty.unit]):
        raise Invalid({"every": _("Choose a rhythm between a day and a year.")})
    if duty.ends_on and duty.ends_on < duty.starts_on:
        raise Invalid({"ends_on": _("The end lies before the beginning.")})
    if duty.deputy_id and duty.deputy_id == duty.responsible_id:
        raise Invalid({"deputy": _("The deputy has to be somebody else.")})
    week = duty.calendar.current_version().working_calendar().week
    opening = min((hours[0][0] for hours in week if hours), default=0)
    if timedelta(hours=duty.due_time.hour, minutes=duty.due_time.minute) <= timedelta(microseconds=opening):
        raise Invalid({"due_time": _("This is before opening: nobody could do it in working time.")})


def _days_until_today(duty: Duty, version: CalendarVersion, now: datetime) -> list[date]:
    calendar = version.working_calendar()
    last = now.astimezone(calendar.zone).date()
    days = [last - timedelta(days=back) for back in range(_CATCH_UP.days, -1, -1)]
    return [day for day in days if duty.is_running_on(day) and is_due_on(duty, day, calendar)]


def _promise(occurrence: DutyOccurrence, version: CalendarVersion) -> NewDeadline:
    """Return the promise of one occurrence: from the day's opening to the time it is to be done by.

    A day that opens only after that time has until it closes.
    """
    duty, calendar = occurrence.duty, version.working_calendar()
    midnight = datetime.combine(occurrence.day, time(), tzinfo=calendar.zone)
    done_by = datetime.combine(occurrence.day, duty.due_time, tzinfo=calendar.zone)
    end_of_day = datetime.combine(occurrence.day + timedelta(days=1), time(), tzinfo=calendar.zone)
    amount = calendar.working_time_between(midnight, done_by)
    amount = amount or calendar.working_time_between(midnight, end_of_day)
    return NewDeadline(
        kind=DUTY_KIND,
        subject=Subject("clock.dutyoccurrence", str(occurrence.pk)),
        title=duty.name,
        amount=amount,
        started_at=midnight,
        calendar_version=version,
        responsible=duty.responsible,
        url=duty.get_absolute_url(),
    )
