"""The cards of My work: what IT has to set up, and the sheets an owner has to answer."""

from typing import Any

from django.http import HttpRequest

from postroad.access import queries
from postroad.access.permissions import Permission, answerable_by

SHOWN = 8


def configure_card(request: HttpRequest) -> dict[str, Any] | None:
    """Grants to be set up in their channels or taken away; None for who does not configure, or when all is done."""
    if not request.user.may(Permission.GRANT_CONFIGURE):  # type: ignore[union-attr]  # set by org's middleware
        return None
    waiting = queries.to_configure()
    count = waiting.count()
    return {"grants": list(waiting[:SHOWN]), "count": count} if count else None


def sheets_card(request: HttpRequest) -> dict[str, Any] | None:
    """Open recertification sheets of mine; None when there are none. One query."""
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    sheets = list(queries.with_progress(answerable_by(person))[:SHOWN])
    return {"sheets": sheets, "count": len(sheets)} if sheets else None
