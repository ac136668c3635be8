"""What a channel promises, who is told when a promise runs out, and moving the rest of running promises."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from postroad.channels.models import Channel
from postroad.clock.ladders import from_data
from postroad.desk import actions, queries
from postroad.desk.models import Ladder
from postroad.desk.permissions import Permission, get_channel_for
from postroad.desk.queries import Promise, first_promise
from postroad.desk.queueforms import MovePromisesForm, rung_forms
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def ladder(request: StaffRequest) -> HttpResponse:
    """Who is told of the promises of all channels that have no ladder of their own."""
    return _ladder_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def terms(request: StaffRequest, key: str) -> HttpResponse:
    return _ladder_page(request, get_channel_for(request.person, key))


@require_POST
@requires(Permission.QUEUE_MANAGE)
def ladder_usual(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_channel_for(request.person, key)
    actions.set_ladder(channel=channel, rungs=None, person=request.person)
    messages.success(request, _("The channel goes by the ladder of all channels again."))
    return HttpResponseRedirect(reverse("desk:terms", args=[channel.key]))


@require_POST
@requires(Permission.QUEUE_MANAGE)
def move_promises(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_channel_for(request.person, key)
    others = queries.on_other_terms(channel)
    form = MovePromisesForm(request.POST, deadlines=[one.deadline.pk for one in others])
    if not form.is_valid():
        return _ladder_page(request, channel, status=422, move_form=form)
    try:
        count = actions.move_promises(
            channel=channel,
            deadline_ids=form.cleaned_data["deadline"],
            reason=form.cleaned_data["reason"],
            person=request.person,
        )
    except (Conflict, Invalid) as refusal:
        form.add_error(None, refusal.message)
        return _ladder_page(request, channel, status=422, move_form=form)
    said = ngettext(
        "%(count)s promise goes on by the terms of now.", "%(count)s promises go on by the terms of now.", count
    )
    messages.success(request, said % {"count": count})
    return HttpResponseRedirect(reverse("desk:terms", args=[channel.key]))


def _ladder_page(request: StaffRequest, channel: Channel | None, *, status: int = 200, **forms: Any) -> HttpResponse:
    found = queries.terms_of([channel] if channel else [])
    own = Ladder.objects.filter(channel=channel).exists()
    posted = request.POST if request.method == "POST" and not forms else None
    rungs = rung_forms(posted, from_data(found.ladder(channel)))
    if posted is not None:
        if rungs.is_valid():
            chosen = [one.rung for one in rungs if one.rung]
            actions.set_ladder(channel=channel, rungs=chosen, person=request.person)
            messages.success(request, _("Promises made from now on are escalated like this."))
            return HttpResponseRedirect(
                reverse("desk:terms", args=[channel.key]) if channel else reverse("desk:ladder")
            )
        status = 422
    context: dict[str, Any] = {"channel": channel, "rungs": rungs, "own": own}
    if channel:
        others = queries.on_other_terms(channel)
        context |= {
            "rules": [(one, found.rule(channel, one)) for one in (first_promise(channel), Promise.ANSWER)],
            "others": others,
            "movable": sum(not one.stays for one in others),
            "move_form": MovePromisesForm(),
        }
    return render(request, "desk/terms.html", context | forms, status=status)
