"""Directories: the list, one of them with its readings, connecting, changing, ending, and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.directory import actions, queries
from postroad.directory.forms import ReasonForm, SourceForm, TokenForm, show_refusal
from postroad.directory.models import Conflict, Source
from postroad.directory.permissions import Permission, get_source_for, get_token_for
from postroad.ledger.queries import history_of
from postroad.platform.actors import subject_of
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid
from postroad.platform.pagination import keyset

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest

RUNS = 20
HISTORY = 15


@requires(Permission.SOURCE_VIEW)
@require_GET
def sources(request: StaffRequest) -> HttpResponse:
    return render(request, "directory/sources.html", _listed(request))


@requires(Permission.SOURCE_VIEW)
@require_GET
def sources_results(request: StaffRequest) -> HttpResponse:
    return render(request, "directory/sources_results.html", _listed(request))


@requires(Permission.SOURCE_EDIT)
@require_http_methods(["GET", "POST"])
def connect(request: StaffRequest) -> HttpResponse:
    form = SourceForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            source = actions.connect_source(
                key=form.cleaned_data["key"], particulars=form.value(), actor=request.person.as_actor()
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Connected. Nothing is taken over before you have looked at it."))
            return redirect(source)
    return render(request, "directory/connect.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.SOURCE_EDIT)
@require_POST
def connection_fields(request: HttpRequest) -> HttpResponse:
    """The fields of what was just chosen, with what was typed; changes nothing."""
    form = SourceForm(initial=request.POST.dict())
    return render(request, "directory/_connection_fields.html", {"form": form})


@requires(Permission.SOURCE_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, source_id: UUID) -> HttpResponse:
    source = get_source_for(request.person, source_id, Permission.SOURCE_EDIT)
    form = SourceForm(request.POST or None, source=source)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_source(source=source, particulars=form.value(), actor=request.person.as_actor())
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(source)
    context = {"form": form, "source": source}
    return render(request, "directory/edit.html", context, status=422 if form.errors else 200)


@requires(Permission.SOURCE_VIEW)
@require_GET
def source(request: StaffRequest, source_id: UUID) -> HttpResponse:
    found = get_source_for(request.person, source_id, Permission.SOURCE_VIEW)
    return render(request, "directory/source.html", _source_page(request, found, TokenForm()))


@requires(Permission.SOURCE_VIEW)
@require_GET
def source_results(request: StaffRequest, source_id: UUID) -> HttpResponse:
    """The part of the page that changes while the directory is read."""
    found = get_source_for(request.person, source_id, Permission.SOURCE_VIEW)
    return render(request, "directory/source_results.html", _standing(request, found))


@requires(Permission.SOURCE_EDIT)
@require_POST
def read(request: StaffRequest, source_id: UUID) -> HttpResponse:
    """Read it now; with `trial`, only look."""
    found = get_source_for(request.person, source_id, Permission.SOURCE_EDIT)
    run = actions.start_run(source=found, starter=request.person, trial=bool(request.POST.get("trial")))
    return redirect("directory:run", run.pk)


@requires(Permission.SOURCE_EDIT)
@require_POST
def resume(request: StaffRequest, source_id: UUID) -> HttpResponse:
    found = get_source_for(request.person, source_id, Permission.SOURCE_EDIT)
    actions.resume_source(source=found, actor=request.person.as_actor())
    return redirect(found)


@requires(Permission.SOURCE_EDIT)
@require_http_methods(["GET", "POST"])
def suspend(request: StaffRequest, source_id: UUID) -> HttpResponse:
    found = get_source_for(request.person, source_id, Permission.SOURCE_EDIT)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.suspend_source(source=found, reason=form.cleaned_data["reason"], actor=request.person.as_actor())
        return redirect(found)
    text = _("It is neither read nor listened to until you resume it. People stay as they are.")
    return _reason_page(request, found, form, title=_("Suspend"), text=text)


@requires(Permission.SOURCE_EDIT)
@require_http_methods(["GET", "POST"])
def retire(request: StaffRequest, source_id: UUID) -> HttpResponse:
    found = get_source_for(request.person, source_id, Permission.SOURCE_EDIT)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.retire_source(source=found, reason=form.cleaned_data["reason"], actor=request.person.as_actor())
        return redirect(found)
    text = _("For good: its password and its tokens are destroyed. Its people stay and are kept by hand.")
    return _reason_page(request, found, form, title=_("Retire"), text=text)


@requires(Permission.SOURCE_EDIT)
@require_POST
def make_token(request: StaffRequest, source_id: UUID) -> HttpResponse:
    """The one page that ever shows the token; it is not redirected to, so that no address leads back to it."""
    found = get_source_for(request.person, source_id, Permission.SOURCE_EDIT)
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, secret = actions.make_token(
                source=found,
                note=form.cleaned_data["note"],
                expires_at=form.expires_at(),
                maker=request.person,
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            context = {"source": found, "token": token, "secret": secret, "address": _address(request)}
            response = render(request, "directory/token.html", context)
            response["Cache-Control"] = "no-store"
            return response
    return render(request, "directory/source.html", _source_page(request, found, form), status=422)


@requires(Permission.SOURCE_EDIT)
@require_POST
def revoke_token(request: StaffRequest, token_id: UUID) -> HttpResponse:
    token = get_token_for(request.person, token_id, Permission.SOURCE_EDIT)
    actions.revoke_token(token=token, actor=request.person.as_actor())
    messages.success(request, _("The token was revoked."))
    return redirect(token.source)


def _listed(request: StaffRequest) -> dict[str, Any]:
    return {
        "sources": list(queries.sources_listed()),
        "topic": actions.TOPIC,
        "may_edit": request.user.may(Permission.SOURCE_EDIT),
    }


def _source_page(request: StaffRequest, found: Source, form: TokenForm) -> dict[str, Any]:
    return {
        **_standing(request, found),
        "topic": actions.TOPIC,
        "connection": queries.connection_shown(found),
        "kind": queries.title_of(found),
        "tokens": queries.tokens_of(found) if found.is_pushed else (),
        "token_form": form,
        "address": _address(request),
        "history": history_of(subject_of(found))[:HISTORY],
    }


def _standing(request: StaffRequest, found: Source) -> dict[str, Any]:
    counts = queries.open_counts(found)
    return {
        "source": found,
        "people": queries.working_people(found),
        "held": queries.held_run_of(found),
        "page": keyset(queries.runs_of(found), order=("-id",), cursor=request.GET.get("cursor"), size=RUNS),
        "conflicts": [(kind, label, counts[kind]) for kind, label in Conflict.Kind.choices if kind in counts],
        "may_edit": request.user.may(Permission.SOURCE_EDIT) and found.state != Source.State.RETIRED,
    }


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri("/scim/v2")


def _reason_page(request: HttpRequest, found: Source, form: ReasonForm, *, title: str, text: str) -> HttpResponse:
    context = {"source": found, "form": form, "title": title, "text": text}
    return render(request, "directory/reason.html", context, status=422 if form.errors else 200)
