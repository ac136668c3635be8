"""The card of My work: the groups to patrol today."""

from typing import Any

from django.http import HttpRequest

from postroad.patrol import queries

SHOWN = 8


def card_context(request: HttpRequest) -> dict[str, Any] | None:
    """Patrols that are due today or have something found; None when all is done. Two queries."""
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    waiting = [
        one
        for one in queries.standings(person)
        if person.pk in {one.round.channel.owner_id, one.round.channel.deputy_owner_id}
        and (one.open or (one.occurrence and not one.is_done))
    ]
    return {"standings": waiting[:SHOWN], "count": len(waiting)} if waiting else None
