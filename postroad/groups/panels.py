"""What a channel's page shows of it as a governed thing: what differs, what is due, what went wrong, its figures."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postroad.access.models import RecertificationSheet
from postroad.channels.events import Event as ChannelEvent
from postroad.channels.models import Channel, Kind
from postroad.channels.permissions import may_keep
from postroad.groups import queries
from postroad.groups.models import Difference, Field, Group
from postroad.groups.permissions import Permission
from postroad.ledger.models import Entry
from postroad.messengers.events import Event as RoomEvent
from postroad.messengers.models import Room
from postroad.org.middleware import StaffRequest
from postroad.org.models import today
from postroad.platform.actors import subject_of

SHOWN = 8
LATELY = timedelta(days=90)
WENT_WRONG = (ChannelEvent.HEALTH_FAILED, RoomEvent.ROOM_GONE)
RIGHT_AGAIN = (ChannelEvent.HEALTH_RECOVERED, RoomEvent.ROOM_RETURNED)
WHO = (Field.MISSING, Field.EXTRA, Field.STRANGER, Field.ADMIN)


def _may_look(request: StaffRequest, channel: Channel) -> bool:
    return may_keep(request.person, channel) or request.user.may(Permission.GROUP_VIEW_ALL)


def differences_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """What differs about a group now, exceptions last. Three queries."""
    group = Group.objects.filter(channel=channel).first()
    if group is None or not _may_look(request, channel):
        return None
    found = list(queries.open_differences_of(channel)[: SHOWN + 1])
    return {
        "differences": found[:SHOWN],
        "more": len(found) > SHOWN,
        "count": queries.open_differences_of(channel).count() if len(found) > SHOWN else len(found),
        "compared_at": group.compared_at,
        "url": reverse("groups:group", args=[channel.pk]),
    }


@dataclass(frozen=True, slots=True)
class Due:
    """Something that somebody has to do about a channel."""

    what: str | Promise
    on: date | datetime
    url: str = ""

    @property
    def is_late(self) -> bool:
        return self.on < (timezone.now() if isinstance(self.on, datetime) else today())


def duties_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """What whoever answers for a channel has to do, soonest first. Two queries."""
    if channel.has_ended or not _may_look(request, channel):
        return None
    hand_overs = queries.open_hand_overs().filter(channel=channel).select_related("deadline")
    sheets = RecertificationSheet.objects.filter(channel=channel, closed_at=None).select_related("deadline")
    found = [
        Due(_("Review whether the channel is still needed"), channel.review_on),
        *(
            Due(_("Hand the channel over"), one.deadline.due_at, one.get_absolute_url())
            for one in hand_overs
            if one.deadline is not None
        ),
        *(Due(_("Confirm or revoke the permissions"), one.deadline.due_at, one.get_absolute_url()) for one in sheets),
    ]
    return {"duties": sorted(found, key=lambda one: one.on.isoformat()), "count": len(found)}


@dataclass(frozen=True, slots=True)
class Incident:
    entry: Entry
    until: datetime | None


def incidents_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """When a channel did not work, newest first, from the evidence. Two queries."""
    if not _may_look(request, channel):
        return None
    since = timezone.now() - LATELY
    found: list[Incident] = []
    ended: datetime | None = None
    for entry in _news_of(channel).filter(event__in=[*WENT_WRONG, *RIGHT_AGAIN], at__gte=since).order_by("-at", "-seq"):
        if entry.event in RIGHT_AGAIN:
            ended = entry.at
        else:
            found.append(Incident(entry, ended))
            ended = None
    return {"incidents": found[:SHOWN], "count": len(found), "days": LATELY.days}


def _news_of(channel: Channel) -> QuerySet[Entry]:
    """The evidence on a channel and on its group in the messenger."""
    about = Q(subject_type=subject_of(channel).type, subject_id=str(channel.pk))
    room = Room.objects.filter(channel=channel).only("pk").first()
    if room is not None:
        about |= Q(subject_type=subject_of(room).type, subject_id=str(room.pk))
    return Entry.objects.filter(about)


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the standard's measures, of this channel alone."""

    label: str | Promise
    value: int
    met: bool


def measures_panel(request: StaffRequest, channel: Channel) -> dict[str, Any] | None:
    """How a group stands against the standard now: what differs, by what it is about. One query."""
    if channel.kind != Kind.GROUP or channel.has_ended or not _may_look(request, channel):
        return None
    open_ones = list(
        Difference.objects.filter(channel=channel, state=Difference.State.OPEN).values_list("field", flat=True)
    )

    def figure(label: str | Promise, *fields: Field) -> Figure:
        number = sum(field in fields for field in open_ones)
        return Figure(label, number, number == 0)

    owner_left = not channel.owner.is_active_on(today())
    return {
        "figures": [
            figure(_("Name differs from the rule"), Field.NAME),
            figure(_("Owner differs from who should own it"), Field.OWNER),
            figure(_("Members or administrators differ from what was approved"), *WHO),
            figure(_("Settings differ"), Field.SETTING),
            Figure(_("Nobody answers for it"), int(owner_left), not owner_left),
        ]
    }
