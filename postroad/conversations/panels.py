"""What a channel's page shows of what is said on it: when, not what."""

from typing import Any

from postroad.channels.models import Channel
from postroad.conversations import queries
from postroad.org.middleware import StaffRequest


def activity_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """When messages came and went; None where nothing was said. One query."""
    del request
    rows = queries.heat_map(channel)
    if not rows:
        return None
    hours = [f"{hour:02}" for hour in range(0, 24, queries.HEAT_HOURS)]
    return {"rows": rows, "hours": hours, "count": sum(number for row in rows for number, _heat in row.cells)}
