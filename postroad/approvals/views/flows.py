"""Flows: the list, the page of one with its versions, and the editor."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from postroad.approvals import actions, queries
from postroad.approvals.approvers import describe
from postroad.approvals.definition import Definition
from postroad.approvals.forms import ChangeFlowForm, FlowForm, PreviewForm, StepFormSet, initial_steps
from postroad.approvals.permissions import Permission, get_flow_for
from postroad.org.middleware import StaffRequest
from postroad.org.models import Person
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid


@require_safe
@requires(Permission.FLOW_VIEW)
def flow_list(request: StaffRequest) -> HttpResponse:
    may_edit = request.user.may(Permission.FLOW_EDIT)
    return render(request, "approvals/flows.html", {"flows": queries.flows(), "may_edit": may_edit})


@require_safe
@requires(Permission.FLOW_VIEW)
def flow_page(request: StaffRequest, flow_id: UUID) -> HttpResponse:
    """The steps in force, who would be asked if the viewer (or somebody they choose) submitted now, all versions."""
    flow = get_flow_for(request.person, flow_id, Permission.FLOW_VIEW)
    versions = queries.versions_of(flow)
    preview = PreviewForm(request.GET)
    applicant = preview.cleaned_data["applicant"] if preview.is_valid() else None
    context = {
        "flow": flow,
        "version": versions[0],
        "versions": [(version, _outline(version.parsed)) for version in versions],
        "preview": preview,
        "applicant": applicant or request.person,
        "planned": queries.plan(versions[0].parsed, applicant=applicant or request.person, payload={}),
        "may_edit": request.user.may(Permission.FLOW_EDIT),
    }
    return render(request, "approvals/flow.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.FLOW_EDIT)
def create(request: StaffRequest) -> HttpResponse:
    form = FlowForm(request.POST or None)
    steps = StepFormSet(request.POST or None, prefix="steps")
    if _wants_to_save(request) and form.is_valid() and steps.is_valid():
        try:
            flow = actions.create_flow(
                **form.cleaned_data, definition=_definition(steps), actor=request.person.as_actor()
            )
        except Invalid as refusal:
            _blame(form, refusal)
        else:
            messages.success(request, _("The flow is ready to use."))
            return redirect(flow)
    return _editor(request, form=form, steps=steps)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.FLOW_EDIT)
def edit(request: StaffRequest, flow_id: UUID) -> HttpResponse:
    flow = get_flow_for(request.person, flow_id, Permission.FLOW_EDIT)
    version = queries.current_version(flow.key)
    form = ChangeFlowForm(request.POST or None, initial={"after_version": version.number})
    steps = StepFormSet(request.POST or None, prefix="steps", initial=initial_steps(version.parsed))
    if _wants_to_save(request) and form.is_valid() and steps.is_valid():
        try:
            actions.change_flow(
                flow=flow, definition=_definition(steps), **form.cleaned_data, actor=request.person.as_actor()
            )
        except (Invalid, Conflict) as refusal:
            _blame(form, refusal)
        else:
            messages.success(request, _("The new version counts for requests from now on."))
            return redirect(flow)
    return _editor(request, form=form, steps=steps, flow=flow)


def _editor(request: StaffRequest, *, form: forms.Form, steps: Any, flow: Any = None) -> HttpResponse:
    """The editor; as a preview it also shows who would be asked by the steps as they stand in the form."""
    preview = PreviewForm(request.POST or None)
    applicant: Person = request.person
    if request.method == "POST" and preview.is_valid() and preview.cleaned_data["applicant"]:
        applicant = preview.cleaned_data["applicant"]
    planned = []
    if request.method == "POST" and steps.is_valid() and steps.definition:
        planned = queries.plan(steps.definition, applicant=applicant, payload={})
    refused = _wants_to_save(request) or (request.method == "POST" and not steps.is_valid())
    context = {
        "form": form if _wants_to_save(request) or request.method != "POST" else _unjudged(form),
        "steps": steps,
        "flow": flow,
        "preview": preview,
        "planned": planned,
        "applicant": applicant,
    }
    return render(request, "approvals/flow_edit.html", context, status=422 if refused else 200)


def _unjudged(form: forms.Form) -> forms.Form:
    """The form with what was typed, but without complaints: a preview does not need the names yet."""
    return type(form)(initial={name: form.data.get(name, "") for name in form.fields})


def _wants_to_save(request: StaffRequest) -> bool:
    return request.method == "POST" and "preview" not in request.POST


def _definition(steps: Any) -> dict[str, Any]:
    definition: Definition = steps.definition
    return definition.as_data()


def _blame(form: forms.Form, refusal: Invalid | Conflict) -> None:
    fields = refusal.fields if isinstance(refusal, Invalid) else {"": refusal.message}
    for field, message in fields.items():
        form.add_error(field if field in form.fields else None, message)


def _outline(definition: Definition) -> str:
    return " → ".join(f"{step.title} ({describe(step.approvers)})" for step in definition.steps)
