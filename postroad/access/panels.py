"""What a channel's page shows of permissions: who was granted what."""

from typing import Any

from django.urls import reverse

from postroad.access import queries
from postroad.access.permissions import Permission
from postroad.channels.models import Channel
from postroad.org.middleware import StaffRequest

SHOWN = 8


def grants_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """The open grants of a channel, for whoever answers for it or sees the whole list. Two queries."""
    answers = request.person.pk in {channel.owner_id, channel.deputy_owner_id}
    if not answers and not request.user.may(Permission.GRANT_VIEW_ALL):
        return None
    found = queries.open_grants(channel)
    return {
        "grants": list(found[:SHOWN]),
        "count": found.count(),
        "url": f"{reverse('access:grants')}?channel={channel.pk}",
        "apply_url": f"{reverse('access:apply')}?channel={channel.pk}",
        "may_apply": not channel.has_ended,
    }
