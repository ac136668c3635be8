"""Channels as queues, their teams, and who is looking at a case."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from postroad.accounts.models import Absence
from postroad.channels.models import Audience, Channel, ChannelMember, Kind
from postroad.desk import collision
from postroad.desk.models import TO_DO, Case, Draft, Mention, Presence, Queue, Rule
from postroad.org.models import Person, Post, today
from postroad.org.roles import Role


def served_channels(ids: Collection[UUID]) -> dict[UUID, Channel]:
    """Those of the channels whose messages become cases, with their queues. One query."""
    return Channel.objects.exclude(audience=Audience.INTERNAL).select_related("queue", "mail_rules").in_bulk(list(ids))


def queue_of(channel: Channel) -> Queue:
    """How the channel's cases are handled; the defaults where nobody has said so: a chat finds its agent by itself."""
    usual = [Rule.ACCOUNT_MANAGER, Rule.LAST_AGENT, Rule.LEAST_BUSY] if channel.kind == Kind.LIVE_CHAT else []
    return getattr(channel, "queue", None) or Queue(channel=channel, routing=[rule.value for rule in usual])


def all_queues() -> list[Queue]:
    """The queue of every channel whose messages become cases, by the channel's name. One query."""
    served = Channel.objects.exclude(audience=Audience.INTERNAL)
    channels = served.select_related("queue", "department", "rating_rules").order_by("name")
    return [queue_of(channel) for channel in channels]


def colleagues(channels: Iterable[Channel]) -> list[Person]:
    """Who can be given cases of these channels: their teams, and who leads the desk; by name. One query."""
    day = today()
    leads = Post.objects.held_on(day).filter(role=Role.DESK_LEAD).values("person")
    teams = ChannelMember.objects.filter(channel__in=list(channels)).values("person")
    found = Person.objects.filter(Q(pk__in=teams) | Q(pk__in=leads), Q(left_on__isnull=True) | Q(left_on__gte=day))
    return list(found.order_by("name", "id"))


@dataclass(frozen=True, slots=True)
class MemberLoad:
    """A member of a channel's team who takes cases, and how many they are working on now."""

    channel_id: UUID
    person: Person
    capacity: int
    load: int


def members_with_load(channel_ids: Collection[UUID]) -> list[MemberLoad]:
    """The agents of these channels who are at work, with the cases they work on in all channels. One query."""
    day = today()
    working_on = Case.objects.filter(assignee=OuterRef("person"), state__in=TO_DO).values("assignee").order_by()
    members = (
        ChannelMember.objects.filter(channel__in=channel_ids, role=ChannelMember.Role.AGENT, capacity__gt=0)
        .filter(Q(person__left_on__isnull=True) | Q(person__left_on__gte=day), person__joined_on__lte=day)
        .exclude(person__in=Absence.objects.filter(starts_on__lte=day, ends_on__gte=day).values("person"))
        .annotate(load=Coalesce(Subquery(working_on.annotate(n=Count("pk")).values("n")), 0))
        .select_related("person")
    )
    return [MemberLoad(one.channel_id, one.person, one.capacity, one.load) for one in members]


def others_on(case: Case, *, person: Person) -> list[Presence]:
    """Who else has the case open now; `writing` says whether they have begun a reply. One query."""
    writing = Draft.objects.filter(case=case, person=OuterRef("person"), send_at__isnull=True).exclude(text="")
    return list(
        Presence.objects.filter(case=case, seen_at__gt=timezone.now() - collision.STALE_AFTER)
        .exclude(person=person)
        .annotate(writing=Exists(writing))
        .select_related("person")
        .order_by("seen_at")
    )


def unseen_mentions(person: Person, *, limit: int = 6) -> list[Mention]:
    """Notes in which a person is named, on cases they have not opened since; newest first. One query."""
    found = Mention.objects.filter(person=person, seen_at__isnull=True).select_related("note__case", "note__author")
    return list(found.order_by("-note__written_at")[:limit])
