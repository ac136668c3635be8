"""What groups and choices are called."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.channels.models import Channel, ChannelMember
from postroad.clock.definitions import WEEKDAY_NAMES
from postroad.org.models import Department, Organisation, Person
from postroad.supervision.asked import By
from postroad.supervision.permissions import Reach

_MODELS: dict[By, type[Channel | Department | Person | Organisation]] = {
    By.CHANNEL: Channel,
    By.TEAM: Department,
    By.AGENT: Person,
    By.ACCOUNT: Organisation,
}


def names_of(by: By, keys: Collection[str]) -> dict[str, str]:
    """What each group is called, in the order in which groups of this kind are shown. At most one query."""
    if by is By.HOUR:
        return {key: f"{int(key):02}:00" for key in sorted(keys, key=int)}
    if by is By.WEEKDAY:
        names = [str(name) for name in WEEKDAY_NAMES.values()]
        return {key: names[int(key) - 1] for key in sorted(keys, key=int)}
    if by is By.DAY:
        return {key: date.fromisoformat(key).isoformat() for key in sorted(keys)}
    nobody = {By.AGENT: _("Nobody"), By.ACCOUNT: _("No organisation")}.get(by, "–")
    rows = _MODELS[by]._base_manager.in_bulk([UUID(key) for key in keys if key])
    named = {str(pk): str(row) for pk, row in rows.items()}
    found = dict(sorted(named.items(), key=lambda pair: pair[1]))
    return found | ({"": nobody} if "" in keys else {})


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader may narrow a report to."""

    channels: list[Channel]
    teams: list[Department]
    agents: list[Person]
    account: Organisation | None


def choices_for(reach: Reach, *, account: str = "") -> Choices:
    """Channels, teams and, for who may see colleagues singly, the members of the teams. Three queries at most."""
    channels = list(reach.queues().select_related("department").order_by("name", "id"))
    teams = {channel.department_id: channel.department for channel in channels}
    agents: list[Person] = []
    if reach.people:
        members = ChannelMember.objects.filter(channel__in=[channel.pk for channel in channels])
        agents = list(Person.objects.filter(pk__in=members.values("person")).order_by("name", "id"))
    organisation = Organisation.objects.filter(pk=account).first() if account else None
    return Choices(channels, sorted(teams.values(), key=str), agents, organisation)
