"""The card of My work for those who run the installation: stored messages that nobody could deal with."""

from typing import Any

from django.http import HttpRequest

from postroad.conversations import queries
from postroad.conversations.permissions import Permission
from postroad.org.permissions import person_may

SHOWN = 5


def unhandled_card(request: HttpRequest) -> dict[str, Any] | None:
    """The oldest of them; None when there are none, or for those who cannot mend it. Two queries."""
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    if not person_may(person, Permission.MEND):
        return None
    waiting = list(queries.unhandled().select_related("message__channel")[:SHOWN])
    return {"failures": waiting, "count": queries.unhandled().count()} if waiting else None
