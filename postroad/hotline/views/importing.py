"""Importing call records: upload, name the columns, look at what is wrong, apply."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.channels.forms import show_refusal
from postroad.hotline import actions, queries
from postroad.hotline.forms import ColumnsForm, RecordsForm
from postroad.hotline.models import RecordsImport
from postroad.hotline.permissions import Permission, get_hotline_for, get_import_for
from postroad.hotline.records import Column, Reason
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid

SHOWN = 20
SAMPLE = 3


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.RECORDS_IMPORT)
def records(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_hotline_for(request.person, key, Permission.RECORDS_IMPORT)
    form = RecordsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            begun = actions.upload_records(channel=channel, file=file, file_name=file.name or "", person=request.person)
            return HttpResponseRedirect(begun.get_absolute_url())
        except Invalid as refusal:
            show_refusal(form, refusal)
    context = {"channel": channel, "form": form, "imports": queries.imports_of(channel)[:SHOWN]}
    return render(request, "hotline/records.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.RECORDS_IMPORT)
def records_import(request: StaffRequest, key: str, records_id: UUID) -> HttpResponse:
    """One import; while it is open, its columns can be named anew."""
    found = get_import_for(request.person, key, records_id)
    if not found.is_open:
        return render(request, "hotline/records_import.html", _context(found))
    headings, rows = actions.read_table(queries.records_content(found))
    form = ColumnsForm(request.POST or None, headings=headings, initial=found.columns)
    if request.method == "POST" and form.is_valid():
        try:
            actions.name_columns(records=found, columns=form.cleaned_data)
            return HttpResponseRedirect(found.get_absolute_url())
        except Invalid as refusal:
            show_refusal(form, refusal)
    context = _context(found) | {"form": form, "headings": headings, "sample": [row.cells for row in rows[:SAMPLE]]}
    return render(request, "hotline/records_import.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Permission.RECORDS_IMPORT)
def records_progress(request: StaffRequest, key: str, records_id: UUID) -> HttpResponse:
    """The part of the page that waits until the import is applied."""
    return render(request, "hotline/_records_result.html", _context(get_import_for(request.person, key, records_id)))


@require_POST
@requires(Permission.RECORDS_IMPORT)
def records_apply(request: StaffRequest, key: str, records_id: UUID) -> HttpResponse:
    found = get_import_for(request.person, key, records_id)
    actions.request_apply(records=found)
    return HttpResponseRedirect(found.get_absolute_url())


@require_POST
@requires(Permission.RECORDS_IMPORT)
def records_discard(request: StaffRequest, key: str, records_id: UUID) -> HttpResponse:
    actions.discard_records(records=get_import_for(request.person, key, records_id))
    return HttpResponseRedirect(reverse("hotline:records", args=[key]))


def _context(records: RecordsImport) -> dict[str, Any]:
    return {
        "records": records,
        "channel": records.channel,
        "problems": [
            {
                "row": one["row"],
                "column": Column(one["column"]).label if one["column"] else "",
                "sentence": Reason(one["reason"]).label,
                "shown": one["shown"],
            }
            for one in records.problems
        ],
    }
