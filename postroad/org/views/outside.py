"""Outside organisations and contacts."""

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
from postroad.org.forms import ContactForm, OrganisationForm, ReasonForm, blame
from postroad.org.models import Contact, Organisation
from postroad.org.permissions import Permission, get_contact_for, get_organisation_for
from postroad.org.personal import masked
from postroad.org.registry import account_managers
from postroad.org.views.personal import lines_of, reveal
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid
from postroad.platform.pagination import keyset

if TYPE_CHECKING:
    from django import forms

    from postroad.org.middleware import StaffRequest

ORDER = ("name", "id")
HISTORY_SHOWN = 30


@requires(Permission.CONTACT_VIEW)
@require_GET
def organisations(request: StaffRequest) -> HttpResponse:
    return render(request, "org/organisations.html", _organisations_context(request))


@requires(Permission.CONTACT_VIEW)
@require_GET
def organisations_results(request: StaffRequest) -> HttpResponse:
    return render(request, "org/organisations_results.html", _organisations_context(request))


@requires(Permission.CONTACT_VIEW)
@require_GET
def organisation(request: StaffRequest, organisation_id: UUID) -> HttpResponse:
    shown = get_organisation_for(request.person, organisation_id, Permission.CONTACT_VIEW)
    page = keyset(queries.contacts_matching(organisation=shown), order=ORDER, cursor=request.GET.get("cursor"), size=30)
    context = {
        "shown": shown,
        "manager": account_managers([shown.pk]).get(shown.pk),
        **_contact_rows(page),
        "may_edit": request.user.may(Permission.CONTACT_EDIT),
        "entries": history_of(shown)[:HISTORY_SHOWN],
    }
    return render(request, "org/organisation.html", context)


@requires(Permission.CONTACT_EDIT)
@require_http_methods(["GET", "POST"])
def organisation_new(request: StaffRequest) -> HttpResponse:
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            created = actions.create_organisation(**form.cleaned_data, actor=request.person.as_actor())
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": created})
            return redirect("org:organisation", created.pk)
    return _form_page(request, form, title=_("Add an organisation"), back=reverse("org:organisations"))


@requires(Permission.CONTACT_EDIT)
@require_http_methods(["GET", "POST"])
def organisation_edit(request: StaffRequest, organisation_id: UUID) -> HttpResponse:
    changing = get_organisation_for(request.person, organisation_id, Permission.CONTACT_EDIT)
    initial = {field: getattr(changing, field) for field in ("name", "name_en", "kind", "key_account", "note")}
    form = OrganisationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_organisation(organisation=changing, actor=request.person.as_actor(), **form.cleaned_data)
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("org:organisation", changing.pk)
    back = reverse("org:organisation", args=[changing.pk])
    return _form_page(request, form, title=_("Change %(name)s") % {"name": changing}, back=back)


@requires(Permission.CONTACT_VIEW)
@require_GET
def contacts(request: StaffRequest) -> HttpResponse:
    return render(request, "org/contacts.html", _contacts_context(request))


@requires(Permission.CONTACT_VIEW)
@require_GET
def contacts_results(request: StaffRequest) -> HttpResponse:
    return render(request, "org/contacts_results.html", _contacts_context(request))


@requires(Permission.CONTACT_VIEW)
@require_GET
def contact(request: StaffRequest, contact_id: UUID) -> HttpResponse:
    shown = get_contact_for(request.person, contact_id, Permission.CONTACT_VIEW)
    return render(request, "org/contact.html", _contact_context(request, shown))


@requires(Permission.CONTACT_REVEAL)
@require_POST
def contact_reveal(request: StaffRequest, contact_id: UUID) -> HttpResponse:
    """One personal value in plain, after saying why."""
    shown = get_contact_for(request.person, contact_id, Permission.CONTACT_REVEAL)
    return reveal(
        request,
        shown,
        page="org/contact.html",
        reveal_url=reverse("org:contact_reveal", args=[shown.pk]),
        context=lambda: _contact_context(request, shown),
    )


@requires(Permission.CONTACT_EDIT)
@require_http_methods(["GET", "POST"])
def contact_new(request: StaffRequest) -> HttpResponse:
    form = ContactForm(request.POST or None, initial={"organisation": request.GET.get("organisation")})
    if request.method == "POST" and form.is_valid():
        personal: dict[str, Any] = {str(field): text for field, text in form.personal().items()}
        try:
            created = actions.create_contact(**form.plain(), **personal, actor=request.person.as_actor())
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": created})
            return redirect("org:contact", created.pk)
    return _form_page(request, form, title=_("Add a contact"), back=reverse("org:contacts"))


@requires(Permission.CONTACT_EDIT)
@require_http_methods(["GET", "POST"])
def contact_edit(request: StaffRequest, contact_id: UUID) -> HttpResponse:
    changing = get_contact_for(request.person, contact_id, Permission.CONTACT_EDIT)
    fields = ("name", "title", "basis", "purpose", "consented_at")
    initial = {field: getattr(changing, field) for field in fields} | {"organisation": changing.organisation_id}
    form = ContactForm(request.POST or None, initial=initial)
    form.show_masks(masked([changing])[changing.pk])
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_contact(
                contact=changing, personal=form.personal(), actor=request.person.as_actor(), **form.plain()
            )
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("org:contact", changing.pk)
    back = reverse("org:contact", args=[changing.pk])
    return _form_page(request, form, title=_("Change %(name)s") % {"name": changing}, back=back)


@requires(Permission.CONTACT_ERASE)
@require_http_methods(["GET", "POST"])
def contact_erase(request: StaffRequest, contact_id: UUID) -> HttpResponse:
    """Erase a contact's personal data, for instance because they withdrew their consent."""
    erasing = get_contact_for(request.person, contact_id, Permission.CONTACT_ERASE)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.erase_personal(subject=erasing, reason=form.cleaned_data["reason"], actor=request.person.as_actor())
        messages.success(request, _("The personal data was erased."))
        return redirect("org:contact", erasing.pk)
    return _form_page(
        request,
        form,
        title=_("Erase the personal data of %(name)s") % {"name": erasing},
        back=reverse("org:contact", args=[erasing.pk]),
        save=_("Erase for good"),
        warning=_("Name, mail address and telephone can never be read again. What was said and done stays on record."),
    )


def _organisations_context(request: StaffRequest) -> dict[str, Any]:
    text, kind = request.GET.get("q", "")[:100], request.GET.get("kind", "")
    kind = kind if kind in Organisation.Kind.values else ""
    key_accounts = request.GET.get("key") == "1"
    found = queries.organisations_matching(text=text, kind=kind, key_accounts=key_accounts)
    page = keyset(found, order=ORDER, cursor=request.GET.get("cursor"))
    managers = account_managers([one.pk for one in page.items if one.key_account])
    return {
        "page": page,
        "rows": [{"organisation": one, "manager": managers.get(one.pk)} for one in page.items],
        "text": text,
        "kind": kind,
        "key_accounts": key_accounts,
        "kinds": Organisation.Kind.choices,
        "may_edit": request.user.may(Permission.CONTACT_EDIT),
    }


def _contacts_context(request: StaffRequest) -> dict[str, Any]:
    text = request.GET.get("q", "")[:100]
    page = keyset(queries.contacts_matching(text=text), order=ORDER, cursor=request.GET.get("cursor"))
    return {"text": text, **_contact_rows(page), "may_edit": request.user.may(Permission.CONTACT_EDIT)}


def _contact_rows(page: Any) -> dict[str, Any]:
    masks = masked(page.items)
    return {"page": page, "rows": [{"contact": contact, "masks": masks[contact.pk]} for contact in page.items]}


def _contact_context(request: StaffRequest, shown: Contact) -> dict[str, Any]:
    return {
        "shown": shown,
        "lines": lines_of(shown),
        "reveal_url": reverse("org:contact_reveal", args=[shown.pk]),
        "may_reveal": request.user.may(Permission.CONTACT_REVEAL),
        "may_edit": request.user.may(Permission.CONTACT_EDIT) and not shown.erased_at,
        "may_erase": request.user.may(Permission.CONTACT_ERASE) and not shown.erased_at,
        "entries": history_of(shown)[:HISTORY_SHOWN],
    }


def _form_page(
    request: StaffRequest, form: forms.Form, *, title: str, back: str, save: str = "", warning: str = ""
) -> HttpResponse:
    context = {"form": form, "title": title, "back": back, "save": save or _("Save"), "warning": warning}
    return render(request, "org/form.html", context, status=422 if form.errors else 200)
