"""What can be done with a case besides answering it: one short form each."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from postroad.desk import actions, queries
from postroad.desk.forms import AssignForm, MergeForm, PriorityForm, ReasonForm, TransferForm
from postroad.desk.models import Case, Priority
from postroad.desk.permissions import Permission, get_case_for, sight_of
from postroad.desk.views.case import case_page
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid

View = TypeVar("View", bound=Callable[..., HttpResponse])


def back_to(case: Case, request: StaffRequest, said: str = "") -> HttpResponse:
    """The case's page again, with a word on what was done."""
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(case.get_absolute_url())


def refused_on_page(view: View) -> View:
    """Show what an action refuses as a message on the case's page instead of an error page."""

    @wraps(view)
    def guarded(request: StaffRequest, number: int, **given: Any) -> HttpResponse:
        try:
            return view(request, number, **given)
        except (Conflict, Invalid) as refusal:
            messages.error(request, refusal.message)
            return back_to(get_case_for(request.person, number), request)

    return guarded  # type: ignore[return-value]  # same parameters, same result


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def take(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    actions.take(case=case, person=request.person)
    return back_to(case, request, _("The case is yours."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def assign(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = AssignForm(request.POST, people=queries.colleagues([case.channel]))
    _require_valid(form)
    actions.assign(cases=[case], assignee=form.cleaned_data["assignee"], person=request.person)
    return back_to(case, request, _("Assigned."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def priority(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = PriorityForm(request.POST)
    _require_valid(form)
    actions.set_priority(case=case, priority=Priority(form.cleaned_data["priority"]), person=request.person)
    return back_to(case, request, _("Priority changed."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def wait(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    actions.wait(case=case, person=request.person)
    return back_to(case, request, _("Waiting for the customer; the answer promise is paused."))


@require_POST
@requires(Permission.CASE_WORK)
def solve(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = ReasonForm(request.POST, prefix="solve", auto_id="solve_%s")
    _require_valid(form)
    try:
        actions.solve(cases=[case], reason=form.cleaned_data["reason"], person=request.person)
    except Invalid as refusal:
        return _again(request, case, form, refusal, name="solve_form")
    return back_to(case, request, _("Solved."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def reopen(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    actions.reopen(case=case, reason="", person=request.person)
    return back_to(case, request, _("The case is open again."))


@require_POST
@requires(Permission.CASE_WORK)
def close(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = ReasonForm(request.POST, prefix="close", auto_id="close_%s")
    _require_valid(form)
    try:
        actions.close(cases=[case], reason=form.cleaned_data["reason"], person=request.person)
    except Invalid as refusal:
        return _again(request, case, form, refusal, name="close_form")
    return back_to(case, request, _("Closed."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def spam(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    actions.mark_spam(cases=[case], person=request.person)
    return back_to(case, request, _("Closed as spam."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def adopt(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    actions.adopt(case=case, person=request.person)
    return back_to(case, request, _("The promises run from the arrival of the message."))


@require_POST
@requires(Permission.CASE_WORK)
def transfer(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    channels = list(sight_of(request.person).queues().exclude(pk=case.channel_id).order_by("name"))
    people = queries.colleagues(channels)
    form = TransferForm(request.POST, people=people, channels=channels, auto_id="transfer_%s")
    if not form.is_valid():
        return case_page(request, case, status=422, transfer_form=form)
    try:
        actions.transfer(case=case, person=request.person, **form.cleaned_data)
    except Invalid as refusal:
        return _again(request, case, form, refusal, name="transfer_form")
    return back_to(case, request, _("Transferred; what was promised to the customer stands."))


@require_POST
@requires(Permission.CASE_WORK)
def merge(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = MergeForm(request.POST, auto_id="merge_%s")
    if not form.is_valid():
        return case_page(request, case, status=422, merge_form=form)
    into = sight_of(request.person).cases().filter(number=form.cleaned_data["into"]).first()
    if into is None:
        form.add_error("into", _("There is no such case, or it is not yours to see."))
        return case_page(request, case, status=422, merge_form=form)
    try:
        into = actions.merge(case=case, into=into, person=request.person)
    except (Conflict, Invalid) as refusal:
        return _again(request, case, form, refusal, name="merge_form")
    return back_to(into, request, _("Case #%(number)s was merged into this one.") % {"number": case.number})


def _require_valid(form: forms.Form) -> None:
    """These forms are menus: what is not among their choices was not chosen on our page."""
    if not form.is_valid():
        raise Invalid(_("That choice does not exist any more."))


def _again(
    request: StaffRequest, case: Case, form: forms.Form, refusal: Conflict | Invalid, *, name: str
) -> HttpResponse:
    """The page once more, with what the action refused beside the field it is about."""
    fields = refusal.fields if isinstance(refusal, Invalid) else {"": refusal.message}
    for field, message in fields.items():
        form.add_error(field if field in form.fields else None, message)
    return case_page(request, case, status=422, **{name: form})
