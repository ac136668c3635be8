"""Applying: lines are written down as a draft, the draft shows what it would do and who is asked, then it goes off."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.access import actions, queries
from postroad.access.forms import ApplicationForm, ChangeForm, ImportForm, LineForms, ReasonForm, show_refusal
from postroad.access.lines import LineAction, lines_of
from postroad.access.naming import Names
from postroad.access.permissions import (
    Permission,
    applicable_channels,
    get_grant_for,
    get_grants_for,
    get_own_application_for,
)
from postroad.approvals.models import Request
from postroad.org.middleware import StaffRequest
from postroad.org.models import today
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid, NotFound


@requires(Permission.APPLICATION_SUBMIT)
@require_http_methods(["GET", "POST"])
def apply(request: StaffRequest) -> HttpResponse:
    """A new application of one or several lines."""
    if request.method != "POST":
        return _apply_page(request, ApplicationForm(), LineForms.empty([_known_already(request)]))
    if "more" in request.POST or "drop" in request.POST:
        given = {"reason": request.POST.get("reason", ""), "urgent": request.POST.get("urgent")}
        return _apply_page(request, ApplicationForm(initial=given), LineForms.reshaped(request.POST))
    form, lines = ApplicationForm(request.POST), LineForms.posted(request.POST)
    if all([form.is_valid(), lines.is_valid()]):
        try:
            draft = actions.draft_application(
                lines=lines.values(),
                reason=form.cleaned_data["reason"],
                urgent=form.cleaned_data["urgent"],
                applicant=request.person,
                actor=request.person.as_actor(),
            )
        except Invalid as refusal:
            show_refusal(refusal, form, lines)
        else:
            return redirect("access:application", draft.pk)
    return _apply_page(request, form, lines)


@requires(Permission.APPLICATION_SUBMIT)
@require_GET
def application(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """What a draft or a returned application would do, and who would be asked."""
    draft = get_own_application_for(request.person, request_id)
    if draft.state not in Request.CHANGEABLE:
        return redirect(draft)
    return render(request, "access/application.html", _preview(draft))


@requires(Permission.APPLICATION_SUBMIT)
@require_http_methods(["GET", "POST"])
def application_edit(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """Change the reason of an application, and the lines that grant something new; others can be dropped."""
    draft = get_own_application_for(request.person, request_id)
    if draft.state not in Request.CHANGEABLE:
        return redirect(draft)
    fixed = [line for line in lines_of(draft.payload) if line.action != LineAction.ADD]
    new = [line for line in lines_of(draft.payload) if line.action == LineAction.ADD]
    if request.method != "POST":
        form = ReasonForm(initial={"reason": draft.payload["reason"]})
        return _edit_page(request, draft, form, LineForms.empty([_as_typed(line) for line in new]), fixed)
    kept = [line for line in fixed if str(line.grant_id) not in request.POST.getlist("without")]
    if "more" in request.POST or "drop" in request.POST:
        form = ReasonForm(initial={"reason": request.POST.get("reason", "")})
        return _edit_page(request, draft, form, LineForms.reshaped(request.POST), kept)
    form = ReasonForm(request.POST)
    lines = LineForms.posted(request.POST) if new or "line-0-channel" in request.POST else LineForms([])
    if all([form.is_valid(), lines.is_valid()]):
        try:
            actions.revise_application(
                request=draft,
                lines=[*lines.values(), *kept],
                reason=form.cleaned_data["reason"],
                actor=request.person.as_actor(),
            )
        except Invalid as refusal:
            show_refusal(refusal, form, lines)
        else:
            return redirect("access:application", draft.pk)
    return _edit_page(request, draft, form, lines, fixed)


@requires(Permission.APPLICATION_SUBMIT)
@require_POST
def application_submit(request: StaffRequest, request_id: UUID) -> HttpResponse:
    draft = get_own_application_for(request.person, request_id)
    try:
        submitted = actions.submit_application(request=draft, actor=request.person.as_actor())
    except Invalid as refusal:
        context = {**_preview(draft), "problems": list(refusal.fields.values())}
        return render(request, "access/application.html", context, status=422)
    messages.success(request, _("The application was submitted. You see here how it goes on."))
    return redirect(submitted)


@requires(Permission.APPLICATION_SUBMIT)
@require_POST
def application_discard(request: StaffRequest, request_id: UUID) -> HttpResponse:
    draft = get_own_application_for(request.person, request_id)
    actions.discard_application(request=draft, actor=request.person.as_actor())
    messages.info(request, _("The draft was thrown away."))
    return redirect("access:grants")


@requires(Permission.APPLICATION_SUBMIT)
@require_http_methods(["GET", "POST"])
def change(request: StaffRequest, grant_id: UUID) -> HttpResponse:
    grant = get_grant_for(request.person, grant_id)
    form = ChangeForm(request.POST or None, initial={"content": grant.content, "ends_on": grant.ends_on})
    if request.method == "POST" and form.is_valid():
        line = form.on(queries.line_about(grant, LineAction.CHANGE))
        draft = _draft(request, form, [line])
        if draft is not None:
            return redirect("access:application", draft.pk)
    context = {"form": form, "grants": [grant], "title": _("Change a permission"), "back": grant.get_absolute_url()}
    return render(request, "access/change.html", context, status=422 if form.errors else 200)


@requires(Permission.APPLICATION_SUBMIT)
@require_http_methods(["GET", "POST"])
def revoke(request: StaffRequest) -> HttpResponse:
    """Apply for revoking the grants that were chosen in the list."""
    chosen = request.POST.getlist("grant") or request.GET.getlist("grant")
    grants = get_grants_for(request.person, [_uuid(text) for text in chosen])
    if not grants:
        messages.info(request, _("Choose the permissions to revoke first."))
        return redirect("access:grants")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        lines = [queries.line_about(grant, LineAction.END) for grant in grants]
        draft = _draft(request, form, lines)
        if draft is not None:
            return redirect("access:application", draft.pk)
    context = {"form": form, "grants": grants, "title": _("Revoke permissions"), "back": reverse("access:grants")}
    return render(request, "access/change.html", context, status=422 if form.errors else 200)


@requires(Permission.GRANT_IMPORT)
@require_http_methods(["GET", "POST"])
def form2_import(request: StaffRequest) -> HttpResponse:
    """A filled Form 2: compared with the list, and turned into one application."""
    form = ImportForm(request.POST or None, request.FILES or None)
    found = None
    if request.method == "POST" and form.is_valid():
        found = actions.read_form2(form.cleaned_data["file"], whole=form.cleaned_data["whole"])
        if not found.problems and not found.lines:
            messages.info(request, _("The file says what is granted already; there is nothing to apply for."))
            return redirect("access:grants")
        draft = _draft(request, form, found.lines) if found.lines else None
        if draft is not None:
            text = ngettext("%(count)d line was read.", "%(count)d lines were read.", found.rows)
            messages.success(request, text % {"count": found.rows})
            return redirect("access:application", draft.pk)
    problems = found.problems if found else []
    context = {"form": form, "problems": problems, "shown_problems": problems[:200]}
    return render(request, "access/import.html", context, status=422 if form.errors or problems else 200)


@requires(Permission.APPLICATION_SUBMIT)
@require_GET
def suggestions(request: StaffRequest, what: str) -> HttpResponse:
    """The few channels, or people, departments and posts, that fit what was typed."""
    typed = next((str(value) for value in request.GET.values() if value), "")[:60].strip()
    if what == "channels":
        options = queries.channels_like(applicable_channels(request.person), typed)
    elif what == "grantees":
        options = queries.grantees_like(typed)
    else:
        raise NotFound(_("There is nothing here."))
    return render(request, "access/_options.html", {"options": options})


def _known_already(request: StaffRequest) -> dict[str, Any]:
    """What the link that led here says of the first line."""
    channel_id = request.GET.get("channel", "")
    channel = applicable_channels(request.person).filter(pk=_uuid(channel_id)).first() if channel_id else None
    return {"channel": Names().channel_text(channel)} if channel else {}


def _as_typed(line: Any) -> dict[str, Any]:
    names = Names()
    [shown] = queries.shown_lines([line])
    return {
        "channel": names.channel_text(shown.channel) if shown.channel else "",
        "permission": line.permission,
        "grantee": names.grantee_text(line.grantee),
        "content": line.content,
        "starts_on": line.starts_on,
        "ends_on": line.ends_on,
        "training_key": line.training_key,
    }


def _draft(request: StaffRequest, form: forms.Form, lines: list[Any]) -> Request | None:
    """The draft of an application; None when it was refused, which the form then shows."""
    try:
        return actions.draft_application(
            lines=lines,
            reason=form.cleaned_data["reason"],
            applicant=request.person,
            actor=request.person.as_actor(),
        )
    except Invalid as refusal:
        show_refusal(refusal, form)
        return None


def _preview(draft: Request) -> dict[str, Any]:
    lines = lines_of(draft.payload)
    return {
        "draft": draft,
        "lines": queries.shown_lines(lines),
        "impact": queries.simulate(lines, on=today()),
        "later": [line for line in lines if line.starts_on and line.starts_on > today()],
        "steps": actions.planned_steps(draft),
        "urgent": draft.kind == "access.emergency",
        "problems": [],
    }


def _apply_page(request: StaffRequest, form: forms.Form, lines: LineForms) -> HttpResponse:
    faulty = bool(form.errors) or lines.has_faults
    context = {"form": form, "lines": lines, "faulty": faulty, "back": reverse("access:grants"), "fixed": []}
    return render(request, "access/apply.html", context, status=422 if faulty else 200)


def _edit_page(
    request: StaffRequest, draft: Request, form: forms.Form, lines: LineForms, fixed: list[Any]
) -> HttpResponse:
    faulty = bool(form.errors) or lines.has_faults
    context = {
        "form": form,
        "lines": lines,
        "faulty": faulty,
        "back": reverse("access:application", args=[draft.pk]),
        "fixed": queries.shown_lines(fixed),
        "draft": draft,
    }
    return render(request, "access/apply.html", context, status=422 if faulty else 200)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is nothing here.")) from None
