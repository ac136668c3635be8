"""The directory: list, export, and adding somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.org import actions, queries
from postroad.org.forms import ExportForm, PersonForm, blame
from postroad.org.models import Department, Post, today
from postroad.org.permissions import Permission
from postroad.org.personal import masked
from postroad.org.roles import Role
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid
from postroad.platform.pagination import keyset
from postroad.platform.spreadsheets import download

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from postroad.org.middleware import StaffRequest

SORTS = {"name": ("name", "id"), "staff_no": ("staff_no", "id")}
STANDINGS = {
    "active": gettext_lazy("Working here"),
    "left": pgettext_lazy("person", "Left"),
    "all": gettext_lazy("All"),
}


@requires(Permission.PERSON_VIEW)
@require_GET
def people(request: StaffRequest) -> HttpResponse:
    return render(request, "org/people.html", _list_context(request))


@requires(Permission.PERSON_VIEW)
@require_GET
def people_results(request: StaffRequest) -> HttpResponse:
    return render(request, "org/people_results.html", _list_context(request))


@requires(Permission.PERSON_EXPORT)
@require_POST
def people_export(request: StaffRequest) -> HttpResponse:
    """The people of the list as a spreadsheet; plain personal data only with the right to it and a reason."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose .xlsx or .csv."))
    headings, rows = actions.export_people(
        reader=request.person,
        wanted=filter_of(request.POST),
        plain=form.cleaned_data["plain"],
        reason=form.cleaned_data["reason"],
    )
    return download(headings, rows, name=_("people"), kind=form.cleaned_data["kind"])


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def person_new(request: StaffRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, initial={"joined_on": today()})
    if request.method == "POST" and form.is_valid():
        personal: dict[str, Any] = {str(field): text for field, text in form.personal().items()}
        try:
            person = actions.create_person(**form.plain(), **personal, actor=request.person.as_actor())
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": person})
            return redirect("org:person", person.pk)
    context = {"form": form, "title": _("Add a person"), "back": reverse("org:people"), "save": _("Add")}
    return render(request, "org/form.html", context, status=422 if form.errors else 200)


def filter_of(parameters: QueryDict) -> queries.PeopleFilter:
    """The filter that a query string means; what it does not understand it leaves out."""
    role, standing = parameters.get("role", ""), parameters.get("standing", "active")
    return queries.PeopleFilter(
        text=parameters.get("q", "")[:100],
        standing=standing if standing in STANDINGS else "active",
        department=_department(parameters.get("department", "")),
        role=Role(role) if role in Role.values and role != Role.STAFF else None,
    )


def _department(text: str) -> Department | None:
    try:
        return Department.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _list_context(request: StaffRequest) -> dict[str, Any]:
    wanted = filter_of(request.GET)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "name"
    found = queries.people_matching(request.person, wanted)
    page = keyset(found, order=SORTS[sort], cursor=request.GET.get("cursor"))
    posts, masks = queries.roles_held(page.items), masked(page.items)
    return {
        "page": page,
        "rows": [
            {"person": person, "phone": masks[person.pk]["phone"], "roles": role_labels(posts.get(person.pk, []))}
            for person in page.items
        ],
        "wanted": wanted,
        "sort": sort,
        "standings": STANDINGS,
        "tree": queries.department_tree(),
        "roles": [role for role in Role if role != Role.STAFF],
        "today": today(),
        "may_edit": request.user.may(Permission.PERSON_EDIT),
        "may_import": request.user.may(Permission.PERSON_IMPORT),
        "may_export": request.user.may(Permission.PERSON_EXPORT),
        "may_reveal": request.user.may(Permission.PERSON_REVEAL),
    }


def role_labels(posts: Iterable[Post]) -> list[str]:
    """The distinct names of the roles of these posts, in the order of the roles."""
    held = {post.role for post in posts}
    return [str(role.label) for role in Role if role in held]
