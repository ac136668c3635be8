"""Applying for permissions: write lines down as a draft, see what they would do, submit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.access import queries
from postroad.access.actions.checking import Checker
from postroad.access.flows import WORD_OF
from postroad.access.lines import Line, LineAction, lines_as_data, lines_of
from postroad.access.permissions import applicable_channels
from postroad.approvals import actions as approvals
from postroad.approvals.models import CONCERNS, Request
from postroad.approvals.queries import PlannedStep, dry_run
from postroad.org.models import Person, today
from postroad.org.queries import holders, supervising_leader_of
from postroad.org.roles import Role
from postroad.platform.actors import Actor, Subject
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.ids import new_id

GRANT, CHANGE, REVOKE, EMERGENCY = "access.grant", "access.change", "access.revoke", "access.emergency"
LONGEST_REASON = 500


@transaction.atomic
def draft_application(
    *, lines: Sequence[Line], reason: str, applicant: Person, actor: Actor, urgent: bool = False
) -> Request:
    """Write an application down without submitting it; nobody else sees it yet.

    Raises Invalid: "reason", or `<number of the line>.<field>` for what cannot be granted.
    """
    _check(lines, reason=reason, applicant=applicant, urgent=urgent)
    kind = _kind_of(lines, urgent=urgent)
    return approvals.save_draft(
        kind=kind,
        flow_key=kind,
        applicant=applicant,
        subject=Subject("access.application", str(new_id())),
        title=_title(lines),
        payload=_payload(lines, reason=reason, applicant=applicant, urgent=urgent),
        actor=actor,
    )


@transaction.atomic
def revise_application(*, request: Request, lines: Sequence[Line], reason: str, actor: Actor) -> Request:
    """Change a draft, or an application that was returned. Raises Invalid like `draft_application`, Conflict when it
    is under way or closed.
    """
    urgent = request.kind == EMERGENCY
    _check(lines, reason=reason, applicant=request.applicant, urgent=urgent)
    payload = _payload(lines, reason=reason, applicant=request.applicant, urgent=urgent)
    return approvals.revise(request_id=request.pk, title=_title(lines), payload=payload, actor=actor)


@transaction.atomic
def submit_application(*, request: Request, actor: Actor) -> Request:
    """Ask for it. Raises Invalid when a line has become impossible since it was written, or nobody could decide."""
    revised = revise_application(
        request=request, lines=lines_of(request.payload), reason=request.payload["reason"], actor=actor
    )
    try:
        return approvals.submit_saved(request_id=revised.pk, actor=actor)
    except Invalid as refusal:
        if not revised.payload[CONCERNS]:
            raise
        hint = _("Nobody approves their own: put what is for the approvers into an application of its own.")
        raise Invalid(f"{refusal.message} {hint}") from refusal


def apply_for(*, lines: Sequence[Line], reason: str, applicant: Person, actor: Actor, urgent: bool = False) -> Request:
    """Write down and submit in one go. Raises as the two do."""
    with transaction.atomic():
        draft = draft_application(lines=lines, reason=reason, applicant=applicant, actor=actor, urgent=urgent)
        return submit_application(request=draft, actor=actor)


def discard_application(*, request: Request, actor: Actor) -> None:
    """Throw a draft away. Raises Conflict for anything that was submitted."""
    if request.state != Request.State.DRAFT:
        raise Conflict(_("Only a draft can be thrown away; withdraw what was submitted."))
    approvals.withdraw(request_id=request.pk, actor=actor)


def planned_steps(request: Request) -> list[PlannedStep]:
    """Who would be asked, in order, if this were submitted now."""
    payload = {**request.payload, **_people_in(lines_of(request.payload), request.applicant, request.kind == EMERGENCY)}
    return dry_run(request.flow_version.flow.key, request.applicant, payload)


def _check(lines: Sequence[Line], *, reason: str, applicant: Person, urgent: bool) -> None:
    if not reason.strip():
        raise Invalid({"reason": _("Say why this is needed.")})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": _("At most %(most)s characters.") % {"most": LONGEST_REASON}})
    known = set(
        applicable_channels(applicant).filter(pk__in={line.channel_id for line in lines}).values_list("pk", flat=True)
    )
    unknown = {
        f"{number}.channel": _("This channel is not in use.")
        for number, line in enumerate(lines)
        if line.channel_id not in known and line.action == LineAction.ADD
    }
    if unknown:
        raise Invalid(unknown)
    Checker(lines, written=True, urgent=urgent).require()


def _payload(lines: Sequence[Line], *, reason: str, applicant: Person, urgent: bool) -> dict[str, Any]:
    return {"lines": lines_as_data(lines), "reason": reason.strip(), **_people_in(lines, applicant, urgent)}


def _people_in(lines: Sequence[Line], applicant: Person, urgent: bool) -> dict[str, Any]:  # noqa: FBT001 - private
    """Who may not decide, and in an emergency whose word is enough."""
    people: dict[str, Any] = {CONCERNS: sorted(map(str, queries.people_concerned(lines, on=today())))}
    if urgent:
        leader = supervising_leader_of(applicant.department) if applicant.department else None
        word_of = [*holders(Role.ADMINISTRATION_HEAD), *([leader] if leader else [])]
        people[WORD_OF] = list(dict.fromkeys(str(person.pk) for person in word_of))
    return people


def _kind_of(lines: Sequence[Line], *, urgent: bool) -> str:
    if urgent:
        return EMERGENCY
    wanted = {line.action for line in lines}
    if wanted == {LineAction.END}:
        return REVOKE
    return GRANT if wanted == {LineAction.ADD} else CHANGE


def _title(lines: Sequence[Line]) -> str:
    first = queries.shown_lines(lines[:1])[0]
    text = f"{first.line.action.label} {first.permission_label} · {first.channel} · {first.grantee_name}"
    if len(lines) == 1:
        return text
    return _("%(first)s and %(more)s more") % {"first": text, "more": len(lines) - 1}
