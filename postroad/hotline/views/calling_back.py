"""The call-back list: who waits, since when, how long is left; and how it went."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from postroad.hotline import actions, queries
from postroad.hotline.forms import CalledForm
from postroad.hotline.models import CallBack
from postroad.hotline.permissions import Permission, get_call_back_for, hotlines_of
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid


@require_safe
@requires(Permission.CALL_VIEW)
def call_backs(request: StaffRequest) -> HttpResponse:
    return render(request, "hotline/call_backs.html", _list(request))


@require_safe
@requires(Permission.CALL_VIEW)
def call_backs_results(request: StaffRequest) -> HttpResponse:
    return render(request, "hotline/call_backs_results.html", _list(request))


def _list(request: StaffRequest) -> dict[str, Any]:
    lines = hotlines_of(request.person)
    return {
        "waiting": queries.waiting(lines),
        "settled": queries.recently_settled(lines),
        "outcomes": actions.BY_HAND,
        "may_work": request.user.may(Permission.CALL_WORK),
        "has_hotline": lines.exists(),
    }


@require_POST
@requires(Permission.CALL_WORK)
def called(request: StaffRequest, call_back_id: UUID) -> HttpResponse:
    """One word on how it went; back to where it was said."""
    found = get_call_back_for(request.person, call_back_id)
    form = CalledForm(request.POST)
    try:
        form.is_valid()
        actions.call_back(
            call_back=found, outcome=form.value, note=form.cleaned_data.get("note", ""), person=request.person
        )
    except (Conflict, Invalid) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Noted: %(outcome)s.") % {"outcome": CallBack.Outcome(form.value).label})
    return HttpResponseRedirect(_back(request))


@require_POST
@requires(Permission.CALL_WORK)
def number(request: StaffRequest, call_back_id: UUID) -> HttpResponse:
    """The number to dial; the look at it is on record."""
    found = get_call_back_for(request.person, call_back_id)
    plain = actions.show_number(call_back=found, person=request.person)
    return render(request, "hotline/_number.html", {"number": plain})


def _back(request: StaffRequest) -> str:
    asked = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if safe and asked.startswith("/") else reverse("hotline:call_backs")
