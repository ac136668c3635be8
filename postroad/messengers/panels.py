"""What a channel's page shows of its group: who is in it, as last seen."""

from typing import Any

from postroad.channels.models import Channel
from postroad.channels.permissions import may_keep
from postroad.messengers import queries
from postroad.messengers.models import Room
from postroad.messengers.permissions import Permission
from postroad.org.middleware import StaffRequest

SHOWN = 30


def members_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """The members of a channel's group, for those who keep it or look after messengers. Three queries."""
    room = Room.objects.select_related("messenger").filter(channel=channel).first()
    if room is None or not (may_keep(request.person, channel) or request.user.may(Permission.ROOM_VIEW)):
        return None
    members = queries.members_of(room)
    return {
        "room": room,
        "members": members[:SHOWN],
        "more": max(0, len(members) - SHOWN),
        "count": len(members),
        "url": room.get_absolute_url() if request.user.may(Permission.ROOM_VIEW) else "",
    }
