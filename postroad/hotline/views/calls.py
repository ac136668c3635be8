"""The list of calls, and one call with the events it is made of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from postroad.hotline import actions, queries
from postroad.hotline.forms import CallFilterForm
from postroad.hotline.models import Direction
from postroad.hotline.permissions import Permission, calls_of, get_call_for, hotlines_of
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.org.permissions import Permission as OrgPermission
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.pagination import keyset

HISTORY_SHOWN = 30
LONGEST_NUMBER = 10


@require_safe
@requires(Permission.CALL_VIEW)
def calls(request: StaffRequest) -> HttpResponse:
    return render(request, "hotline/calls.html", _list(request))


@require_safe
@requires(Permission.CALL_VIEW)
def calls_results(request: StaffRequest) -> HttpResponse:
    return render(request, "hotline/calls_results.html", _list(request))


def _list(request: StaffRequest) -> dict[str, Any]:
    form = CallFilterForm(request.GET, channels=hotlines_of(request.person).order_by("name"))
    found = queries.narrowed(calls_of(request.person), form.wanted)
    cursor = request.GET.get("cursor")
    page = keyset(found, order=("-started_at", "-id"), cursor=cursor)
    asked = request.GET.copy()
    return {
        "form": form,
        "page": page,
        "filtered": any(asked.get(name) for name in form.fields),
        "query": asked.urlencode(),
    }


@require_safe
@requires(Permission.CALL_VIEW)
def call(request: StaffRequest, call_id: UUID) -> HttpResponse:
    found = get_call_for(request.person, call_id)
    case = queries.case_of(found)
    answered = found.was_spoken and found.direction == Direction.IN
    may_work = case is None and request.user.may(Permission.CALL_WORK)
    may_see_contact = request.user.may(OrgPermission.CONTACT_VIEW)
    contact = found.caller.contact if found.caller else None
    return render(
        request,
        "hotline/call.html",
        {
            "call": found,
            "story": queries.story_of(found),
            "case": case,
            "may_open": may_work and answered,
            "open_cases": queries.cases_to_file_with(found, reader=request.person) if may_work else [],
            "others": queries.calls_with(found.caller, besides=found) if found.caller else [],
            "contact_url": reverse("org:contact", args=[contact.pk]) if contact and may_see_contact else "",
            "history": history_of(found)[:HISTORY_SHOWN],
        },
    )


@require_POST
@requires(Permission.CALL_WORK)
def open_case(request: StaffRequest, call_id: UUID) -> HttpResponse:
    """Write down what a caller asked: it becomes a case."""
    found = get_call_for(request.person, call_id)
    try:
        case = actions.open_case(call=found, text=request.POST.get("text", ""), person=request.person)
    except (Conflict, Invalid) as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(found.get_absolute_url())
    messages.success(request, _("Case #%(number)s is opened, and yours.") % {"number": case.number})
    return HttpResponseRedirect(case.url)


@require_POST
@requires(Permission.CALL_WORK)
def file_call(request: StaffRequest, call_id: UUID) -> HttpResponse:
    """Put a call with the case that it was about."""
    found = get_call_for(request.person, call_id)
    given = request.POST.get("case", "")[:LONGEST_NUMBER]
    try:
        case = actions.file_call(call=found, number=int(given) if given.isdecimal() else 0, person=request.person)
    except Conflict as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(found.get_absolute_url())
    messages.success(request, _("The call stands in case #%(number)s now.") % {"number": case.number})
    return HttpResponseRedirect(case.url)
