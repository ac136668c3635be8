"""What the groups' pages have in common: the row of tabs, and one plain form page."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from postroad.groups import queries
from postroad.groups.permissions import Permission
from postroad.org.middleware import StaffRequest


def tabs(request: StaffRequest, active: str) -> list[dict[str, Any]]:
    """The pages about groups that this person may open."""
    may = request.user.may
    keeps = may(Permission.GROUP_VIEW_ALL)
    everything = [
        ("groups", _("Groups"), "groups:groups", True),
        ("differences", _("Differences"), "groups:differences", True),
        ("strays", _("Stray groups"), "groups:strays", may(Permission.STRAY_HANDLE)),
        ("templates", _("Templates"), "groups:templates", keeps),
        ("projects", _("Projects"), "groups:projects", may(Permission.PROJECT_VIEW)),
        ("runs", _("Runs"), "groups:runs", keeps),
        ("hand-overs", _("Hand-overs"), "groups:hand_overs", True),
        ("confirmations", _("Confirmations"), "groups:confirmations", True),
    ]
    return [
        {"label": label, "url_name": url_name, "active": key == active}
        for key, label, url_name, shown in everything
        if shown
    ]


def form_page(
    request: StaffRequest, form: forms.Form, *, title: str, back: str, back_label: str, active: str, **more: Any
) -> HttpResponse:
    """A page with one form; 422 when something in it is wrong."""
    context = {"form": form, "title": title, "back": back, "back_label": back_label, "save": _("Save"), **more}
    context["tabs"] = tabs(request, active)
    template = more.get("template", "groups/form.html")
    return render(request, template, context, status=422 if form.errors else 200)


def held(request: StaffRequest) -> list[Any]:
    """The runs that wait for a click of this person."""
    return list(queries.held_runs()) if request.user.may(Permission.PLAN_APPLY) else []
