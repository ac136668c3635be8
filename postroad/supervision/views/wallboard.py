"""The wallboard: for a screen on the wall, and for a lead's telephone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.supervision import queries
from postroad.supervision.permissions import Permission, reach_of


@require_safe
@requires(Permission.WALLBOARD_VIEW)
def wallboard(request: StaffRequest) -> HttpResponse:
    context = _shown(request)
    reach = context.pop("reach")
    return render(
        request,
        "supervision/wallboard.html",
        context
        | {
            "choices": queries.choices_for(reach),
            "may_manage": request.user.may(Permission.SCREEN_MANAGE),
        },
    )


@require_safe
@requires(Permission.WALLBOARD_VIEW)
def wallboard_now(request: StaffRequest) -> HttpResponse:
    """The part that renews itself."""
    return render(request, "supervision/_wallboard.html", _shown(request))


def _shown(request: StaffRequest) -> dict[str, Any]:
    reach = reach_of(request.person)
    team, channel = request.GET.get("team", ""), request.GET.get("channel", "")
    found = reach.queues()
    if team:
        found = found.filter(department__code=team)
    if channel:
        found = found.filter(key=channel)
    narrowed = {name: value for name, value in (("team", team), ("channel", channel)) if value}
    return {
        "reach": reach,
        "board": queries.wallboard(list(found.order_by("name", "id")), now=timezone.now()),
        "team": team,
        "channel": channel,
        "query": urlencode(narrowed),
        "links": True,
    }
