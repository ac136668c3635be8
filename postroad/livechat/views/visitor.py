"""What a visitor's browser asks and says."""

from __future__ import annotations

import re
from time import monotonic
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.livechat import actions, colours, limits, queries, texts, together
from postroad.livechat.models import ChatSettings, Visit
from postroad.livechat.permissions import get_file_for
from postroad.livechat.queries import Position
from postroad.livechat.registry import helping
from postroad.livechat.turnstile import Turnstile
from postroad.livechat.views.answers import Given, for_visitors, given_in, text_in, visit_in
from postroad.platform.downloads import save_as
from postroad.platform.errors import Invalid

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


SETUP_SECONDS = 2.0
_openings = Turnstile(limits.SETUPS)
_setups: dict[tuple[UUID, str], tuple[float, dict[str, Any]]] = {}


@for_visitors("GET")
def setup(request: HttpRequest, chat: Channel) -> HttpResponse:
    """How the widget looks, what it says, and whether somebody is there.

    Every page of the embedding site asks this, so it is put together once in `SETUP_SECONDS` for all of them.
    """
    if wait := _openings.wait(limits.name_of_address(request.META.get("REMOTE_ADDR", ""))):
        raise limits.TooMany(wait)
    key, now = (chat.pk, get_language() or ""), monotonic()
    made_at, made = _setups.get(key, (-SETUP_SECONDS, {}))
    if now - made_at >= SETUP_SECONDS:
        made = _setup(chat)
        _setups[key] = now, made
    return JsonResponse(made)


def _setup(chat: Channel) -> dict[str, Any]:
    settings, standing = texts.settings_of(chat), queries.standing_of(chat)
    return {
        "live": standing.live,
        "attended": standing.is_attended,
        "opensAt": standing.hours.opens_at.isoformat() if standing.hours.opens_at else "",
        "waitMinutes": minutes(standing),
        "mailRequired": settings.mail == ChatSettings.Mail.REQUIRED,
        "colour": settings.colour,
        "textColour": colours.text_on(settings.colour),
        "offerAfter": settings.proactive_after if settings.proactive else 0,
        "largestFile": limits.LARGEST_FILE,
        "texts": texts.widget(settings),
    }


@for_visitors("POST")
def help_with(request: HttpRequest, chat: Channel) -> HttpResponse:
    """What anybody may read that may answer the question a visitor is about to ask; nothing of it is kept."""
    limits.spend(f"help:{limits.name_of_address(request.META.get('REMOTE_ADDR', ''))}", limits.HELPS)
    question = text_in(given_in(request), "question")[: limits.LONGEST_TEXT]
    found = helping()(question, chat.pk)
    return JsonResponse({"articles": [{"title": one.title, "url": one.url} for one in found]})


@for_visitors("POST")
def start(request: HttpRequest, chat: Channel) -> HttpResponse:
    given = given_in(request)
    address = limits.name_of_address(request.META.get("REMOTE_ADDR", ""))
    limits.spend_everywhere(f"start:{address}", limits.starts_of_address())
    _visit, token = actions.start(
        channel=chat,
        name=text_in(given, "name"),
        mail=text_in(given, "mail"),
        agreed=given.get("agreed") is True,
        needs_mail=not queries.standing_of(chat).is_attended,
        signed_identity=text_in(given, "identity"),
        page=text_in(given, "page"),
        offer=text_in(given, "offer"),
    )
    return JsonResponse({"token": token}, status=201)


@for_visitors("POST")
def offer(request: HttpRequest, chat: Channel) -> HttpResponse:
    """What the link of an offer leads to: the chat, where it was opened before, else what is still asked of them."""
    given = given_in(request)
    address = limits.name_of_address(request.META.get("REMOTE_ADDR", ""))
    limits.spend_everywhere(f"start:{address}", limits.starts_of_address())
    offered, token = actions.open_offer(channel=chat, code=text_in(given, "offer"))
    known = {"name": bool(offered.name), "mail": bool(offered.mail)}
    return JsonResponse({"token": token, "about": offered.about, "known": known})


@for_visitors("POST")
def resume(request: HttpRequest, chat: Channel) -> HttpResponse:
    """The chat of a link, in this browser too."""
    given = given_in(request)
    address = limits.name_of_address(request.META.get("REMOTE_ADDR", ""))
    limits.spend_everywhere(f"start:{address}", limits.starts_of_address())
    _visit, token = actions.resume(channel_key=chat.key, link=text_in(given, "link"))
    return JsonResponse({"token": token}, status=201)


@for_visitors("GET", "POST")
def messages(request: HttpRequest, chat: Channel) -> HttpResponse:
    if request.method == "POST":
        return _post(request, visit_in(request, chat, rate=limits.MESSAGES))
    return _read(visit_in(request, chat, rate=limits.SIGNS), Position.read(request.GET.get("after", "")))


def _post(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A message, as JSON or, with files, as a form; the same `id` again is the same message."""
    with_files = (request.content_type or "") == "multipart/form-data"
    given: Given = request.POST.dict() if with_files else given_in(request)
    client_id = text_in(given, "id")
    if not CLIENT_ID.fullmatch(client_id):
        raise Invalid(_("This could not be read."))
    files = request.FILES.getlist("files") if with_files else ()
    posted = together.post(actions.Post(visit.pk, client_id, text_in(given, "text"), files))
    return JsonResponse({"id": str(posted.message.pk)}, status=201 if posted.created else 200)


def _read(visit: Visit, position: Position) -> HttpResponse:
    """What was said after a position, for browsers behind something that holds streams back."""
    actions.visitors_are_there([visit.pk])
    look = queries.look_at({visit.pk: None}, queries.turns())[visit.pk]
    told = position.told(look.ids)
    news = [look.messages[one] for one in look.ids if one not in told]
    now = Position(len(look.ids), max(look.ids, default=None))
    return JsonResponse({"messages": news, "state": look.state, "position": str(now)})


@for_visitors("POST")
def seen(request: HttpRequest, chat: Channel) -> HttpResponse:
    visit, given = visit_in(request, chat, rate=limits.SIGNS), given_in(request)
    actions.visitor_saw(visit=visit, delivered=_id_in(given, "delivered"), read=_id_in(given, "read"))
    return HttpResponse(status=204)


@for_visitors("POST")
def typing(request: HttpRequest, chat: Channel) -> HttpResponse:
    actions.visitor_types(visit=visit_in(request, chat, rate=limits.SIGNS))
    return HttpResponse(status=204)


@for_visitors("POST")
def link(request: HttpRequest, chat: Channel) -> HttpResponse:
    """A link with which the visitor goes on on another device."""
    return JsonResponse({"link": actions.make_link(visit=visit_in(request, chat, rate=limits.LINKS))})


@for_visitors("POST")
def leave(request: HttpRequest, chat: Channel) -> HttpResponse:
    visit, given = visit_in(request, chat, rate=limits.LINKS), given_in(request)
    actions.leave(visit=visit, mail=text_in(given, "mail"))
    return HttpResponse(status=204)


@for_visitors("GET")
def file(request: HttpRequest, chat: Channel, attachment_id: UUID) -> HttpResponseBase:
    """A file of the visitor's own chat, always to be saved."""
    found = get_file_for(visit_in(request, chat, rate=limits.SIGNS), attachment_id)
    return save_as(request, found.blob, name=found.name or "file", content_type="application/octet-stream")


def minutes(standing: queries.Standing) -> int | None:
    """How long first replies took lately, in whole minutes; None when too few to tell."""
    return None if standing.wait is None else max(1, round(standing.wait.total_seconds() / 60))


def _id_in(given: Given, name: str) -> UUID | None:
    value: Any = given.get(name)
    try:
        return UUID(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
