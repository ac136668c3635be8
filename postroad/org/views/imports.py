"""Importing people: upload, progress, preview, problems to download, apply or discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.org import actions, queries
from postroad.org.actions.exports import headings
from postroad.org.actions.imports import TOPIC
from postroad.org.forms import ImportForm
from postroad.org.models import PeopleImport
from postroad.org.permissions import Permission, get_import_for
from postroad.org.sheet import Column, problem_column, problem_sentence
from postroad.platform.authorisation import requires
from postroad.platform.pagination import keyset
from postroad.platform.spreadsheets import download

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest

PROBLEMS_SHOWN = 50


@requires(Permission.PERSON_IMPORT)
@require_http_methods(["GET", "POST"])
def imports(request: StaffRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        people_import = actions.import_people(file=file, file_name=file.name, uploader=request.person)
        return redirect("org:import", people_import.pk)
    page = keyset(queries.imports(), order=("-id",), cursor=request.GET.get("cursor"), size=20)
    context = {"form": form, "page": page, "waiting": queries.accounts_without_password().count()}
    return render(request, "org/imports.html", context, status=422 if form.errors else 200)


@requires(Permission.PERSON_IMPORT)
@require_GET
def import_template(request: StaffRequest) -> HttpResponse:
    """An empty spreadsheet with the headings and one line that shows how to fill it in."""
    del request
    example = {
        Column.STAFF_NO: "0001",
        Column.NAME: "张三",
        Column.NAME_EN: "Zhang San",
        Column.DEPARTMENT: "总部/销售部",
        Column.TITLE: "销售经理",
        Column.HEAD: "否",
        Column.ROLES: "",
        Column.JOINED_ON: "2026-01-05",
        Column.LEFT_ON: "",
        Column.MAIL: "zhangsan@example.com",
        Column.PHONE: "13800000000",
        Column.ADDRESS: "",
        Column.LANGUAGE: "中文",
    }
    return download(headings(), [[example[column] for column in Column]], name=_("people to import"))


@requires(Permission.PERSON_IMPORT)
@require_GET
def import_page(request: StaffRequest, import_id: UUID) -> HttpResponse:
    people_import = get_import_for(request.person, import_id, Permission.PERSON_IMPORT)
    return render(request, "org/import.html", _context(people_import))


@requires(Permission.PERSON_IMPORT)
@require_GET
def import_progress(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """The part of the page that changes while the import is worked on."""
    people_import = get_import_for(request.person, import_id, Permission.PERSON_IMPORT)
    return render(request, "org/import_progress.html", _context(people_import))


@requires(Permission.PERSON_IMPORT)
@require_GET
def import_problems(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """Every problem of the file as a spreadsheet, in the reader's language."""
    people_import = get_import_for(request.person, import_id, Permission.PERSON_IMPORT)
    rows = [
        [problem.row or None, problem_column(problem.column), problem_sentence(problem.reason, problem.shown)]
        for problem in people_import.problems.order_by("row", "id")
    ]
    return download([_("Row"), _("Column"), _("What is wrong")], rows, name=_("problems"))


@requires(Permission.PERSON_IMPORT)
@require_POST
def import_apply(request: StaffRequest, import_id: UUID) -> HttpResponse:
    people_import = get_import_for(request.person, import_id, Permission.PERSON_IMPORT)
    actions.request_apply(people_import=people_import, actor=request.person.as_actor())
    return redirect("org:import", people_import.pk)


@requires(Permission.PERSON_IMPORT)
@require_POST
def import_discard(request: StaffRequest, import_id: UUID) -> HttpResponse:
    people_import = get_import_for(request.person, import_id, Permission.PERSON_IMPORT)
    actions.discard_import(people_import=people_import, actor=request.person.as_actor())
    messages.success(request, _("The import was discarded; nothing was changed."))
    return redirect("org:imports")


def _context(people_import: PeopleImport) -> dict[str, Any]:
    problems = people_import.problems.order_by("row", "id")
    return {
        "people_import": people_import,
        "topic": f"{TOPIC}.{people_import.pk}",
        "problem_count": problems.count(),
        "problems": [
            {
                "row": problem.row,
                "column": problem_column(problem.column),
                "sentence": problem_sentence(problem.reason, problem.shown),
            }
            for problem in problems[:PROBLEMS_SHOWN]
        ],
        "sample": [
            {**line, "fields": [problem_column(field) for field in line["fields"]]} for line in people_import.sample
        ],
        "waiting": queries.accounts_without_password().count()
        if people_import.state == PeopleImport.State.APPLIED
        else 0,
    }
