"""Pages of key accounts: who looks after whom, how that stands, when they were in touch, and from hand to hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.accounts import actions, queries
from postroad.accounts.forms import (
    AbsenceForm,
    AbsenceOfForm,
    AccountForm,
    ContactForm,
    HandOverForm,
    NewAccountForm,
    ReasonForm,
    SuccessorForm,
    show,
)
from postroad.accounts.models import KeyAccount, Medium
from postroad.accounts.permissions import (
    Permission,
    get_absence_for,
    get_account_for,
    get_account_to_keep,
    get_hand_over_for,
    headed_departments,
    may_enter,
    may_keep,
    may_name,
    may_settle,
)
from postroad.ledger.queries import history_of
from postroad.org.models import Person
from postroad.org.permissions import Permission as OrgPermission
from postroad.platform.authorisation import requires
from postroad.platform.errors import DomainError, Refused
from postroad.platform.pagination import keyset
from postroad.platform.spreadsheets import Cell, download

if TYPE_CHECKING:
    from django import forms

    from postroad.accounts.queries import Standing
    from postroad.org.middleware import StaffRequest

ORDER = ("next_due", "id")
MOST_EXPORTED = 5000
HISTORY_SHOWN = 20


# --- list ---------------------------------------------------------------------------------------------------


@require_safe
@requires(Permission.VIEW)
def accounts(request: StaffRequest) -> HttpResponse:
    """The key accounts one sees, the most urgent first."""
    return render(request, "accounts/accounts.html", _list_context(request))


@require_safe
@requires(Permission.VIEW)
def accounts_results(request: StaffRequest) -> HttpResponse:
    return render(request, "accounts/accounts_results.html", _list_context(request))


@require_safe
@requires(Permission.VIEW)
def export(request: StaffRequest) -> HttpResponse:
    """The list as it is narrowed, as a workbook; recorded."""
    found = queries.accounts_matching(request.person, _filter(request)).order_by(*ORDER)[:MOST_EXPORTED]
    rows = [_row(one) for one in queries.standings(list(found))]
    actions.record_export(count=len(rows), actor=request.person.as_actor())
    headings = [
        _("Customer"), _("Account manager"), _("Deputy account manager"), _("Looks after it today"),
        _("Contact rhythm"),
        _("Last contact"), _("Next due"), _("Overdue"), _("Contract number"), _("Contract valid until"),
        _("Key account since"),
    ]  # fmt: skip
    return download(headings, rows, name=_("Key accounts"))


def _row(one: Standing) -> list[Cell]:
    account, due = one.account, one.next
    return [
        str(account),
        str(account.manager),
        str(account.deputy or ""),
        str(one.answering or ""),
        "; ".join(str(beat.rhythm) for beat in one.beats),
        timezone.localtime(one.last_at) if one.last_at else None,
        timezone.localtime(due.deadline.due_at) if due and due.deadline else None,
        ", ".join(str(beat.rhythm.get_medium_display()) for beat in one.overdue),
        account.contract_number,
        account.contract_until,
        account.opened_on,
    ]


def _filter(request: StaffRequest) -> queries.AccountFilter:
    asked = request.GET.get("show", "")
    return queries.AccountFilter(
        text=request.GET.get("q", "").strip()[:100], show=asked if asked in queries.SHOWS else ""
    )


def _list_context(request: StaffRequest) -> dict[str, Any]:
    wanted = _filter(request)
    found = queries.accounts_matching(request.person, wanted)
    page = keyset(found, order=ORDER, cursor=request.GET.get("cursor"))
    may_name_somebody = request.user.may(Permission.KEEP)
    return {
        "page": page,
        "standings": queries.standings(page.items),
        "unnamed": queries.without_manager() if may_name_somebody or request.user.may(Permission.VIEW_ALL) else [],
        "text": wanted.text,
        "show": wanted.show,
        "shows": [
            ("", pgettext("key accounts", "All")),
            ("mine", _("Mine")),
            ("overdue", _("Overdue")),
            ("soon", _("Due within a week")),
            ("quiet", _("Not spoken to for 30 days")),
            ("hand-over", _("To be handed over")),
            ("ended", pgettext("key accounts", "Ended")),
        ],
        "may_keep": may_name_somebody,
        "query": request.GET.urlencode(),
    }


# --- one account --------------------------------------------------------------------------------------------


@require_safe
@requires(Permission.VIEW)
def account(request: StaffRequest, account_id: UUID) -> HttpResponse:
    """Who looks after a customer, how that stands, and everything that was said."""
    found = get_account_for(request.person, account_id)
    keeps = may_keep(request.person, found)
    context = {
        "account": found,
        "standing": queries.standings([found])[0],
        "may_keep": keeps,
        "may_enter": may_enter(request.person, found),
        "may_see_organisation": request.user.may(OrgPermission.CONTACT_VIEW),
        "may_hand_over": found.ended_on is None and (keeps or request.person.pk == found.manager_id),
        "entries": history_of(found)[:HISTORY_SHOWN],
        **_log_context(request, found),
    }
    return render(request, "accounts/account.html", context)


@require_safe
@requires(Permission.VIEW)
def log(request: StaffRequest, account_id: UUID) -> HttpResponse:
    found = get_account_for(request.person, account_id)
    return render(request, "accounts/_log.html", {"account": found, **_log_context(request, found)})


def _log_context(request: StaffRequest, found: KeyAccount) -> dict[str, Any]:
    medium = request.GET.get("medium", "")
    page = keyset(
        queries.touches_of(found, medium=medium), order=("-at", "-id"), cursor=request.GET.get("cursor"), size=40
    )
    return {"page": page, "lines": queries.lines(page.items), "medium": medium, "media": Medium.choices}


@require_http_methods(["GET", "POST"])
@requires(Permission.KEEP)
def new(request: StaffRequest) -> HttpResponse:
    """Name who looks after an organisation."""
    initial = {"organisation": request.GET.get("organisation"), **NewAccountForm.usual()}
    form = NewAccountForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if not may_name(request.person, data["manager"]):
                raise Refused(_("You name managers in your own department only."))
            opened = actions.open_account(
                organisation=data["organisation"],
                manager=data["manager"],
                deputy=data["deputy"],
                rhythms=form.rhythms(),
                contract=form.contract(),
                note=data["note"],
                actor=request.person.as_actor(),
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(
                request,
                _("%(name)s looks after %(customer)s now.") % {"name": opened.manager, "customer": opened},
            )
            return redirect(opened)
    return _account_form(request, form, title=_("Name an account manager"), back=reverse("accounts:accounts"))


@require_http_methods(["GET", "POST"])
@requires(Permission.KEEP)
def edit(request: StaffRequest, account_id: UUID) -> HttpResponse:
    """Change deputy, rhythm and contract; the manager changes by a hand-over."""
    found = get_account_to_keep(request.person, account_id)
    [standing] = queries.standings([found])
    form = AccountForm(request.POST or None, initial=AccountForm.initial_of(found, standing.beats))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_account(
                account=found,
                deputy=form.cleaned_data["deputy"],
                rhythms=form.rhythms(),
                contract=form.contract(),
                note=form.cleaned_data["note"],
                actor=request.person.as_actor(),
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(found)
    return _account_form(request, form, title=_("Change %(name)s") % {"name": found}, back=found.get_absolute_url())


@require_http_methods(["GET", "POST"])
@requires(Permission.KEEP)
def end(request: StaffRequest, account_id: UUID) -> HttpResponse:
    found = get_account_to_keep(request.person, account_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_account(account=found, reason=form.cleaned_data["reason"], actor=request.person.as_actor())
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("%(name)s is no key account any more.") % {"name": found})
            return redirect(found)
    return _form_page(
        request,
        form,
        account=found,
        title=_("End the key account %(name)s") % {"name": found},
        text=_("Nobody has to be in touch any more. The contact log and the history stay."),
        save=_("End the key account"),
        danger=True,
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.WORK)
def contact_new(request: StaffRequest, account_id: UUID) -> HttpResponse:
    """Note down a visit, a meeting, or what was said where Postroad does not listen."""
    found = get_account_for(request.person, account_id)
    if not may_enter(request.person, found):
        raise Refused(_("Only who works with this customer notes down contacts."))
    form = ContactForm(request.POST or None, account=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.enter_contact(
                account=found,
                person=request.person,
                medium=Medium(data["medium"]),
                at=data["at"],
                words=data["words"],
                contact=data["contact"],
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The contact is in the log."))
            return redirect(found)
    return _form_page(
        request,
        form,
        account=found,
        title=_("Note down a contact"),
        text=_("Messages and calls through Postroad are in the log by themselves. Note down the rest here."),
        save=_("Note down"),
    )


# --- hand-overs ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@requires(Permission.WORK)
def hand_over_new(request: StaffRequest, account_id: UUID) -> HttpResponse:
    """Ask somebody to take an account over: who manages it, or who keeps it."""
    found = get_account_for(request.person, account_id)
    if found.ended_on or not (request.person.pk == found.manager_id or may_keep(request.person, found)):
        raise Refused(_("Only the manager, or who keeps this key account, hands it over."))
    form = HandOverForm(request.POST or None, initial={"proposed": found.deputy})
    if request.method == "POST" and form.is_valid():
        try:
            opened = actions.open_hand_over(
                account=found,
                proposed=form.cleaned_data["proposed"],
                words=form.cleaned_data["words"],
                actor=request.person.as_actor(),
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("%(name)s was asked and has a due date.") % {"name": opened.proposed})
            return redirect(found)
    return _form_page(
        request,
        form,
        account=found,
        title=_("Hand over %(name)s") % {"name": found},
        text=_("Until it is taken over, everything stays with %(name)s.") % {"name": found.manager},
        save=_("Ask"),
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.WORK)
def hand_over(request: StaffRequest, hand_over_id: UUID) -> HttpResponse:
    """One hand-over; posting settles it."""
    shown = get_hand_over_for(request.person, hand_over_id)
    decides = may_settle(request.person, shown)
    form = SuccessorForm(request.POST or None, initial={"successor": shown.proposed})
    if request.method == "POST" and not decides:
        raise Refused(_("Only who is to take it over, or who keeps this key account, settles this."))
    if request.method == "POST" and form.is_valid():
        successor = form.cleaned_data["successor"]
        try:
            if successor.pk not in {request.person.pk, shown.previous_id} and not may_keep(
                request.person, shown.account
            ):
                raise Refused(_("Ask who keeps this key account to name somebody else."))
            actions.take_over(hand_over=shown, successor=successor, person=request.person)
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(
                request, _("%(name)s looks after %(customer)s now.") % {"name": successor, "customer": shown}
            )
            return redirect(shown)
    context = {"hand_over": shown, "account": shown.account, "form": form, "decides": decides}
    return render(request, "accounts/hand_over.html", context, status=422 if form.errors else 200)


# --- absences -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@requires(Permission.WORK)
def absences(request: StaffRequest) -> HttpResponse:
    """One's own absences, and those of the people whose accounts one keeps; posting enters one."""
    keeps = request.user.may(Permission.KEEP)
    form_class = AbsenceOfForm if keeps else AbsenceForm
    form = form_class(request.POST or None, initial={"person": request.person})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        person = data.get("person", request.person)
        try:
            if person.pk != request.person.pk and not may_name(request.person, person):
                raise Refused(_("You enter absences in your own department only."))
            actions.enter_absence(
                person=person,
                starts_on=data["starts_on"],
                ends_on=data["ends_on"],
                reason=data["reason"],
                actor=request.person.as_actor(),
            )
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The absence is entered. Deputies step in meanwhile."))
            return redirect("accounts:absences")
    context = {"form": form, "absences": queries.absences(_people_of(request)), "keeps": keeps}
    return render(request, "accounts/absences.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.WORK)
def absence_end(request: StaffRequest, absence_id: UUID) -> HttpResponse:
    """Somebody is back."""
    absence = get_absence_for(request.person, absence_id)
    actions.end_absence(absence=absence, actor=request.person.as_actor())
    messages.success(request, _("%(name)s is back.") % {"name": absence.person})
    return redirect("accounts:absences")


def _people_of(request: StaffRequest) -> Any:
    """Whose absences the reader keeps."""
    if request.user.may(Permission.KEEP_ANY):
        return Person.objects.all()
    below = Person.objects.filter(department__in=headed_departments(request.person))
    return below | Person.objects.filter(pk=request.person.pk)


def _account_form(request: StaffRequest, form: AccountForm, *, title: str, back: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": back}
    return render(request, "accounts/account_form.html", context, status=422 if form.errors else 200)


def _form_page(
    request: StaffRequest,
    form: forms.Form,
    *,
    account: KeyAccount,
    title: str,
    text: str,
    save: str,
    danger: bool = False,
) -> HttpResponse:
    context = {"form": form, "account": account, "title": title, "text": text, "save": save, "danger": danger}
    return render(request, "accounts/form.html", context, status=422 if form.errors else 200)
