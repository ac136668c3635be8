"""The settings of hotlines: secret, extensions, what was refused, and a test event."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from postroad.channels.models import Channel
from postroad.hotline import actions, queries
from postroad.hotline.forms import ExtensionForm, SecretForm, TestEventForm
from postroad.hotline.permissions import Permission, get_extension_for, get_hotline_for, hotlines_of
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.org.models import today
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict

REFUSED_DAYS = timedelta(days=7)
HISTORY_SHOWN = 30


@require_safe
@requires(Permission.CALL_VIEW)
def lines(request: StaffRequest) -> HttpResponse:
    found = hotlines_of(request.person).select_related("line", "owner").order_by("name")
    return render(request, "hotline/lines.html", {"channels": found})


@require_safe
@requires(Permission.CALL_VIEW)
def line(request: StaffRequest, key: str) -> HttpResponse:
    return _page(request, get_hotline_for(request.person, key))


def _page(request: StaffRequest, channel: Channel, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "channel": channel,
        "line": queries.line_of(channel),
        "address": request.build_absolute_uri(reverse("hotline:events", args=[channel.key])),
        "in_service": channel.state in queries.SERVED,
        "extensions": queries.extensions_of(channel),
        "refused": queries.refused_since(channel, today() - REFUSED_DAYS),
        "history": history_of(channel)[:HISTORY_SHOWN],
        "may_connect": request.user.may(Permission.LINE_CONNECT),
        "may_set": request.user.may(Permission.EXTENSION_SET),
        "may_import": request.user.may(Permission.RECORDS_IMPORT),
        "secret_form": SecretForm(),
        "extension_form": ExtensionForm(),
        "test_form": TestEventForm(auto_id="test_%s"),
    }
    return render(request, "hotline/line.html", context | more, status=status)


@require_POST
@requires(Permission.LINE_CONNECT)
def secret(request: StaffRequest, key: str) -> HttpResponse:
    """Make a new secret; this answer is the only place where it is ever shown."""
    channel = get_hotline_for(request.person, key, Permission.LINE_CONNECT)
    form = SecretForm(request.POST)
    form.is_valid()
    made = actions.change_secret(channel=channel, at_once=form.cleaned_data["at_once"], actor=request.person.as_actor())
    return _page(request, channel, made=made)


@require_POST
@requires(Permission.EXTENSION_SET)
def extension_set(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_hotline_for(request.person, key, Permission.EXTENSION_SET)
    form = ExtensionForm(request.POST)
    if not form.is_valid():
        return _page(request, channel, status=422, extension_form=form)
    given = form.cleaned_data
    actions.set_extension(
        channel=channel, number=given["number"], person=given["person"], actor=request.person.as_actor()
    )
    words = {"number": given["number"], "person": given["person"]}
    messages.success(request, _("%(person)s sits at extension %(number)s.") % words)
    return HttpResponseRedirect(reverse("hotline:line", args=[channel.key]))


@require_POST
@requires(Permission.EXTENSION_SET)
def extension_remove(request: StaffRequest, key: str, extension_id: UUID) -> HttpResponse:
    extension = get_extension_for(request.person, key, extension_id)
    actions.remove_extension(extension=extension, actor=request.person.as_actor())
    return HttpResponseRedirect(reverse("hotline:line", args=[key]))


@require_POST
@requires(Permission.LINE_CONNECT)
def test_event(request: StaffRequest, key: str) -> HttpResponse:
    """Send a made-up event the way a real one goes, and show what was sent and answered."""
    channel = get_hotline_for(request.person, key, Permission.LINE_CONNECT)
    found, form = queries.line_of(channel), TestEventForm(request.POST, auto_id="test_%s")
    if found is None:
        raise Conflict(_("Make a secret first."))
    if not form.is_valid():
        return _page(request, channel, status=422, test_form=form)
    given = form.cleaned_data
    trial = actions.send_test(
        line=found, kind=given["type"], number=given["number"], extension=given["extension"], at=timezone.now()
    )
    answer = json.dumps(trial.reply.content, ensure_ascii=False)
    return _page(request, channel, test_form=form, trial=trial, answer=answer)
