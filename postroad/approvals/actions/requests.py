"""The applicant's side: draft, submit, change and submit again, withdraw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals.actions.steps import advance, close_request, close_step, locked_request
from postroad.approvals.events import Event
from postroad.approvals.models import Request, Step
from postroad.approvals.queries import current_version, plan
from postroad.approvals.registry import effect_of
from postroad.ledger.actions import record
from postroad.org.models import Person
from postroad.platform.actors import Actor, Subject
from postroad.platform.errors import Conflict, Invalid

LONGEST_TITLE = 200


@transaction.atomic
def submit(
    *,
    kind: str,
    flow_key: str,
    applicant: Person,
    subject: Subject,
    title: str,
    payload: Mapping[str, Any],
    actor: Actor,
) -> Request:
    """Ask for something: the first step opens and its people are told.

    Raises Invalid for an unknown flow, and where nobody is left to decide one of its steps.
    """
    request = save_draft(
        kind=kind,
        flow_key=flow_key,
        applicant=applicant,
        subject=subject,
        title=title,
        payload=payload,
        actor=actor,
    )
    return submit_saved(request_id=request.pk, actor=actor)


def save_draft(
    *,
    kind: str,
    flow_key: str,
    applicant: Person,
    subject: Subject,
    title: str,
    payload: Mapping[str, Any],
    actor: Actor,
) -> Request:
    """Keep what the applicant has so far; nobody else sees it, so it is not on record yet.

    Raises Invalid for an unknown flow.
    """
    del actor
    return Request.objects.create(
        kind=effect_of(kind).key,
        flow_version=current_version(flow_key),
        applicant=applicant,
        subject_type=subject.type,
        subject_id=subject.id,
        title=title[:LONGEST_TITLE],
        payload=dict(payload),
    )


@transaction.atomic
def revise(*, request_id: UUID, title: str, payload: Mapping[str, Any], actor: Actor) -> Request:
    """Change a draft or a returned request. Raises Conflict while it is under way or once it is closed."""
    del actor
    request = locked_request(request_id)
    _require_changeable(request)
    request.title, request.payload = title[:LONGEST_TITLE], dict(payload)
    request.save(update_fields=["title", "payload"])
    return request


@transaction.atomic
def submit_saved(*, request_id: UUID, actor: Actor) -> Request:
    """Submit a draft, or a returned request again: by the flow in force now, from its first step.

    Raises Conflict while it is under way or once it is closed, Invalid where nobody is left to decide a step.
    """
    request = locked_request(request_id)
    _require_changeable(request)
    now = timezone.now()
    request.flow_version = current_version(request.flow_version.flow.key)
    problems = [
        step.problem
        for step in plan(request.flow_version.parsed, applicant=request.applicant, payload=request.payload)
        if step.problem
    ]
    if problems:
        raise Invalid(" ".join(problems))
    request.state, request.round, request.submitted_at = Request.State.PENDING, request.round + 1, now
    request.save(update_fields=["flow_version", "state", "round", "submitted_at"])
    record(Event.REQUEST_SUBMITTED, actor=actor, subject=request, data=_submission(request))
    advance(request, position=0, previous=None, actor=actor, at=now)
    return request


@transaction.atomic
def withdraw(*, request_id: UUID, actor: Actor) -> Request:
    """Take a request back before it is decided. Raises Conflict once it is closed."""
    request = locked_request(request_id)
    if request.is_closed:
        raise Conflict(_already_closed(request))
    now = timezone.now()
    for step in request.steps.filter(state=Step.State.OPEN):
        step.request = request
        close_step(step, Step.State.WITHDRAWN, actor=actor, at=now)
    close_request(request, Request.State.WITHDRAWN, actor=actor, at=now)
    return request


def _require_changeable(request: Request) -> None:
    if request.is_closed:
        raise Conflict(_already_closed(request))
    if request.state not in Request.CHANGEABLE:
        raise Conflict(_("This request is waiting for approval. Withdraw it to change it."))


def _already_closed(request: Request) -> str:
    return _("This request is closed already: %(state)s.") % {"state": request.get_state_display()}


def _submission(request: Request) -> dict[str, Any]:
    content = json.dumps(request.payload, sort_keys=True, ensure_ascii=False).encode()
    return {
        "kind": request.kind,
        "flow": request.flow_version.flow.key,
        "version": request.flow_version.number,
        "round": request.round,
        "about": {"type": request.subject_type, "id": request.subject_id},
        "payload_sha256": hashlib.sha256(content).hexdigest(),
    }
