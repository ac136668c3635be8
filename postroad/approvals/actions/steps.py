"""How a request moves: open a step, take a verdict, close it, go on to the next or to the end.

All of it runs inside the caller's transaction, with the request's row locked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.approvals.approvers import NobodyLeftError, Panel, delegates_of, panel_for
from postroad.approvals.counting import Verdict, Voice, outcome
from postroad.approvals.definition import Mode, StepDefinition
from postroad.approvals.events import Event
from postroad.approvals.jobs import Job
from postroad.approvals.models import Assignment, Request, Step
from postroad.approvals.registry import effect_of
from postroad.clock.actions import NewDeadline, cancel, meet, start_deadline
from postroad.clock.models import Calendar, CalendarVersion, Deadline
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.ledger.canonical import Json
from postroad.org.models import Person
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, DomainError
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

log = logging.getLogger(__name__)

DEADLINE_KIND = "approvals.step"
COMPANY_CALENDAR = "company"
APPROVALS = Actor.system("approvals")
_CLOSING_EVENTS = {
    Request.State.APPROVED: Event.REQUEST_APPROVED,
    Request.State.REJECTED: Event.REQUEST_REJECTED,
    Request.State.RETURNED: Event.REQUEST_RETURNED,
    Request.State.WITHDRAWN: Event.REQUEST_WITHDRAWN,
}


def locked_request(request_id: UUID) -> Request:
    """The request, its row locked until the transaction ends. Every change of a request starts with this."""
    return (
        Request.objects.select_for_update(no_key=True, of=("self",))
        .select_related("applicant__department", "flow_version__flow")
        .get(pk=request_id)
    )


def advance(request: Request, *, position: int, previous: Step | None, actor: Actor, at: datetime) -> None:
    """Open the step at `position`, and the ones after it while the step before has decided them already.

    Behind the last step the request is approved and takes effect. Raises Conflict where nobody could decide a step.
    """
    for number in range(position, len(request.flow_version.parsed.steps)):
        step = _open(request, position=number, previous=previous, at=at)
        if not settle(step, actor=actor, at=at):
            enqueue(Job.ASK_APPROVERS, step_id=str(step.pk))
            return
        previous = step
    close_request(request, Request.State.APPROVED, actor=actor, at=at)


def settle(step: Step, *, actor: Actor, at: datetime) -> Verdict | None:
    """Close the step if what has been said decides it; returns what it came to."""
    voices = [
        Voice(assignment.said, decisive=assignment.decisive)
        for assignment in step.assignments.exclude(state=Assignment.State.MOVED)
    ]
    verdict = outcome(Mode(step.mode), step.needed, voices)
    if verdict:
        close_step(step, Step.State(verdict.value), actor=actor, at=at)
    return verdict


def close_step(step: Step, state: Step.State, *, actor: Actor, at: datetime) -> None:
    """End a step: whoever has not said anything is no longer needed, its promise is met, or cancelled."""
    waiting = step.assignments.filter(state=Assignment.State.WAITING)
    told = [assignment.person for assignment in waiting.select_related("person")]
    waiting.update(state=Assignment.State.NOT_NEEDED)
    step.state, step.closed_at, step.remind_at = state, at, None
    step.save(update_fields=["state", "closed_at", "remind_at"])
    if step.deadline_id:
        end = cancel if state == Step.State.WITHDRAWN else meet
        end([step.deadline_id], at=at, reason=str(state.label), actor=actor)
    tell_pages(step.request, told)


def close_request(request: Request, state: Request.State, *, actor: Actor, at: datetime) -> None:
    """Give the request its last word (or return it), with its effect: both or neither.

    Raises what the effect raises as a domain error, Conflict for any other failure of it.
    """
    request.state = state
    request.closed_at = None if state == Request.State.RETURNED else at
    request.save(update_fields=["state", "closed_at"])
    record(_CLOSING_EVENTS[state], actor=actor, subject=request, data={"kind": request.kind})
    _take_effect(request, actor=actor)
    if state != Request.State.WITHDRAWN:
        enqueue(Job.TELL_APPLICANT, request_id=str(request.pk))
    tell_pages(request, [request.applicant])


def add_people(step: Step, assignments: Iterable[Assignment]) -> None:
    """Ask further people in an open step."""
    added = Assignment.objects.bulk_create(assignments)
    enqueue(Job.ASK_APPROVERS, step_id=str(step.pk))
    tell_pages(step.request, [assignment.person for assignment in added])


def about(step: Step, **more: Json) -> dict[str, Json]:
    """What the ledger says of a step."""
    return {"step": str(step.pk), "position": step.number, "name": step.name, **more}


def tell_pages(request: Request, people: Iterable[Person]) -> None:
    """Let open pages of the request, and My work of these people and their delegates, renew themselves."""
    people = list(people)
    everybody = {person.pk for person in people}
    everybody.update(delegate.pk for several in delegates_of(people).values() for delegate in several)
    publish(request.live_topic, *(f"work.{person_id}" for person_id in sorted(everybody)))


def company_calendar() -> CalendarVersion | None:
    """The working hours by which steps are due; None where the company has not entered any: time then just runs."""
    calendar = Calendar.objects.filter(key=COMPANY_CALENDAR).first()
    return calendar.current_version() if calendar else None


def _open(request: Request, *, position: int, previous: Step | None, at: datetime) -> Step:
    steps = request.flow_version.parsed.steps
    definition = steps[position]
    try:
        panel = panel_for(
            definition,
            applicant=request.applicant,
            payload=request.payload,
            later=steps[position + 1 :],
            spoken=_spoken_in(request),
        )
    except NobodyLeftError as nobody:
        raise Conflict(nobody.message) from nobody
    step = Step(
        request=request,
        round=request.round,
        position=position,
        name=definition.name,
        name_en=definition.name_en,
        mode=definition.mode,
        needed=panel.needed,
        opened_at=at,
    )
    _promise(step, definition, panel=panel)
    step.save(force_insert=True)
    _assign(step, panel, spoken=_approved_by(previous), at=at)
    record(Event.STEP_OPENED, actor=APPROVALS, subject=request, data=about(step, count=len(panel.approvers)))
    tell_pages(request, [approver.person for approver in panel.approvers])
    return step


def _promise(step: Step, definition: StepDefinition, *, panel: Panel) -> None:
    """Make the promise that the step is decided in time, and set when to remind of it."""
    if definition.due is None:
        return
    version = company_calendar()
    alone = panel.approvers[0].person if len(panel.approvers) == 1 else None
    step.deadline = start_deadline(
        NewDeadline(
            kind=DEADLINE_KIND,
            subject=subject_of(step.request),
            title=f"{step.request.title} · {step.name}",
            amount=definition.due,
            started_at=step.opened_at,
            calendar_version=version,
            responsible=alone,
            url=step.request.get_absolute_url(),
        ),
        actor=APPROVALS,
    )
    if definition.remind:
        step.remind_at = _after(step.deadline, definition.remind)


def _after(deadline: Deadline, amount: timedelta) -> datetime:
    return deadline.time_after(deadline.started_at, amount)


def _spoken_in(request: Request) -> list[Person]:
    """Who approved an earlier step of this round."""
    approved = Assignment.objects.filter(
        step__request=request, step__round=request.round, state=Assignment.State.APPROVED, decided_by__isnull=False
    )
    return list(Person.objects.filter(pk__in=approved.values("decided_by")))


def _approved_by(step: Step | None) -> set[UUID | None]:
    """Who approved in a step, in person."""
    if step is None:
        return set()
    return set(step.assignments.filter(state=Assignment.State.APPROVED).values_list("decided_by", flat=True))


def _assign(step: Step, panel: Panel, *, spoken: set[UUID | None], at: datetime) -> None:
    """Ask everybody; whoever approved in the step right before has said what there is to say."""
    assignments = []
    for approver in panel.approvers:
        assignment = Assignment(
            step=step,
            person=approver.person,
            because=approver.because,
            instead_of=approver.instead_of,
            assigned_at=at,
        )
        if approver.person.pk in spoken:
            assignment.state, assignment.via = Assignment.State.APPROVED, Assignment.Via.CARRIED
            assignment.decided_by, assignment.decided_at = approver.person, at
        assignments.append(assignment)
    Assignment.objects.bulk_create(assignments)
    carried = [assignment.person for assignment in assignments if assignment.via == Assignment.Via.CARRIED]
    record_many([NewEntry(Event.STEP_CARRIED, person.as_actor(), step.request, about(step)) for person in carried])


def _take_effect(request: Request, *, actor: Actor) -> None:
    kind = effect_of(request.kind)
    effect = kind.on_approved if request.state == Request.State.APPROVED else kind.on_closed
    if effect is None or not request.is_closed:
        return
    try:
        effect(request, actor)
    except DomainError:
        raise
    except Exception as error:
        log.exception("the effect %s of request %s failed", request.kind, request.pk)
        raise Conflict(_("This could not take effect, so nothing was decided: %(error)s") % {"error": error}) from error
