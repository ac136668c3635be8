"""The approver's side: approve, reject, return for changes. The last approval and its effect are one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals.actions.steps import about, advance, close_request, locked_request, settle
from postroad.approvals.approvers import active_people
from postroad.approvals.counting import Verdict
from postroad.approvals.events import Event
from postroad.approvals.models import CONCERNS, LONGEST_COMMENT, Assignment, Request, Step
from postroad.approvals.permissions import decidable_by
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.org.models import Person
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid, NotFound, Refused

_EVENTS = {
    Verdict.APPROVED: Event.STEP_APPROVED,
    Verdict.REJECTED: Event.STEP_REJECTED,
    Verdict.RETURNED: Event.STEP_RETURNED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one person says in one step."""

    step_id: UUID
    person: Person
    verdict: Verdict
    comment: str = ""
    via: Assignment.Via = Assignment.Via.PAGE


def approve(*, step_id: UUID, person: Person, actor: Actor, comment: str = "") -> Request:
    """Approve; behind the last step the request takes effect in the same transaction. Raises as `decide` does."""
    return decide(Decision(step_id=step_id, person=person, verdict=Verdict.APPROVED, comment=comment), actor=actor)


def reject(*, step_id: UUID, person: Person, actor: Actor, comment: str) -> Request:
    """Reject, with the reason. Raises as `decide` does."""
    return decide(Decision(step_id=step_id, person=person, verdict=Verdict.REJECTED, comment=comment), actor=actor)


def return_for_changes(*, step_id: UUID, person: Person, actor: Actor, comment: str) -> Request:
    """Give the request back to its applicant, saying what to change. Raises as `decide` does."""
    return decide(Decision(step_id=step_id, person=person, verdict=Verdict.RETURNED, comment=comment), actor=actor)


@transaction.atomic
def decide(decision: Decision, *, actor: Actor) -> Request:
    """Write down what a person says in the step they looked at, for themselves or for whom they stand in.

    Raises Conflict if the step is decided already or the effect fails, Refused if the person was not asked or it is
    their own request, Invalid where a reason is missing. Then nothing is changed.
    """
    _require_comment(decision)
    request_id = Step.objects.filter(pk=decision.step_id).values_list("request_id", flat=True).first()
    if request_id is None:
        raise NotFound(_("There is nothing here."))
    request = locked_request(request_id)
    step = request.steps.get(pk=decision.step_id)
    step.request = request
    assignment = _assignment(step, decision.person)
    now = timezone.now()
    assignment.state = Assignment.State(decision.verdict.value)
    assignment.decided_by, assignment.decided_at = decision.person, now
    assignment.via, assignment.comment = decision.via, decision.comment.strip()
    assignment.save(update_fields=["state", "decided_by", "decided_at", "via", "comment"])
    record(_EVENTS[decision.verdict], actor=actor, subject=request, data=_evidence(step, assignment))
    _go_on(request, step, verdict=settle(step, actor=actor, at=now), actor=actor)
    return request


def _go_on(request: Request, step: Step, *, verdict: Verdict | None, actor: Actor) -> None:
    if verdict is None or step.closed_at is None:
        return
    if verdict == Verdict.APPROVED:
        advance(request, position=step.position + 1, previous=step, actor=actor, at=step.closed_at)
    else:
        close_request(request, Request.State(verdict.value), actor=actor, at=step.closed_at)


def _assignment(step: Step, person: Person) -> Assignment:
    """The one that this person may decide: their own before one they stand in for."""
    if step.state != Step.State.OPEN:
        raise Conflict(_already_decided(step))
    if step.request.applicant_id == person.pk:
        raise Refused(_("Nobody decides a request of their own."))
    if str(person.pk) in step.request.payload.get(CONCERNS, ()):
        raise Refused(_("This request gives something to you, so others decide it."))
    if not active_people().filter(pk=person.pk).exists():
        raise Refused(_("Only people who work here decide requests."))
    if step.assignments.filter(decided_by=person).exists():
        raise Conflict(_("You have decided this step already."))
    found = sorted(decidable_by(person).filter(step=step), key=lambda found: found.person_id != person.pk)
    if not found:
        raise Refused(_("You are not asked to decide this step."))
    return found[0]


def _already_decided(step: Step) -> str:
    last = step.assignments.filter(decided_by__isnull=False).select_related("decided_by").order_by("decided_at").last()
    if step.state == Step.State.WITHDRAWN or last is None:
        return _("The applicant has withdrawn this request meanwhile.")
    return _("%(person)s has decided this step already: %(state)s.") % {
        "person": last.decided_by,
        "state": step.get_state_display(),
    }


def _require_comment(decision: Decision) -> None:
    comment = decision.comment.strip()
    if decision.verdict != Verdict.APPROVED and not comment:
        raise Invalid({"comment": _("Say why, so that the applicant knows what to do.")})
    if len(comment) > LONGEST_COMMENT:
        raise Invalid({"comment": _("A comment has at most %(limit)s characters.") % {"limit": LONGEST_COMMENT}})


def _evidence(step: Step, assignment: Assignment) -> dict[str, Json]:
    return about(
        step,
        via=assignment.via,
        in_place_of=str(assignment.person_id) if assignment.by_delegate else None,
        comment_sha256=hashlib.sha256(assignment.comment.encode()).hexdigest() if assignment.comment else None,
    )
