"""Looking at messengers and the groups found in them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from postroad.ledger.queries import history_of
from postroad.messengers import queries, wording
from postroad.messengers.jobs import Job
from postroad.messengers.models import Messenger
from postroad.messengers.permissions import Permission, get_messenger, get_room
from postroad.messengers.protocol import Feature, messenger_of
from postroad.org.middleware import StaffRequest
from postroad.org.models import today
from postroad.platform.actors import subject_of
from postroad.platform.authorisation import requires
from postroad.platform.jobs import enqueue
from postroad.platform.pagination import keyset

HISTORY_SHOWN = 30
REFUSED_SHOWN = timedelta(days=30)
WHICH_ROOMS = ("registered", "stray", "gone")
BY_NAME = ("name", "id")


@requires(Permission.MESSENGER_VIEW)
@require_GET
def messengers(request: StaffRequest) -> HttpResponse:
    listed = [(one, messenger_of(one.connector).title) for one in queries.messengers_listed()]
    may_edit = request.user.may(Permission.MESSENGER_EDIT)
    return render(request, "messengers/messengers.html", {"messengers": listed, "may_edit": may_edit})


@requires(Permission.MESSENGER_VIEW)
@require_GET
def messenger(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    shown = get_messenger(messenger_id)
    connector = messenger_of(shown.connector)
    context = {
        **_overview(request, shown),
        "connection": queries.connection_facts(shown),
        "callback_url": _callback_url(shown) if Feature.CALLBACKS in connector.features else "",
        "sight": wording.sight(connector.sight),
        "features": wording.features(connector),
        "room_settings": wording.room_settings(connector.room_settings),
        "connector": connector,
        "history": history_of(subject_of(shown))[:HISTORY_SHOWN],
    }
    return render(request, "messengers/messenger.html", context)


@requires(Permission.MESSENGER_VIEW)
@require_GET
def messenger_overview(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    """Health and counts alone, for the page to renew."""
    return render(request, "messengers/_overview.html", _overview(request, get_messenger(messenger_id)))


@requires(Permission.ROOM_VIEW)
@require_GET
def rooms(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    return render(request, "messengers/rooms.html", _rooms_context(request, messenger_id))


@requires(Permission.ROOM_VIEW)
@require_GET
def rooms_results(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    return render(request, "messengers/rooms_results.html", _rooms_context(request, messenger_id))


@requires(Permission.ROOM_VIEW)
@require_GET
def room(request: StaffRequest, room_id: UUID) -> HttpResponse:
    shown = get_room(room_id)
    context = {
        "room": shown,
        "messenger": shown.messenger,
        "members": queries.members_of(shown),
        "creator": queries.user_named(shown.messenger, shown.creator_user_id),
        "settings": wording.settings_shown(shown.settings),
        "history": history_of(subject_of(shown))[:HISTORY_SHOWN],
        "may_edit": request.user.may(Permission.MESSENGER_EDIT),
    }
    return render(request, "messengers/room.html", context)


@requires(Permission.MESSENGER_EDIT)
@require_POST
def room_read(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Read one group anew, in the background."""
    shown = get_room(room_id)
    enqueue(Job.READ_ROOM, once=True, messenger_id=str(shown.messenger_id), room_id=shown.room_id)
    messages.info(request, _("The group is being read; reload the page in a moment."))
    return redirect(shown)


def _overview(request: StaffRequest, shown: Messenger) -> dict[str, Any]:
    return {
        "messenger": shown,
        "rooms": queries.room_counts(shown),
        "users": queries.user_counts(shown),
        "refused": list(queries.refused_since(shown, today() - REFUSED_SHOWN)),
        "set_aside": queries.count_set_aside(shown),
        "why_aside": queries.why_set_aside(shown),
        "may_edit": request.user.may(Permission.MESSENGER_EDIT),
    }


def _callback_url(shown: Messenger) -> str:
    return settings.URL + reverse("messengers:callback", args=[shown.key])


def _rooms_context(request: StaffRequest, messenger_id: UUID) -> dict[str, Any]:
    shown = get_messenger(messenger_id)
    text = request.GET.get("q", "")[:100]
    which = request.GET.get("which", "")
    which = which if which in WHICH_ROOMS else ""
    found = queries.rooms_listed(shown, text=text, which=which)
    page = keyset(found, order=BY_NAME, cursor=request.GET.get("cursor"))
    return {"messenger": shown, "page": page, "text": text, "which": which, "filtered": bool(text or which)}
