"""One person: the page, changing it, looks at personal data, leaving and erasing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.ledger.queries import history_of
from postroad.org import actions, queries
from postroad.org.forms import EndPersonForm, PersonForm, ReasonForm, blame
from postroad.org.models import Person, today
from postroad.org.permissions import Permission, get_person_for, may_assign
from postroad.org.person_facts import person_facts
from postroad.org.personal import masked
from postroad.org.roles import Role
from postroad.org.views.personal import lines_of, reveal
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from django import forms

    from postroad.org.middleware import StaffRequest

HISTORY_SHOWN = 50


@requires(Permission.PERSON_VIEW)
@require_GET
def person(request: StaffRequest, person_id: UUID) -> HttpResponse:
    shown = get_person_for(request.person, person_id, Permission.PERSON_VIEW)
    return render(request, "org/person.html", page_context(request, shown))


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def person_edit(request: StaffRequest, person_id: UUID) -> HttpResponse:
    changing = get_person_for(request.person, person_id, Permission.PERSON_EDIT)
    form = PersonForm(request.POST or None, initial=PersonForm.initial_of(changing))
    form.show_masks(masked([changing])[changing.pk])
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_person(
                person=changing, personal=form.personal(), actor=request.person.as_actor(), **form.plain()
            )
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("org:person", changing.pk)
    return form_page(request, form, title=_("Change %(name)s") % {"name": changing}, person=changing)


@requires(Permission.PERSON_REVEAL)
@require_POST
def person_reveal(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """One personal value in plain, after saying why."""
    shown = get_person_for(request.person, person_id, Permission.PERSON_REVEAL)
    return reveal(
        request,
        shown,
        page="org/person.html",
        reveal_url=reverse("org:person_reveal", args=[shown.pk]),
        context=lambda: page_context(request, shown),
    )


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def person_end(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Record the last day."""
    leaving = get_person_for(request.person, person_id, Permission.PERSON_EDIT)
    form = EndPersonForm(request.POST or None, initial={"left_on": leaving.left_on or today()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_person(person=leaving, left_on=form.cleaned_data["left_on"], actor=request.person.as_actor())
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("The leaving date was recorded."))
            return redirect("org:person", leaving.pk)
    title = _("%(name)s leaves") % {"name": leaving}
    return form_page(request, form, title=title, person=leaving, save=_("Record the leaving date"))


@requires(Permission.PERSON_EDIT)
@require_POST
def person_stay(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Take the leaving date back."""
    staying = get_person_for(request.person, person_id, Permission.PERSON_EDIT)
    actions.withdraw_leaving(person=staying, actor=request.person.as_actor())
    messages.success(request, _("The leaving date was taken back. Give roles and open the account again where needed."))
    return redirect("org:person", staying.pk)


@requires(Permission.PERSON_ERASE)
@require_http_methods(["GET", "POST"])
def person_erase(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Erase the personal data of somebody who has left."""
    erasing = get_person_for(request.person, person_id, Permission.PERSON_ERASE)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.erase_personal(subject=erasing, reason=form.cleaned_data["reason"], actor=request.person.as_actor())
        messages.success(request, _("The personal data was erased."))
        return redirect("org:person", erasing.pk)
    return form_page(
        request,
        form,
        title=_("Erase the personal data of %(name)s") % {"name": erasing},
        person=erasing,
        save=_("Erase for good"),
        warning=_(
            "Name, mail address, telephone and postal address can never be read again. What was done stays on record."
        ),
    )


def page_context(request: StaffRequest, shown: Person) -> dict[str, Any]:
    """What the page of a person shows to this reader."""
    own = shown.pk == request.person.pk
    may_edit = request.user.may(Permission.PERSON_EDIT)
    department = shown.department
    return {
        "facts": person_facts(request, shown),
        "shown": shown,
        "own": own,
        "path": queries.path_of(department) if department else "",
        "head": queries.head_of(department) if department else None,
        "leader": queries.supervising_leader_of(department) if department else None,
        "posts": [(post, may_assign(request.person, Role(post.role), shown)) for post in queries.posts_of(shown)],
        "lines": lines_of(shown),
        "reveal_url": reverse("org:profile_reveal" if own else "org:person_reveal", args=[] if own else [shown.pk]),
        "account": getattr(shown, "account", None),
        "today": today(),
        "may_edit": may_edit,
        "may_reveal": own or request.user.may(Permission.PERSON_REVEAL),
        "may_erase": request.user.may(Permission.PERSON_ERASE) and not shown.is_active_on(today()),
        "may_assign": not own and request.user.may(Permission.POST_ASSIGN),
        "may_manage_account": request.user.may(Permission.ACCOUNT_MANAGE),
        "entries": history_of(shown)[:HISTORY_SHOWN] if may_edit else [],
    }


def form_page(
    request: StaffRequest, form: forms.Form, *, title: str, person: Person, save: str = "", warning: str = ""
) -> HttpResponse:
    """A form about a person on a page of its own."""
    context = {
        "form": form,
        "title": title,
        "back": reverse("org:person", args=[person.pk]),
        "save": save or _("Save"),
        "warning": warning,
    }
    return render(request, "org/form.html", context, status=422 if form.errors else 200)
