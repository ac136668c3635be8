"""Letting somebody else decide for some days."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from postroad.approvals import actions, queries
from postroad.approvals.forms import DelegationForm
from postroad.approvals.permissions import Permission, get_delegation_for
from postroad.org.middleware import StaffRequest
from postroad.org.models import today
from postroad.platform.authorisation import signed_in
from postroad.platform.errors import Conflict, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def delegation_list(request: StaffRequest) -> HttpResponse:
    """Delegations given and received, and the form for a new one; for the keepers of delegations, everybody's."""
    for_others = request.user.may(Permission.DELEGATION_MANAGE)
    form = DelegationForm(
        request.POST or None, for_others=for_others, initial={"delegator": request.person.name, "starts_on": today()}
    )
    if request.method == "POST" and form.is_valid():
        given = {"delegator": request.person} | form.cleaned_data
        try:
            actions.delegate(**given, actor=request.person.as_actor())
        except Invalid as refusal:
            for field, message in refusal.fields.items():
                form.add_error(field if field in form.fields else None, message)
        else:
            messages.success(request, _("The delegation is recorded."))
            return redirect("approvals:delegations")
    context = {
        "form": form,
        "delegations": queries.delegations_of(None if for_others else request.person),
        "for_others": for_others,
        "today": today(),
    }
    return render(request, "approvals/delegations.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def end(request: StaffRequest, delegation_id: UUID) -> HttpResponse:
    delegation = get_delegation_for(request.person, delegation_id)
    try:
        actions.end_delegation(delegation=delegation, actor=request.person.as_actor())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The delegation has ended."))
    return redirect("approvals:delegations")
