"""What keeps requests moving: reminders, escalation, and approvals that wait for somebody who left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals.actions.steps import APPROVALS, about, add_people, locked_request, tell_pages
from postroad.approvals.approvers import escalation_for, successor_of
from postroad.approvals.definition import Mode
from postroad.approvals.events import Event
from postroad.approvals.jobs import Job
from postroad.approvals.models import Assignment, Step
from postroad.approvals.queries import open_step
from postroad.clock.models import Deadline
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict
from postroad.platform.jobs import enqueue

BATCH = 100


@transaction.atomic
def remind(*, request_id: UUID, actor: Actor) -> Step:
    """Write to those who have not decided yet. Raises Conflict if nothing waits, or within an hour of the last one."""
    request = locked_request(request_id)
    step = open_step(request)
    if step is None:
        raise Conflict(_("This request is not waiting for anybody."))
    step.request = request
    if step.can_be_reminded_at and timezone.now() < step.can_be_reminded_at:
        local = timezone.localtime(step.can_be_reminded_at)
        raise Conflict(_("They were reminded a short while ago. Next time from %(time)s.") % {"time": f"{local:%H:%M}"})
    _remind(step, actor=actor)
    return step


def remind_due(*, now: datetime | None = None) -> int:
    """Remind of every step whose time for it has come; returns how many. Two workers at once do no harm."""
    moment, reminded = now or timezone.now(), 0
    while count := _remind_batch(moment):
        reminded += count
    return reminded


@transaction.atomic
def _remind_batch(now: datetime) -> int:
    due = (
        Step.objects.filter(state=Step.State.OPEN, remind_at__lte=now)
        .select_related("request")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("remind_at")[:BATCH]
    )
    steps = list(due)
    for step in steps:
        _remind(step, actor=APPROVALS)
    return len(steps)


def _remind(step: Step, *, actor: Actor) -> None:
    step.remind_at, step.reminded_at, step.reminders = None, timezone.now(), step.reminders + 1
    step.save(update_fields=["remind_at", "reminded_at", "reminders"])
    record(Event.STEP_REMINDED, actor=actor, subject=step.request, data=about(step))
    enqueue(Job.ASK_APPROVERS, step_id=str(step.pk))
    tell_pages(step.request, _waiting_people(step))


def on_overdue(_deadlines: Sequence[Deadline]) -> None:
    """The promise of a step was missed. A job of its own escalates: it has to lock the request first."""
    enqueue(Job.ESCALATE, once=True)


def escalate() -> int:
    """Put every step that was not decided in time to whom its flow names for that; returns how many.

    Whoever it goes to decides the step alone; those asked before still may.
    """
    overdue = Step.objects.filter(
        state=Step.State.OPEN, deadline__state=Deadline.State.MISSED, escalated_at=None
    ).values_list("pk", "request_id")
    return sum(_escalate(step_id, request_id) for step_id, request_id in list(overdue))


@transaction.atomic
def _escalate(step_id: UUID, request_id: UUID) -> bool:
    request = locked_request(request_id)
    step = request.steps.filter(pk=step_id, state=Step.State.OPEN, escalated_at=None).first()
    if step is None:
        return False
    step.request, step.escalated_at = request, timezone.now()
    step.save(update_fields=["escalated_at"])
    rule = step.definition.escalate_to
    asked = [assignment.person for assignment in step.assignments.select_related("person")]
    found = escalation_for(rule, applicant=request.applicant, payload=request.payload, asked=asked) if rule else []
    if found:
        record(Event.STEP_ESCALATED, actor=APPROVALS, subject=request, data=about(step, count=len(found)))
        add_people(
            step,
            [Assignment(step=step, person=new.person, because=new.because, decisive=True) for new in found],
        )
    else:
        record(Event.STEP_OVERDUE, actor=APPROVALS, subject=request, data=about(step))
        tell_pages(request, [request.applicant, *asked])
    return True


def move_leavers() -> int:
    """Give what waits for people who left, or whose account was closed, to others; returns how many moved."""
    gone = Q(person__left_on__lt=today()) | Q(person__account__is_active=False)
    waiting = Assignment.objects.filter(gone, state=Assignment.State.WAITING)
    return sum(_move(pk, request_id) for pk, request_id in list(waiting.values_list("pk", "step__request_id")))


@transaction.atomic
def _move(assignment_id: UUID, request_id: UUID) -> bool:
    request = locked_request(request_id)
    assignment = (
        Assignment.objects.filter(pk=assignment_id, state=Assignment.State.WAITING)
        .select_related("step", "person__department")
        .first()
    )
    if assignment is None:
        return False
    step = assignment.step
    step.request = request
    if _is_enough_without(assignment):
        assignment.state = Assignment.State.NOT_NEEDED
        assignment.save(update_fields=["state"])
        return False
    asked = [other.person for other in step.assignments.select_related("person")]
    successor = successor_of(
        assignment.person, step.definition, applicant=request.applicant, payload=request.payload, asked=asked
    )
    if successor is None:
        _strand(assignment)
        return False
    assignment.state = Assignment.State.MOVED
    assignment.save(update_fields=["state"])
    moved = {"person": {"before": str(assignment.person_id), "after": str(successor.person.pk)}}
    record(Event.ASSIGNMENT_MOVED, actor=APPROVALS, subject=request, data=about(step, **moved))
    new = Assignment(
        step=step,
        person=successor.person,
        because=successor.because,
        instead_of=assignment.person,
        decisive=assignment.decisive,
    )
    add_people(step, [new])
    return True


def _is_enough_without(assignment: Assignment) -> bool:
    """Whether the step can still be approved by those others who have approved or are asked."""
    step = assignment.step
    if step.mode == Mode.ALL and not assignment.decisive:
        return False
    counted = [Assignment.State.WAITING, Assignment.State.APPROVED]
    gone = Q(person__left_on__lt=today()) | Q(person__account__is_active=False)
    others = step.assignments.filter(state__in=counted).exclude(pk=assignment.pk)
    return others.exclude(gone, state=Assignment.State.WAITING).count() >= step.needed


def _strand(assignment: Assignment) -> None:
    if assignment.stranded_at:
        return
    assignment.stranded_at = timezone.now()
    assignment.save(update_fields=["stranded_at"])
    request = assignment.step.request
    record(Event.ASSIGNMENT_STRANDED, actor=APPROVALS, subject=request, data=about(assignment.step))
    tell_pages(request, [request.applicant])


def _waiting_people(step: Step) -> list[Person]:
    waiting = step.assignments.filter(state=Assignment.State.WAITING).select_related("person")
    return [assignment.person for assignment in waiting]
