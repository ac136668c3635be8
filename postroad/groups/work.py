"""The card of My work: channels to take over or to confirm, and groups that somebody was asked about."""

from typing import Any

from django.http import HttpRequest

from postroad.groups import queries

SHOWN = 8


def card_context(request: HttpRequest) -> dict[str, Any] | None:
    """What waits for this person; None when nothing does. Three queries."""
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    hand_overs = list(queries.hand_overs_for(person)[:SHOWN])
    questions = list(queries.questions_to(person)[:SHOWN])
    to_confirm = list(queries.unconfirmed_by(person)[:SHOWN])
    count = len(hand_overs) + len(questions) + len(to_confirm)
    if not count:
        return None
    return {"hand_overs": hand_overs, "questions": questions, "to_confirm": to_confirm, "count": count}
