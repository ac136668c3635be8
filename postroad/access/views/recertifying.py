"""Recertification: the rounds and how they go, and the sheet that an owner answers in one sitting."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.access import actions, queries
from postroad.access.models import RecertificationItem
from postroad.access.permissions import Permission, get_recertification_for, get_sheet_for, may_answer
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Refused

Decision = RecertificationItem.Decision


@requires(Permission.RECERTIFICATION_VIEW)
@require_GET
def recertifications(request: StaffRequest) -> HttpResponse:
    context = {
        "rounds": list(queries.recertifications()[:20]),
        "may_start": request.user.may(Permission.RECERTIFICATION_START),
    }
    return render(request, "access/recertifications.html", context)


@requires(Permission.RECERTIFICATION_START)
@require_POST
def recertification_start(request: StaffRequest) -> HttpResponse:
    try:
        started = actions.start_recertification(actor=request.person.as_actor())
    except Conflict as refusal:
        messages.error(request, refusal.message)
        return redirect("access:recertifications")
    messages.success(request, _("The recertification has begun; each owner finds a sheet in My work."))
    return redirect(started)


@requires(Permission.RECERTIFICATION_VIEW)
@require_GET
def recertification(request: StaffRequest, recertification_id: UUID) -> HttpResponse:
    shown = get_recertification_for(request.person, recertification_id)
    sheets = list(queries.with_progress(shown.sheets.all()))
    return render(request, "access/recertification.html", {"round": shown, "sheets": sheets})


@requires(Permission.SHEET_ANSWER)
@require_http_methods(["GET", "POST"])
def sheet(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    """All grants of one channel, to be confirmed or revoked."""
    shown = get_sheet_for(request.person, sheet_id)
    if request.method == "POST":
        return _answer(request, shown.pk)
    items = queries.items_of(shown)
    context = {
        "sheet": queries.with_progress(type(shown).objects.filter(pk=shown.pk)).get(),
        "items": items,
        "own": queries.own_of(request.person, [item.grant for item in items]),
        "may_answer": may_answer(request.person, shown),
        "decisions": Decision,
    }
    return render(request, "access/sheet.html", context)


def _answer(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    shown = get_sheet_for(request.person, sheet_id)
    decisions = _decisions(request, [item.pk for item in queries.items_of(shown) if not item.decision])
    try:
        answered = actions.answer_sheet(sheet=shown, decisions=decisions, person=request.person)
    except (Refused, Conflict) as refusal:
        messages.error(request, refusal.message)
        return redirect(shown)
    text = ngettext("%(count)d grant is answered.", "%(count)d grants are answered.", len(decisions))
    messages.success(request, text % {"count": len(decisions)})
    if answered.closed_at:
        messages.success(request, _("This sheet is complete. Thank you."))
    return redirect(shown)


def _decisions(request: StaffRequest, open_items: list[UUID]) -> dict[UUID, Decision]:
    """What was chosen for each open item; “confirm all the others” stands for those without a choice of their own."""
    others = request.POST.get("others", "")
    found = {}
    for item_id in open_items:
        chosen = request.POST.get(f"item-{item_id}", "")
        if not chosen and others and f"own-{item_id}" not in request.POST:
            chosen = others
        if chosen in Decision.values:
            found[item_id] = Decision(chosen)
    return found
