"""Live chats at the desk: who is there to answer, whose turn it is, how long it takes, and the chat of a case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from postroad.channels.models import Channel, ChannelMember, Kind
from postroad.desk import presence
from postroad.desk.models import TO_DO, AgentPresence, CannedAnswer, Case, CaseConversation
from postroad.desk.queries.case import conversation_to_answer
from postroad.desk.queries.promises import versions_in_force
from postroad.livechat import queries as livechat
from postroad.livechat import texts
from postroad.livechat.models import Visit
from postroad.org.models import Person
from postroad.org.registry import account_managers

# The waiting time is told from the latest first replies: so many at most, at least so many, and none older than this.
MOST_REPLIES, FEWEST_REPLIES = 20, 5
LATELY = timedelta(days=7)


class ChatDesk:
    """The desk as live chat asks it; see `livechat.registry.Answering`."""

    def present(self, channel_ids: Collection[UUID]) -> dict[UUID, int]:
        return {channel_id: len(people) for channel_id, people in agents_there(channel_ids).items()}

    def places(self) -> dict[UUID, int]:
        """One query. The queue of a channel is its cases without a first reply, longest waiting first."""
        waiting = CaseConversation.objects.filter(
            until_message_id__isnull=True,
            case__state__in=TO_DO,
            case__first_replied_at__isnull=True,
            conversation__channel__kind=Kind.LIVE_CHAT,
        )
        found = waiting.order_by("case__opened_at", "case_id").values_list(
            "conversation__channel_id", "case_id", "conversation_id"
        )
        queues: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        places: dict[UUID, int] = {}
        for channel_id, case_id, conversation_id in found:
            queue = queues[channel_id]
            places[conversation_id] = queue.setdefault(case_id, len(queue) + 1)
        return places

    def waits(self, channel_ids: Collection[UUID]) -> dict[UUID, timedelta]:
        """The median of the latest first replies, in time that the channel was open. Three queries."""
        newest = Window(RowNumber(), partition_by="channel_id", order_by=F("first_replied_at").desc())
        replied = (
            Case.objects.filter(channel__in=channel_ids, first_replied_at__gt=timezone.now() - LATELY)
            .alias(age=newest)
            .filter(age__lte=MOST_REPLIES)
            .values_list("channel_id", "opened_at", "first_replied_at")
        )
        calendars = dict(Channel.objects.filter(pk__in=channel_ids).values_list("pk", "calendar_key"))
        versions = versions_in_force(set(calendars.values()))
        took: dict[UUID, list[float]] = defaultdict(list)
        for channel_id, opened_at, replied_at in replied:
            version = versions.get(calendars[channel_id])
            until = max(opened_at, replied_at or opened_at)
            spent = version.working_calendar().working_time_between(opened_at, until) if version else until - opened_at
            took[channel_id].append(spent.total_seconds())
        known = {channel_id: times for channel_id, times in took.items() if len(times) >= FEWEST_REPLIES}
        return {channel_id: timedelta(seconds=median(times)) for channel_id, times in known.items()}


def agents_there(channel_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The people of each channel's team who have the desk open and take chats now. One query."""
    since = timezone.now() - presence.THERE_FOR
    there = ChannelMember.objects.filter(
        channel__in=channel_ids,
        capacity__gt=0,
        person__agent_presence__seen_at__gt=since,
        person__agent_presence__away=False,
    )
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for channel_id, person_id in there.values_list("channel_id", "person_id"):
        found[channel_id].add(person_id)
    return found


def presence_of(person: Person) -> AgentPresence | None:
    return AgentPresence.objects.filter(person=person).first()


def managers_of(organisation_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The account manager of each organisation that has one, or who stands in today. Two queries."""
    return {one: manager.pk for one, manager in account_managers(organisation_ids).items()}


def last_agents_of(contact_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who worked on the latest case of each contact. One query."""
    cases = Case.objects.filter(contact__in=contact_ids, assignee__isnull=False).order_by("contact_id", "-opened_at")
    latest = cases.distinct("contact_id").values_list("contact_id", "assignee_id")
    return {contact_id: agent for contact_id, agent in latest if contact_id and agent}


@dataclass(frozen=True, slots=True)
class CaseChat:
    """The live chat in which a case is answered. `by_mail`: the visitor has gone, so a reply goes by mail."""

    visit: Visit
    present: bool
    mailbox: Channel | None

    @property
    def by_mail(self) -> bool:
        return not self.present and self.visit.has_mail and self.mailbox is not None

    @property
    def is_typing(self) -> bool:
        until = self.visit.typing_until
        return until is not None and until > timezone.now()


def chat_of(case: Case) -> CaseChat | None:
    """The chat of a case whose customer wrote last in one; None for all others. Three queries."""
    conversation = conversation_to_answer(case)
    visit = livechat.visits_of([conversation.pk]).get(conversation.pk) if conversation else None
    if visit is None:
        return None
    mailbox = texts.settings_of(visit.channel).mailbox
    usable = mailbox if mailbox is not None and mailbox.is_live else None
    return CaseChat(visit=visit, present=livechat.is_present(visit), mailbox=usable)


def canned_answers(channels: Iterable[Channel] | None = None) -> list[CannedAnswer]:
    """The canned answers for these channels and for all (default: every one), by title. One query."""
    answers = CannedAnswer.objects.select_related("channel").order_by("title")
    if channels is not None:
        answers = answers.filter(Q(channel__isnull=True) | Q(channel__in=list(channels)))
    return list(answers)
