"""The account of a person: opened, linked, closed by others; the password set by the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from postroad.org import actions
from postroad.org.forms import AccountForm, SetPasswordForm, blame
from postroad.org.models import Account
from postroad.org.permissions import Permission, account_behind_link, get_account_for, get_person_for
from postroad.org.views.person import form_page
from postroad.platform.authorisation import public, requires
from postroad.platform.errors import Invalid
from postroad.platform.spreadsheets import download

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest


@requires(Permission.ACCOUNT_MANAGE)
@require_http_methods(["GET", "POST"])
def account_open(request: StaffRequest, person_id: UUID) -> HttpResponse:
    person = get_person_for(request.person, person_id, Permission.ACCOUNT_MANAGE)
    form = AccountForm(request.POST or None, initial={"username": person.staff_no})
    if request.method == "POST" and form.is_valid():
        try:
            account = actions.open_account(
                person=person, username=form.cleaned_data["username"], actor=request.person.as_actor()
            )
        except Invalid as refusal:
            blame(form, refusal)
        else:
            return _show_link(request, account)
    title = _("Open an account for %(name)s") % {"name": person}
    return form_page(request, form, title=title, person=person, save=_("Open the account"))


@requires(Permission.ACCOUNT_MANAGE)
@require_POST
@never_cache
def account_link(request: StaffRequest, account_id: UUID) -> HttpResponse:
    """A fresh one-time link to set the password, shown once."""
    return _show_link(request, get_account_for(request.person, account_id, Permission.ACCOUNT_MANAGE))


@requires(Permission.ACCOUNT_MANAGE)
@require_POST
def account_close(request: StaffRequest, account_id: UUID) -> HttpResponse:
    return _change(request, account_id, actions.close_account, _("The account was closed."))


@requires(Permission.ACCOUNT_MANAGE)
@require_POST
def account_reopen(request: StaffRequest, account_id: UUID) -> HttpResponse:
    return _change(request, account_id, actions.reopen_account, _("The account is open again; give the person a link."))


@requires(Permission.ACCOUNT_MANAGE)
@require_POST
def account_reset_factor(request: StaffRequest, account_id: UUID) -> HttpResponse:
    return _change(request, account_id, actions.reset_second_factor, _("The second factor was removed."))


@requires(Permission.ACCOUNT_MANAGE)
@require_POST
@never_cache
def account_links(request: StaffRequest) -> HttpResponse:
    """Links for everybody who has no password yet, as a spreadsheet to send out from."""
    links = actions.issue_password_links(actor=request.person.as_actor())
    headings = [_("Staff number"), pgettext("person", "Name"), _("User name"), _("Link to set the password")]
    rows = [
        [account.person.staff_no, account.person.name, account.username, _link(request, account, token)]
        for account, token in links
        if account.person
    ]
    return download(headings, rows, name=_("password links"))


@public(reason="who has the one-time link has no password yet")
@require_http_methods(["GET", "POST"])
@never_cache
def password_set(request: HttpRequest, account_id: UUID, token: str) -> HttpResponse:
    account = account_behind_link(account_id, token)
    form = SetPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_password(account=account, token=token, password=form.cleaned_data["password"])
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("Your password is set. Sign in with it."))
            return redirect("account_login")
    return render(
        request, "org/password_set.html", {"form": form, "account": account}, status=422 if form.errors else 200
    )


def _show_link(request: StaffRequest, account: Account) -> HttpResponse:
    token = actions.issue_password_link(account=account, actor=request.person.as_actor())
    return render(request, "org/account_link.html", {"account": account, "link": _link(request, account, token)})


def _link(request: HttpRequest, account: Account, token: str) -> str:
    return request.build_absolute_uri(reverse("org:password_set", args=[account.pk, token]))


def _change(request: StaffRequest, account_id: UUID, action: Callable[..., object], message: str) -> HttpResponse:
    account = get_account_for(request.person, account_id, Permission.ACCOUNT_MANAGE)
    action(account=account, actor=request.person.as_actor())
    messages.success(request, message)
    return redirect("org:person", account.person_id)
