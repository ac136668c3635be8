"""The permission list (Form 2): list, export, and the page of one grant."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from postroad.access import actions, queries
from postroad.access.form2 import headings
from postroad.access.models import PermissionType
from postroad.access.permissions import Permission, applicable_channels, get_grant_for
from postroad.approvals.permissions import visible_to as requests_visible_to
from postroad.channels.models import Channel
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.org.models import Person, today
from postroad.platform.authorisation import requires
from postroad.platform.pagination import keyset
from postroad.platform.spreadsheets import download

ORDER = ("channel_id", "permission", "id")
STATES = ("ended", "upcoming", "all")
GRANTEES = ("person", "department", "post")
SPECIALS = ("temporary", "emergency", "to-configure", "unsigned")
HISTORY_SHOWN = 30


@requires(Permission.GRANT_VIEW)
@require_GET
def grants(request: StaffRequest) -> HttpResponse:
    return render(request, "access/grants.html", _list_context(request))


@requires(Permission.GRANT_VIEW)
@require_GET
def grants_results(request: StaffRequest) -> HttpResponse:
    return render(request, "access/grants_results.html", _list_context(request))


@requires(Permission.GRANT_EXPORT)
@require_GET
def grants_export(request: StaffRequest) -> HttpResponse:
    """The grants of the list as Form 2."""
    wanted, _typed = _filter_of(request)
    rows = list(queries.form2_rows(queries.grants_matching(request.person, wanted).order_by("channel__name", *ORDER)))
    actions.note_export(count=len(rows), actor=request.person.as_actor())
    kind = "csv" if request.GET.get("as") == "csv" else "xlsx"
    return download(headings(), rows, name=_("Permission list"), kind=kind)


@requires(Permission.GRANT_VIEW)
@require_GET
def grant(request: StaffRequest, grant_id: UUID) -> HttpResponse:
    shown = get_grant_for(request.person, grant_id)
    context = {
        "grant": shown,
        "approvers": queries.approvers_of([shown.request_id])[shown.request_id],
        "people": queries.people_reached(shown),
        "history": history_of(shown)[:HISTORY_SHOWN],
        "configurer": queries.configurer_of(shown),
        "may_see_request": requests_visible_to(request.person).filter(pk=shown.request_id).exists(),
    }
    return render(request, "access/grant.html", context)


def _filter_of(request: StaffRequest) -> tuple[queries.GrantFilter, str]:
    """The filter that a query string means, and the person as typed; what it does not understand it leaves out."""
    given = request.GET

    def known(name: str, values: Any) -> str:
        value = given.get(name, "")
        return value if value in values else ""

    typed = given.get("person", "")[:100]
    person: Person | None = request.person if typed == "me" else queries.person_named(typed)
    wanted = queries.GrantFilter(
        text=given.get("q", "")[:100],
        channel=_uuid(given.get("channel", "")),
        permission=known("permission", PermissionType.values),
        grantee=known("grantee", GRANTEES),
        person=person,
        state=known("state", STATES),
        special=known("special", SPECIALS),
    )
    return wanted, typed


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _list_context(request: StaffRequest) -> dict[str, Any]:
    wanted, typed = _filter_of(request)
    page = keyset(queries.grants_matching(request.person, wanted), order=ORDER, cursor=request.GET.get("cursor"))
    approvers = queries.approvers_of({one.request_id for one in page.items})
    channel = Channel.objects.filter(pk=wanted.channel).first() if wanted.channel else None
    return {
        "page": page,
        "rows": [(one, approvers[one.request_id], queries.configurer_of(one)) for one in page.items],
        "wanted": wanted,
        "typed": typed,
        "nobody": bool(typed) and wanted.person is None,
        "filtered": bool(typed) or wanted != queries.GrantFilter(),
        "channels": queries.channels_with_grants(request.person),
        "channel": channel,
        "who_may": queries.who_may(channel, on=today()) if channel and _sees(request, channel) else [],
        "types": PermissionType.choices,
        "may_export": request.user.may(Permission.GRANT_EXPORT),
        "may_import": request.user.may(Permission.GRANT_IMPORT),
        "columns": headings(),
    }


def _sees(request: StaffRequest, channel: Channel) -> bool:
    """Whether a person may read who may do what on a channel: whoever sees all its grants, and who may know of it."""
    overseer = request.user.may(Permission.GRANT_VIEW_ALL)
    answers = request.person.pk in {channel.owner_id, channel.deputy_owner_id}
    return (overseer or answers) and applicable_channels(request.person).filter(pk=channel.pk).exists()
