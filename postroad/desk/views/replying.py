"""Notes, another try at a delivery, and who else is looking."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from postroad.desk import actions, queries
from postroad.desk.forms import NoteForm
from postroad.desk.permissions import Permission, get_case_for
from postroad.desk.views.case import case_page
from postroad.desk.views.working import back_to, refused_on_page
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import NotFound


@require_POST
@requires(Permission.CASE_WORK)
def note(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return case_page(request, case, status=422, note_form=form)
    actions.add_note(case=case, text=form.cleaned_data["note"], person=request.person)
    return back_to(case, request, _("The note is kept."))


@require_POST
@requires(Permission.CASE_WORK)
@refused_on_page
def retry(request: StaffRequest, number: int, delivery_id: Any) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    delivery = queries.delivery_of(case, delivery_id)
    if delivery is None:
        raise NotFound(_("There is no such message."))
    actions.retry(case=case, delivery=delivery, person=request.person)
    return back_to(case, request, _("It is being tried again."))


@require_POST
@requires(Permission.CASE_VIEW)
def presence(request: StaffRequest, number: int) -> HttpResponse:
    """The page says that it is still open, and is told who else has it open."""
    case = get_case_for(request.person, number)
    others = actions.see(case=case, person=request.person)
    return render(request, "desk/_others.html", {"case": case, "others": others})
