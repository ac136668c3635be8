"""Keeping a view of the list, changing and removing it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from postroad.desk import actions, queries
from postroad.desk.listforms import FilterForm, SaveViewForm
from postroad.desk.models import SavedView
from postroad.desk.permissions import Permission, get_view_to_change, sight_of
from postroad.desk.views.cases import choices_for
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid

NOT_KEPT = {"cursor", "saved"}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CASE_VIEW)
def view_new(request: StaffRequest) -> HttpResponse:
    """Keep what the list shows now under a name."""
    return _written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CASE_VIEW)
def view_edit(request: StaffRequest, view_id: UUID) -> HttpResponse:
    return _written(request, get_view_to_change(request.person, view_id))


@require_POST
@requires(Permission.CASE_VIEW)
def view_remove(request: StaffRequest, view_id: UUID) -> HttpResponse:
    actions.remove_view(view=get_view_to_change(request.person, view_id))
    messages.success(request, _("The view was removed."))
    return HttpResponseRedirect(reverse("desk:cases"))


def _written(request: StaffRequest, view: SavedView | None) -> HttpResponse:
    choices = choices_for(request, sight_of(request.person))
    known = queries.columns_for(choices.fields)
    # Whoever comes from the list brings its filters along; else the view's own stay.
    filters = {name: request.GET.getlist(name) for name in request.GET} or (view.query if view else choices.default)
    form = SaveViewForm(
        request.POST or None,
        columns=[(key, column.label) for key, column in known.items()],
        may_share=request.user.may(Permission.VIEW_SHARE),
        instance=view,
        initial={"query": _line(filters), "columns": view.columns if view and view.columns else queries.USUAL},
        prefix="save",
    )
    if request.method == "POST" and form.is_valid() and (kept := _keep(request, view, form)):
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": kept.name})
        return HttpResponseRedirect(f"{reverse('desk:cases')}?saved={kept.pk}")
    shown = FilterForm(QueryDict(str(form["query"].value() or "")), choices=choices)
    labels = [shown.wanted.view.label, *(label for _name, _value, label in shown.chips), shown.wanted.sort.label]
    context = {"form": form, "view": view, "labels": labels}
    return render(request, "desk/view_edit.html", context, status=422 if form.is_bound else 200)


def _keep(request: StaffRequest, view: SavedView | None, form: SaveViewForm) -> SavedView | None:
    """The view as it is kept now; None, and the form says why, where it was refused."""
    given, line = form.cleaned_data, QueryDict(form.cleaned_data["query"])
    try:
        return actions.save_view(
            view=get_view_to_change(request.person, view.pk) if view else None,
            name=given["name"],
            shared=given.get("shared", bool(view and view.shared)),
            query={name: line.getlist(name) for name in line if name not in NOT_KEPT and any(line.getlist(name))},
            columns=given["columns"],
            person=request.person,
        )
    except Invalid as refusal:
        for name, message in refusal.fields.items():
            form.add_error(name or None, message)
    return None


def _line(filters: Mapping[str, str | list[str]]) -> str:
    line = QueryDict(mutable=True)
    for name, values in filters.items():
        if name not in NOT_KEPT:
            line.setlist(name, [values] if isinstance(values, str) else values)
    return line.urlencode()
