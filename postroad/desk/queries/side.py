"""The side of the list: inboxes by team and the views people keep, with how much is in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from postroad.channels.models import Channel, ChannelMember
from postroad.desk.models import Case, SavedView, Tag
from postroad.desk.permissions import Sight
from postroad.desk.queries.filtering import CaseFilter, View, narrowed, tagged
from postroad.desk.queries.listing import counted, shown_count
from postroad.org.models import Person


@dataclass(frozen=True, slots=True)
class Inbox:
    """A team's cases to do. `own`: the reader is on the team. `count` None: not counted yet."""

    channel: Channel
    own: bool
    count: int | None = None

    @property
    def shown_count(self) -> str:
        return shown_count(self.count)


@dataclass(frozen=True, slots=True)
class KeptView:
    """A saved view and how many cases it shows."""

    view: SavedView
    count: int | None = None

    @property
    def shown_count(self) -> str:
        return shown_count(self.count)


def own_teams(person: Person) -> frozenset[UUID]:
    """The channels on whose teams a person is. One query."""
    return frozenset(ChannelMember.objects.filter(person=person).values_list("channel_id", flat=True))


def saved_views(person: Person) -> list[SavedView]:
    """The views a person keeps, then those that others share with them, each by name. One query."""
    found = SavedView.objects.filter(Q(owner=person) | Q(shared=True)).select_related("owner")
    return sorted(found, key=lambda view: (view.owner_id != person.pk, view.name, view.pk))


def inboxes(channels: Sequence[Channel], *, own: frozenset[UUID]) -> list[Inbox]:
    """The teams' inboxes, one's own first. No query."""
    found = [Inbox(channel, channel.pk in own) for channel in channels]
    return sorted(found, key=lambda inbox: (not inbox.own, str(inbox.channel)))


def counts_of(sight: Sight, filters: Sequence[CaseFilter], *, person: Person) -> list[int]:
    """How many cases each filter shows, up to a hundred, in one statement that reads no index further than that."""
    now = timezone.now()
    return counted([narrowed(sight.cases(), wanted, person=person, now=now) for wanted in filters])


def inbox_filter(inbox: Inbox) -> CaseFilter:
    return CaseFilter(view=View.TEAM, channel=inbox.channel)


def tag_counts(tags: Sequence[Tag]) -> list[int]:
    """How many cases carry each of the tags, up to a hundred. One query."""
    return counted([Case.objects.filter(tagged([tag.pk])) for tag in tags])
