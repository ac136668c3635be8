"""Who is away, and when."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from postroad.desk import actions, queries
from postroad.desk.mailforms import AbsenceForm
from postroad.desk.models import Cover
from postroad.desk.permissions import Permission, get_absence, sight_of
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid, Refused


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CASE_WORK)
def absences(request: StaffRequest) -> HttpResponse:
    """The absences of one's colleagues and one's own; who runs queues enters those of others, too."""
    people = queries.colleagues(sight_of(request.person).queues())
    leads = request.user.may(Permission.QUEUE_MANAGE)
    form = AbsenceForm(request.POST or None, people=people, writer=request.person, leads=leads)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.enter_absence(
                absent=given["person"] or request.person,
                starts_on=given["starts_on"],
                ends_on=given["ends_on"],
                deputy=given["deputy"],
                open_cases=Cover.OpenCases(given["open_cases"]),
                person=request.person,
            )
        except Invalid as refusal:
            for field, message in refusal.fields.items():
                form.add_error(field if field in form.fields else None, message)
        else:
            messages.success(request, _("The absence is entered."))
            return HttpResponseRedirect(reverse("desk:absences"))
    context = {"form": form, "absences": queries.absences_of({*people, request.person}), "leads": leads}
    return render(request, "desk/absences.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires(Permission.CASE_WORK)
def absence_end(request: StaffRequest, absence_id: UUID) -> HttpResponse:
    try:
        actions.end_absence(absence=get_absence(absence_id), person=request.person)
        messages.success(request, _("The absence is ended."))
    except Refused as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("desk:absences"))
