"""Differences: the list, and closing one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.groups import actions, queries
from postroad.groups.forms import ExceptionForm, ReasonForm, show
from postroad.groups.models import Difference, Field
from postroad.groups.permissions import Permission, get_difference_for, get_group_for, may_repair
from postroad.groups.views.shared import form_page, tabs
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import DomainError, Refused
from postroad.platform.pagination import keyset

STATES = ("open", "exception", "closed")


@requires(Permission.GROUP_KEEP)
@require_GET
def differences(request: StaffRequest) -> HttpResponse:
    context = {**_list_context(request), "tabs": tabs(request, "differences")}
    return render(request, "groups/differences.html", context)


@requires(Permission.GROUP_KEEP)
@require_GET
def differences_results(request: StaffRequest) -> HttpResponse:
    return render(request, "groups/differences_results.html", _list_context(request))


def _list_context(request: StaffRequest) -> dict[str, Any]:
    field, state = request.GET.get("field", ""), request.GET.get("state", "open")
    wanted = {
        "field": field if field in Field.values else "",
        "state": state if state in STATES else "open",
        "text": request.GET.get("q", "")[:100],
    }
    found = queries.differences_listed(request.person, **wanted)
    page = keyset(found, order=("-since", "-id"), cursor=request.GET.get("cursor"))
    return {
        "page": page,
        "wanted": wanted,
        "fields": Field.choices,
        "states": Difference.State.choices,
        "tellers": queries.tellers(page.items),
    }


@requires(Permission.GROUP_KEEP)
@require_GET
def difference(request: StaffRequest, difference_id: UUID) -> HttpResponse:
    shown = get_difference_for(request.person, difference_id)
    group = get_group_for(request.person, shown.channel_id)
    repairs = may_repair(request.person, group) and shown.state != Difference.State.CLOSED
    context = {
        "difference": shown,
        "group": group,
        "request_waiting": queries.acceptance_of(shown),
        "teller": next(iter(queries.tellers([shown]).values()), shown.told_by),
        "may_repair": repairs,
        "may_accept": repairs and actions.may_be_accepted(shown),
        "tabs": tabs(request, "differences"),
    }
    return render(request, "groups/difference.html", context)


@requires(Permission.GROUP_KEEP)
@require_http_methods(["GET", "POST"])
def except_(request: StaffRequest, difference_id: UUID) -> HttpResponse:
    """Leave a difference alone until a day."""
    shown = _decidable(request, difference_id)
    form = ExceptionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.except_difference(difference=shown, person=request.person, **form.cleaned_data)
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("Left alone until then; afterwards it counts again."))
            return redirect(shown)
    return form_page(
        request,
        form,
        title=_("Exception until a day"),
        back=shown.get_absolute_url(),
        back_label=str(shown.channel),
        active="differences",
    )


@requires(Permission.GROUP_KEEP)
@require_http_methods(["GET", "POST"])
def accept(request: StaffRequest, difference_id: UUID) -> HttpResponse:
    """Ask that what was observed becomes the approved state."""
    shown = _decidable(request, difference_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_to_accept(difference=shown, reason=form.cleaned_data["reason"], person=request.person)
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("Asked for. Until it is approved the difference stays open."))
            return redirect(shown)
    text = _("What is seen in the messenger becomes what is declared, once Administration and the leader approve it.")
    return form_page(
        request,
        form,
        title=_("Accept as the new approved state"),
        text=text,
        save=_("Ask for approval"),
        back=shown.get_absolute_url(),
        back_label=str(shown.channel),
        active="differences",
    )


@requires(Permission.GROUP_KEEP)
@require_POST
def end_amendment(request: StaffRequest, channel_id: UUID, amendment_id: UUID) -> HttpResponse:
    """Take an approved departure back."""
    group = get_group_for(request.person, channel_id)
    if not may_repair(request.person, group):
        raise Refused(_("This group is kept by others; ask its owner."))
    amendment = queries.amendments_of(group.channel).filter(pk=amendment_id).first()
    if amendment is not None:
        actions.end_amendment(amendment=amendment, actor=request.person.as_actor())
        messages.success(request, _("The template holds again."))
    return redirect(group)


def _decidable(request: StaffRequest, difference_id: UUID) -> Difference:
    shown = get_difference_for(request.person, difference_id)
    if not may_repair(request.person, get_group_for(request.person, shown.channel_id)):
        raise Refused(_("This group is kept by others; ask its owner."))
    return shown
