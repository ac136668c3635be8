"""What waits for me, what I asked for, and the page of one request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from postroad.approvals import actions, queries
from postroad.approvals.actions.decisions import Decision, decide
from postroad.approvals.counting import Verdict
from postroad.approvals.forms import DecisionForm, RequestFilter
from postroad.approvals.models import Assignment, Request, Step
from postroad.approvals.permissions import (
    Permission,
    decidable_by,
    get_own_request_for,
    get_request_for,
)
from postroad.approvals.registry import effect_of
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires, signed_in
from postroad.platform.errors import Conflict, DomainError, Invalid
from postroad.platform.pagination import keyset

CARD_SHOWS = 5
DONE = {
    Verdict.APPROVED: gettext_lazy("You approved “%(title)s”."),
    Verdict.REJECTED: gettext_lazy("You rejected “%(title)s”."),
    Verdict.RETURNED: gettext_lazy("“%(title)s” went back to its applicant."),
}


@require_safe
@signed_in
def waiting(request: StaffRequest) -> HttpResponse:
    return render(request, "approvals/waiting.html", _waiting(request))


@require_safe
@signed_in
def waiting_results(request: StaffRequest) -> HttpResponse:
    return render(request, "approvals/waiting_results.html", _waiting(request))


@require_safe
@signed_in
def mine(request: StaffRequest) -> HttpResponse:
    return render(request, "approvals/mine.html", _listed(request, queries.my_requests(request.person)))


@require_safe
@signed_in
def mine_results(request: StaffRequest) -> HttpResponse:
    return render(request, "approvals/mine_results.html", _listed(request, queries.my_requests(request.person)))


@require_safe
@requires(Permission.REQUEST_VIEW_ALL)
def everything(request: StaffRequest) -> HttpResponse:
    return render(request, "approvals/everything.html", _listed(request, queries.requests_seen_by(request.person)))


@require_safe
@requires(Permission.REQUEST_VIEW_ALL)
def everything_results(request: StaffRequest) -> HttpResponse:
    found = queries.requests_seen_by(request.person)
    return render(request, "approvals/everything_results.html", _listed(request, found))


@require_safe
@signed_in
def request_page(request: StaffRequest, request_id: UUID) -> HttpResponse:
    approval = get_request_for(request.person, request_id)
    return _page(request, approval)


@require_safe
@signed_in
def progress(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """The state and the timeline alone, asked for whenever the request moved on."""
    approval = get_request_for(request.person, request_id)
    return render(request, "approvals/_progress.html", _progress(approval))


@require_POST
@signed_in
def decide_step(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """One click decides; whatever goes wrong is shown on the request's page, with the comment as it was typed."""
    approval = get_request_for(request.person, request_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, approval, form=form, status=422)
    verdict = Verdict(form.cleaned_data["verdict"])
    decision = Decision(
        step_id=form.cleaned_data["step_id"],
        person=request.person,
        verdict=verdict,
        comment=form.cleaned_data["comment"],
    )
    try:
        decide(decision, actor=request.person.as_actor())
    except Invalid as refusal:
        for field, message in refusal.fields.items():
            form.add_error(field if field in form.fields else None, message)
        return _page(request, approval, form=form, status=refusal.status)
    except DomainError as refusal:
        approval = get_request_for(request.person, request_id)
        return _page(request, approval, form=form, problem=refusal.message, status=refusal.status)
    messages.success(request, DONE[verdict] % {"title": approval.title})
    return redirect("approvals:waiting")


@require_POST
@signed_in
def submit_request(request: StaffRequest, request_id: UUID) -> HttpResponse:
    approval = get_own_request_for(request.person, request_id)
    try:
        approval = actions.submit_saved(request_id=approval.pk, actor=request.person.as_actor())
    except (Invalid, Conflict) as refusal:
        return _page(request, approval, problem=refusal.message, status=refusal.status)
    messages.success(request, _("Your request is on its way."))
    return redirect(approval)


@require_POST
@signed_in
def withdraw_request(request: StaffRequest, request_id: UUID) -> HttpResponse:
    approval = get_own_request_for(request.person, request_id)
    try:
        actions.withdraw(request_id=approval.pk, actor=request.person.as_actor())
    except Conflict as refusal:
        return _page(request, approval, problem=refusal.message, status=refusal.status)
    messages.success(request, _("You have withdrawn your request."))
    return redirect("approvals:mine")


@require_POST
@signed_in
def remind_approvers(request: StaffRequest, request_id: UUID) -> HttpResponse:
    approval = get_own_request_for(request.person, request_id)
    try:
        actions.remind(request_id=approval.pk, actor=request.person.as_actor())
    except Conflict as refusal:
        return _page(request, approval, problem=refusal.message, status=refusal.status)
    messages.success(request, _("The approvers are reminded by mail."))
    return redirect(approval)


def waiting_card(request: HttpRequest) -> dict[str, Any] | None:
    """What My work shows: the approvals that have waited longest; None while nothing waits."""
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    if person is None:
        return None
    found = queries.waiting_for(person)
    count = found.count()
    return {"count": count, "assignments": found[:CARD_SHOWS]} if count else None


def _waiting(request: StaffRequest) -> dict[str, Any]:
    found = queries.waiting_for(request.person)
    return {"page": keyset(found, order=("assigned_at", "id"), cursor=request.GET.get("cursor"))}


def _listed(request: StaffRequest, found: QuerySet[Request]) -> dict[str, Any]:
    form = RequestFilter(request.GET)
    page = keyset(found.filter(**form.criteria), order=("-id",), cursor=request.GET.get("cursor"))
    return {"form": form, "page": page, "filtered": bool(form.criteria)}


def _page(
    request: StaffRequest,
    approval: Request,
    *,
    form: DecisionForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = _progress(approval)
    kind = effect_of(approval.kind)
    mine = decidable_by(request.person).filter(step__request=approval).select_related("person", "step")
    assignment = min(mine, key=lambda found: found.person_id != request.person.pk, default=None)
    is_applicant = approval.applicant_id == request.person.pk
    context |= {
        "kind": kind,
        "payload": approval.payload,
        "assignment": assignment,
        "in_place": assignment.person if assignment and assignment.person_id != request.person.pk else None,
        "decide_url": reverse("approvals:decide", kwargs={"request_id": approval.pk}),
        "form": form or DecisionForm(),
        "problem": problem,
        "is_applicant": is_applicant,
        "edit_url": kind.edit_url(approval) if kind.edit_url and is_applicant else "",
        "history": history_of(approval)[:50],
    }
    return render(request, "approvals/request.html", context, status=status)


def _progress(approval: Request) -> dict[str, Any]:
    steps = queries.timeline(approval)
    return {
        "approval": approval,
        "steps": [(step, _how(step)) for step in steps],
        "open_step": next((step for step in steps if step.state == Step.State.OPEN), None),
        "ahead": queries.steps_ahead(approval),
    }


def _how(step: Step) -> str:
    asked = [one for one in step.assignments.all() if one.state != Assignment.State.MOVED and not one.decisive]
    return queries.how_counted(step.mode, needed=step.needed, asked=len(asked))
