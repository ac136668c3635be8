"""How visitors' requests are let in and answered: by origin, by rate, without cookies, always as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from postroad.channels.models import Channel
from postroad.livechat import limits, origins, queries, texts
from postroad.livechat.limits import TooMany
from postroad.livechat.models import Visit
from postroad.livechat.permissions import get_visit_for
from postroad.platform.authorisation import public
from postroad.platform.errors import DomainError, Invalid
from postroad.platform.rates import Rate

MOST_JSON = 64 * 1024
ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID"
KEPT_PREFLIGHT = "600"

Given: TypeAlias = dict[str, Any]
View: TypeAlias = Callable[..., HttpResponseBase]


def for_visitors(*methods: str) -> Callable[[View], View]:
    """Make a view one that sites embed: it gets the chat instead of the key, and refuses strangers' pages."""

    def decorate(view: View) -> View:
        @public(reason="Visitors of the company's web site use it; what they may see, their token says.")
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, key: str, **given: Any) -> HttpResponseBase:
            with translation.override(language_of(request.GET.get("lang", ""))):
                chat = queries.chat_by_key(key)
                if chat is None:
                    return refusal(404, _("There is no such chat."))
                origin = request.headers.get("Origin", "")
                if not may_embed(chat, origin):
                    return refusal(403, _("This site may not embed the chat."))
                response = _answer(request, chat, view, methods, given)
            return with_headers(response, origin)

        return answered

    return decorate


def _answer(
    request: HttpRequest, chat: Channel, view: View, methods: tuple[str, ...], given: Given
) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method not in methods:
        return refusal(405, _("This cannot be done here."))
    try:
        if request.method == "POST":
            limits.spend(limits.name_of_address(request.META.get("REMOTE_ADDR", "")), limits.of_address())
        return view(request, chat, **given)
    except TooMany as too_many:
        response = refusal(429, _("That was very fast. Please wait a moment."))
        response.headers["Retry-After"] = str(too_many.seconds)
        return response
    except DomainError as error:
        return refusal(error.status, error.message, fields=error.fields if isinstance(error, Invalid) else None)


def language_of(asked: str) -> str:
    return "en" if asked.lower().startswith("en") else "zh-hans"


def may_embed(chat: Channel, origin: str) -> bool:
    return origins.is_allowed(origin, allowed=texts.settings_of(chat).allowed_origins, own=settings.URL)


def refusal(status: int, message: str, *, fields: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse({"error": message, "fields": fields or {}}, status=status)


def with_headers(response: HttpResponseBase, origin: str) -> HttpResponseBase:
    for name, value in headers_for(origin).items():
        response.headers[name] = value
    return response


def headers_for(origin: str) -> dict[str, str]:
    """What lets the embedding page, and only it, read the answer; no cookie is ever asked for."""
    headers = {"Cache-Control": "no-store", "Vary": "Origin", "X-Content-Type-Options": "nosniff"}
    if origin:
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Max-Age": KEPT_PREFLIGHT,
            "Access-Control-Expose-Headers": "Retry-After",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
    return headers


def given_in(request: HttpRequest) -> Given:
    """The JSON object in the body. Raises Invalid for anything else."""
    body = request.read(MOST_JSON + 1)
    if len(body) > MOST_JSON:
        raise Invalid(_("This is too much at once."))
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Invalid(_("This could not be read."))
    return given


def text_in(given: Given, name: str) -> str:
    """A text among what was given; anything else counts as none."""
    value = given.get(name)
    return value.replace("\0", "") if isinstance(value, str) else ""


def visit_in(request: HttpRequest, chat: Channel, *, rate: Rate | None = None) -> Visit:
    """The chat that the shown token opens. Raises NoSuchKey, and TooMany for a visitor faster than `rate`."""
    visit = get_visit_for(chat.key, token_of(request.headers.get("Authorization", "")))
    if rate:
        limits.spend(f"visit:{rate.calls}:{visit.pk.hex}", rate)
    return visit


def token_of(header: str) -> str:
    scheme, _space, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
