"""The card of My work: the channels that need their owner."""

from typing import Any

from django.http import HttpRequest

from postroad.channels import queries
from postroad.org.models import today

SHOWN = 8


def card_context(request: HttpRequest) -> dict[str, Any] | None:
    """Channels of mine whose health check fails or whose review is due; None when all is well. Two queries."""
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    failing = list(queries.owned_with_trouble(person)[:SHOWN])
    to_review = list(queries.owned_to_review(person, until=today())[:SHOWN])
    if not failing and not to_review:
        return None
    return {"failing": failing, "to_review": to_review, "count": len(failing) + len(to_review)}
