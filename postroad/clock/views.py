"""Pages of calendars, promises and duties, and what they show on My work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.clock import actions, permissions, queries
from postroad.clock.actions.duties import DUTY_KIND
from postroad.clock.definitions import pin
from postroad.clock.forms import CalendarForm, CompleteForm, DutyForm, VersionForm, blame, initial_of
from postroad.clock.models import Calendar, CalendarVersion, Duty
from postroad.clock.permissions import Permission
from postroad.clock.workingtime import WorkingCalendar, published_days
from postroad.org.models import today
from postroad.platform.authorisation import requires, signed_in
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.pagination import keyset

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest

_CARD_ROWS = 8
_PREVIEW_DAYS = 366 * 2
_OFFICE_WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:00, 13:30-18:00")


@require_safe
@requires(Permission.CALENDAR_VIEW)
def calendars(request: StaffRequest) -> HttpResponse:
    shown = [
        {"version": version, "missing_years": queries.missing_years(version.working_calendar())}
        for version in queries.calendars()
    ]
    may_edit = request.user.may(Permission.CALENDAR_EDIT)
    return render(request, "clock/calendars.html", {"shown": shown, "may_edit": may_edit})


@require_safe
@requires(Permission.CALENDAR_VIEW)
def calendar(request: StaffRequest, key: str) -> HttpResponse:
    found = permissions.get_calendar_for(request.person, key, Permission.CALENDAR_VIEW)
    versions = queries.versions_of(found)
    current = found.current_version()
    shown = next((one for one in versions if str(one.number) == request.GET.get("version")), current)
    year = _year(request.GET.get("year", ""), shown.working_calendar())
    return render(
        request,
        "clock/calendar.html",
        {
            "calendar": found,
            "versions": versions,
            "current": current,
            "shown": shown,
            "week": queries.week_of(shown.working_calendar()),
            "year": year,
            "months": queries.year_view(shown.working_calendar(), year),
            "missing_years": queries.missing_years(current.working_calendar()),
            "may_edit": request.user.may(Permission.CALENDAR_EDIT),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.CALENDAR_EDIT)
def new_calendar(request: StaffRequest) -> HttpResponse:
    initial = {"zone": timezone.get_default_timezone_name(), "statutory": True, "valid_from": today(), **_OFFICE_WEEK}
    form = CalendarForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and _is_right(form):
        data = form.cleaned_data
        try:
            created = actions.create_calendar(
                key=data["key"],
                name=data["name"],
                name_en=data["name_en"],
                definition=form.definition(),
                valid_from=form.valid_from_moment(),
                note=data["note"],
                actor=request.person.as_actor(),
            )
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("The calendar %(name)s was created.") % {"name": created})
            return redirect(created)
    return _version_page(request, form, calendar=None)


@require_http_methods(["GET", "POST"])
@requires(Permission.CALENDAR_EDIT)
def new_version(request: StaffRequest, key: str) -> HttpResponse:
    found = permissions.get_calendar_for(request.person, key, Permission.CALENDAR_EDIT)
    latest = queries.versions_of(found)[0]
    form = VersionForm(request.POST or None, request.FILES or None, initial=initial_of(latest))
    if request.method != "POST" or not _is_right(form):
        return _version_page(request, form, calendar=found)
    try:
        if request.POST.get("step") != "save":
            after = WorkingCalendar.from_spec(pin(form.definition()))
            return _version_page(request, form, calendar=found, changes=_changes(latest, after, form))
        version = actions.add_version(
            calendar=found,
            definition=form.definition(),
            valid_from=form.valid_from_moment(),
            note=form.cleaned_data["note"],
            actor=request.person.as_actor(),
        )
    except Invalid as refusal:
        blame(form, refusal)
        return _version_page(request, form, calendar=found)
    messages.success(request, _("Version %(number)s was added.") % {"number": version.number})
    return redirect(found)


@require_safe
@signed_in
def deadlines(request: StaffRequest) -> HttpResponse:
    return render(request, "clock/deadlines.html", _deadlines_context(request))


@require_safe
@signed_in
def deadlines_results(request: StaffRequest) -> HttpResponse:
    return render(request, "clock/deadlines_results.html", _deadlines_context(request))


@require_safe
@signed_in
def deadline(request: StaffRequest, deadline_id: UUID) -> HttpResponse:
    found = permissions.get_deadline_for(request.person, deadline_id)
    context = {"deadline": found, "told": queries.explain(found), "events": queries.history_of(found)}
    return render(request, "clock/deadline.html", context)


@require_safe
@requires(Permission.DUTY_VIEW)
def duties(request: StaffRequest) -> HttpResponse:
    context = {
        "mine": _with_right(queries.occurrences_to_do(request.person), request),
        "today": _with_right(queries.occurrences_on(today()), request),
        "duties": queries.duties(on=today()),
        "may_manage": request.user.may(Permission.DUTY_MANAGE),
    }
    return render(request, "clock/duties.html", context)


@require_safe
@requires(Permission.DUTY_VIEW)
def duty(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    found = permissions.get_duty_for(request.person, duty_id, Permission.DUTY_VIEW)
    page = keyset(queries.occurrences_of(found), order=("-day", "-id"), cursor=request.GET.get("cursor"), size=30)
    context = {
        "duty": found,
        "page": page,
        "may_complete": permissions.may_complete(request.person, found),
        "may_manage": request.user.may(Permission.DUTY_MANAGE),
        "form": CompleteForm(),
    }
    return render(request, "clock/duty.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.DUTY_MANAGE)
def new_duty(request: StaffRequest) -> HttpResponse:
    form = DutyForm(request.POST or None, initial={"starts_on": today()})
    if request.method == "POST" and form.is_valid():
        try:
            created = actions.create_duty(actor=request.person.as_actor(), **form.cleaned_data)
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("The duty %(name)s was created.") % {"name": created})
            return redirect(created)
    return _form_page(request, "clock/duty_form.html", form, duty=None)


@require_http_methods(["GET", "POST"])
@requires(Permission.DUTY_MANAGE)
def edit_duty(request: StaffRequest, duty_id: UUID) -> HttpResponse:
    found = permissions.get_duty_for(request.person, duty_id, Permission.DUTY_MANAGE)
    if found.is_again:
        raise Conflict(_("This is set up on a page of its own; go there."))
    form = DutyForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_duty(duty=found, actor=request.person.as_actor(), **form.cleaned_data)
        except Invalid as refusal:
            blame(form, refusal)
        else:
            messages.success(request, _("The duty was changed."))
            return redirect(found)
    return _form_page(request, "clock/duty_form.html", form, duty=found)


@require_POST
@requires(Permission.DUTY_DO)
def complete_duty(request: StaffRequest, occurrence_id: UUID) -> HttpResponse:
    occurrence = permissions.get_occurrence_to_do(request.person, occurrence_id)
    if occurrence.duty.page:
        raise Conflict(_("This is done on a page of its own; go there."))
    form = CompleteForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("The note is too long."))
    actions.complete_duty(occurrence=occurrence, person=request.person, note=form.cleaned_data["note"])
    messages.success(request, _("Marked as done."))
    return redirect(occurrence.duty)


def promises_card(request: HttpRequest) -> dict[str, Any] | None:
    """Return what a person has promised and not done yet, the most urgent first; None if nothing."""
    person = _person_of(request)
    if person is None:
        return None
    waiting = list(queries.running_for(person).exclude(kind=DUTY_KIND)[: _CARD_ROWS + 1])
    return {"deadlines": waiting[:_CARD_ROWS], "more": len(waiting) > _CARD_ROWS} if waiting else None


def duties_card(request: HttpRequest) -> dict[str, Any] | None:
    """Return the duties a person, or whom they stand in for, has to do today or should have done; None if none.

    What is done again and again is shown by who made it.
    """
    person = _person_of(request)
    if person is None:
        return None
    to_do = queries.occurrences_to_do(person).exclude(duty__frequency=Duty.Frequency.AGAIN)
    waiting = list(to_do[: _CARD_ROWS + 1])
    return {"occurrences": waiting[:_CARD_ROWS], "more": len(waiting) > _CARD_ROWS} if waiting else None


def _person_of(request: HttpRequest) -> Any:
    return getattr(request, "person", None)


def _is_right(form: VersionForm) -> bool:
    """Take in the file, if any, and tell whether the whole form is right."""
    try:
        form.take_in_file()
    except Invalid as refusal:
        form.is_valid()
        blame(form, refusal)
    return form.is_valid()


def _changes(latest: CalendarVersion, after: WorkingCalendar, form: VersionForm) -> list[queries.ChangedDay]:
    return queries.changed_days(
        latest.working_calendar(), after, start=form.cleaned_data["valid_from"], days=_PREVIEW_DAYS
    )


def _version_page(
    request: StaffRequest,
    form: VersionForm,
    *,
    calendar: Calendar | None,
    changes: list[queries.ChangedDay] | None = None,
) -> HttpResponse:
    known = {"published_until": max(published_days("CN")["years"])}
    return _form_page(
        request, "clock/version_form.html", form, calendar=calendar, changes=changes, days=_PREVIEW_DAYS, **known
    )


def _form_page(request: StaffRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


def _deadlines_context(request: StaffRequest) -> dict[str, Any]:
    page = keyset(queries.running_for(request.person), order=("due_at", "id"), cursor=request.GET.get("cursor"))
    return {"page": page}


def _with_right(occurrences: Any, request: StaffRequest) -> list[dict[str, Any]]:
    return [
        {"occurrence": one, "may_complete": permissions.may_complete(request.person, one.duty)} for one in occurrences
    ]


def _year(text: str, calendar: WorkingCalendar) -> int:
    this_year = timezone.now().astimezone(calendar.zone).year
    return int(text) if re.fullmatch(r"(19|20|21)\d\d", text, re.ASCII) else this_year
