"""The card of My work: key accounts to take over, to be in touch with, and those of others that are overdue."""

from typing import Any

from postroad.accounts import queries
from postroad.org.middleware import StaffRequest

SHOWN = 8


def card_context(request: StaffRequest) -> dict[str, Any] | None:
    """What waits for this person; None when nothing does. Three queries."""
    hand_overs = list(queries.hand_overs_for(request.person)[:SHOWN])
    due = list(queries.due_for(request.person)[:SHOWN])
    escalated = list(queries.escalated_to(request.person)[:SHOWN])
    count = len(hand_overs) + len(due) + len(escalated)
    if not count:
        return None
    return {"hand_overs": hand_overs, "due": due, "escalated": escalated, "count": count}
