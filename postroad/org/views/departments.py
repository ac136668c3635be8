"""The tree of departments, with heads and leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from postroad.org import actions, queries
from postroad.org.forms import ChangeDepartmentForm, DepartmentForm, blame
from postroad.org.permissions import Permission, get_department_for
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest


@requires(Permission.DEPARTMENT_VIEW)
@require_GET
def departments(request: StaffRequest) -> HttpResponse:
    context = {"nodes": queries.department_tree(), "may_edit": request.user.may(Permission.DEPARTMENT_EDIT)}
    return render(request, "org/departments.html", context)


@requires(Permission.DEPARTMENT_EDIT)
@require_http_methods(["GET", "POST"])
def department_new(request: StaffRequest) -> HttpResponse:
    form = DepartmentForm(request.POST or None, initial={"parent": request.GET.get("parent")})
    if request.method == "POST" and form.is_valid():
        try:
            department = actions.create_department(**form.cleaned_data, actor=request.person.as_actor())
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": department})
            return redirect("org:departments")
    return _form_page(request, form, _("Add a department"))


@requires(Permission.DEPARTMENT_EDIT)
@require_http_methods(["GET", "POST"])
def department_edit(request: StaffRequest, department_id: UUID) -> HttpResponse:
    department = get_department_for(request.person, department_id, Permission.DEPARTMENT_EDIT)
    initial = {
        "code": department.code,
        "name": department.name,
        "name_en": department.name_en,
        "parent": department.parent_id,
        "ended_on": department.ended_on,
    }
    form = ChangeDepartmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_department(department=department, actor=request.person.as_actor(), **form.cleaned_data)
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("org:departments")
    return _form_page(request, form, _("Change %(name)s") % {"name": department})


def _form_page(request: StaffRequest, form: DepartmentForm, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": reverse("org:departments"), "save": _("Save")}
    return render(request, "org/form.html", context, status=422 if form.errors else 200)
