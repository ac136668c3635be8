"""Canned answers: the list, and writing one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.desk import actions, queries
from postroad.desk.forms import CannedForm
from postroad.desk.models import CannedAnswer
from postroad.desk.permissions import Permission, get_canned, sight_of
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires


@require_safe
@requires(Permission.QUEUE_MANAGE)
def canned(request: StaffRequest) -> HttpResponse:
    return render(request, "desk/canned.html", {"answers": queries.canned_answers()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def canned_new(request: StaffRequest) -> HttpResponse:
    return _written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def canned_edit(request: StaffRequest, answer_id: UUID) -> HttpResponse:
    return _written(request, get_canned(answer_id))


@require_POST
@requires(Permission.QUEUE_MANAGE)
def canned_remove(request: StaffRequest, answer_id: UUID) -> HttpResponse:
    actions.remove_canned(answer=get_canned(answer_id), person=request.person)
    messages.success(request, _("The canned answer was removed."))
    return HttpResponseRedirect(reverse("desk:canned"))


def _written(request: StaffRequest, answer: CannedAnswer | None) -> HttpResponse:
    form = CannedForm(request.POST or None, instance=answer, channels=sight_of(request.person).queues())
    if request.method == "POST" and form.is_valid():
        kept = get_canned(answer.pk) if answer else None
        actions.save_canned(answer=kept, person=request.person, **form.cleaned_data)
        messages.success(request, _("The canned answer is kept."))
        return HttpResponseRedirect(reverse("desk:canned"))
    status = 422 if form.is_bound else 200
    return render(request, "desk/canned_edit.html", {"form": form, "answer": answer}, status=status)
