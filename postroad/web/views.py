"""My work, and the search over everything that registered a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from postroad.platform.authorisation import signed_in
from postroad.platform.errors import NotFound
from postroad.web import registry
from postroad.web.registry import Label, SearchHit, WorkCard

# A longer question is cut: nobody types it, and the providers need not defend themselves against it.
LONGEST_QUESTION = 200


@dataclass(frozen=True)
class ShownCard:
    """A card with what it found for this person; `context` None: nothing, and only its place is kept."""

    card: WorkCard
    context: dict[str, Any] | None
    topics: tuple[str, ...]


@require_safe
@signed_in
def my_work(request: HttpRequest) -> HttpResponse:
    shown = [_show(request, card) for card in registry.cards()]
    return render(
        request,
        "web/my_work.html",
        {
            "today": timezone.localdate(),
            "wide": [one for one in shown if one.card.wide],
            "narrow": [one for one in shown if not one.card.wide],
            "empty": not any(one.context is not None for one in shown),
        },
    )


@require_safe
@signed_in
def work_card(request: HttpRequest, key: str) -> HttpResponse:
    """One card by itself, asked for whenever a live topic says that it changed."""
    card = registry.card(key)
    if card is None:
        raise NotFound(_("There is no such card."))
    return render(request, "web/_work_card.html", {"shown": _show(request, card)})


def _show(request: HttpRequest, card: WorkCard) -> ShownCard:
    user: Any = request.user  # signed in, hence an account
    own_topic = f"work.{user.person_id}"
    return ShownCard(card=card, context=card.context(request), topics=(own_topic, *card.topics))


@dataclass(frozen=True)
class FoundGroup:
    label: Label
    hits: list[SearchHit]


@require_safe
@signed_in
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "web/search.html", _found(request))


@require_safe
@signed_in
def search_results(request: HttpRequest) -> HttpResponse:
    """The hits alone, for the search box that asks while one types."""
    return render(request, "web/search_results.html", _found(request))


def _found(request: HttpRequest) -> dict[str, Any]:
    question = request.GET.get("q", "").strip()[:LONGEST_QUESTION]
    if not question:
        return {"question": "", "groups": []}
    user: Any = request.user  # signed in, hence an account
    groups = [
        FoundGroup(label=provider.label, hits=provider.search(request, question))
        for provider in registry.search_providers()
        if provider.permission is None or user.may(provider.permission)
    ]
    return {"question": question, "groups": [group for group in groups if group.hits]}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return error(request, status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return error(request, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return error(request, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours. Rendered without the request, since whatever failed may fail again."""
    del request
    return HttpResponse(render_to_string("web/error.html", {"status": 500}), status=500)


def error(request: HttpRequest, *, status: int) -> HttpResponse:
    return render(request, "web/error.html", {"status": status}, status=status)
