"""What a channel's page shows of its patrol: today's, and what waits."""

from typing import Any

from postroad.channels.models import Channel
from postroad.channels.permissions import may_keep
from postroad.org.middleware import StaffRequest
from postroad.patrol import queries
from postroad.patrol.models import Round


def patrol_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """The patrol of a group, for those who keep it. Three queries."""
    patrolled = Round.objects.select_related("channel", "duty").filter(channel=channel).first()
    if patrolled is None or not may_keep(request.person, channel):
        return None
    return {
        "round": patrolled,
        "occurrence": queries.occurrences_today([patrolled.duty_id]).get(patrolled.duty_id),
        "open": queries.open_findings(channel).count(),
        "url": patrolled.get_absolute_url(),
    }
