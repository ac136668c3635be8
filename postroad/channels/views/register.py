"""The register: list, export, and the page of one channel."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from postroad.channels import actions, queries
from postroad.channels.models import Channel, Kind, Observability, Priority, State
from postroad.channels.panels import shown_panels
from postroad.channels.permissions import Permission, Right, get_channel_for, may_connect, may_hand_over, may_keep
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.platform.actors import subject_of
from postroad.platform.authorisation import requires
from postroad.platform.pagination import keyset
from postroad.platform.spreadsheets import download

ORDER = ("name", "id")
HISTORY_SHOWN = 30
HEALTH = ("ok", "failing")
OWNERS = ("me", "left")


@requires(Permission.CHANNEL_VIEW)
@require_GET
def channels(request: StaffRequest) -> HttpResponse:
    return render(request, "channels/channels.html", _list_context(request))


@requires(Permission.CHANNEL_VIEW)
@require_GET
def channels_results(request: StaffRequest) -> HttpResponse:
    return render(request, "channels/channels_results.html", _list_context(request))


@requires(Permission.CHANNEL_EXPORT)
@require_GET
def channels_export(request: StaffRequest) -> HttpResponse:
    """The channels of the list as a spreadsheet."""
    found = queries.channels_matching(request.person, filter_of(request.GET)).order_by(*ORDER)
    headings, rows = queries.register_sheet(found)
    actions.note_export(count=len(rows), actor=request.person.as_actor())
    return download(headings, rows, name=_("channels"))


@requires(Permission.CHANNEL_VIEW)
@require_GET
def channel(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    shown = get_channel_for(request.person, channel_id, Right.VIEW)
    return render(request, "channels/channel.html", _channel_context(request, shown))


@requires(Permission.CHANNEL_VIEW)
@require_GET
def channel_health(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """The health card alone, for the page to renew."""
    shown = get_channel_for(request.person, channel_id, Right.VIEW)
    return render(request, "channels/_health.html", _health_context(request, shown))


def filter_of(parameters: QueryDict) -> queries.ChannelFilter:
    """The filter that a query string means; what it does not understand it leaves out."""

    def known(name: str, values: Any) -> str:
        value = parameters.get(name, "")
        return value if value in values else ""

    return queries.ChannelFilter(
        text=parameters.get("q", "")[:100],
        kind=known("kind", Kind.values),
        state=known("state", State.values),
        priority=known("priority", [*Priority.values, "none"]),
        observability=known("observability", Observability.values),
        health=known("health", HEALTH),
        owner=known("owner", OWNERS),
    )


def _list_context(request: StaffRequest) -> dict[str, Any]:
    wanted = filter_of(request.GET)
    page = keyset(queries.channels_matching(request.person, wanted), order=ORDER, cursor=request.GET.get("cursor"))
    return {
        "page": page,
        "wanted": wanted,
        "filtered": wanted != queries.ChannelFilter(),
        "kinds": Kind.choices,
        "states": State.choices,
        "priorities": [*Priority.choices, ("none", _("Not classed yet"))],
        "observabilities": Observability.choices,
        "may_export": request.user.may(Permission.CHANNEL_EXPORT),
    }


def _channel_context(request: StaffRequest, shown: Channel) -> dict[str, Any]:
    person = request.person
    keeps = may_keep(person, shown)
    requests = list(queries.requests_about(shown))
    panels = shown_panels(request, shown)
    return {
        **_health_context(request, shown),
        "team": list(queries.team_of(shown)),
        "history": history_of(subject_of(shown))[:HISTORY_SHOWN],
        "requests": requests,
        "returned": next(
            (one for one in requests if one.state in one.CHANGEABLE and one.applicant_id == person.pk), None
        ),
        "name_problems": queries.name_problems(shown.name, kind=shown.kind, department=shown.department),
        "may_keep": keeps and not shown.has_ended,
        "may_hand_over": may_hand_over(person, shown) and not shown.has_ended,
        "connection": queries.connection_facts(shown) if may_connect(person, shown) else None,
        "calendar": queries.calendar_of(shown),
        "wide_panels": [one for one in panels if one.card.wide],
        "narrow_panels": [one for one in panels if not one.card.wide],
    }


def _health_context(request: StaffRequest, shown: Channel) -> dict[str, Any]:
    return {
        "channel": shown,
        "checks": list(queries.recent_checks(shown)),
        "may_connect": may_connect(request.person, shown) and not shown.has_ended,
    }
