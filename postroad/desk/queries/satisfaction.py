"""Who is to be asked how satisfied they were, and what those who were asked said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek

from postroad.channels.models import Channel, ChannelMember, Kind, State
from postroad.conversations.models import Delivery, Message
from postroad.desk.models import Case, CaseConversation, CaseState, ClosedReason, Rating, RatingRules
from postroad.desk.models.satisfaction import HIGHEST, LOWEST
from postroad.desk.queries.case import messages_of
from postroad.desk.triage import ROBOTS
from postroad.org.models import Person, today

ASKED_AT = (Kind.MAILBOX, Kind.LIVE_CHAT)
"""Kinds of channels on which the question can be put: where there is a mail address, or a chat."""

SCORES = range(LOWEST, HIGHEST + 1)


def rating_rules_of(channel: Channel) -> RatingRules:
    """The channel's rules; the defaults, switched off, where nobody has made any: a chat asks at once."""
    found = RatingRules.objects.filter(channel=channel).first()
    return found or RatingRules(channel=channel, delay_minutes=0 if channel.kind == Kind.LIVE_CHAT else 24 * 60)


def cases_to_ask_about(now: datetime, *, limit: int) -> list[Case]:
    """Solved cases of channels that ask, quiet for as long as those say, whose contacts were not asked lately.

    Never a robot's case, nor spam, nor what was merged away; one query.
    """
    minutes = _span(F("channel__rating_rules__delay_minutes"), timedelta(minutes=1))
    days = _span(OuterRef("channel__rating_rules__every_days"), timedelta(days=1))
    lately = Rating.objects.filter(contact=OuterRef("contact")).filter(asked_at__gt=Value(now) - days)
    asked = (
        Case.objects.filter(
            Q(state=CaseState.SOLVED) | Q(state=CaseState.CLOSED, closed_reason=ClosedReason.QUIET),
            channel__rating_rules__enabled=True,
            channel__kind__in=ASKED_AT,
            channel__state=State.LIVE,
            automatic=False,
            undelivered=False,
            contact__isnull=False,
            contact__erased_at__isnull=True,
            solved_at__gte=F("channel__rating_rules__since"),
            rating__isnull=True,
        )
        .alias(quiet_since=Value(now) - minutes)
        .filter(solved_at__lte=F("quiet_since"), last_message_at__lte=F("quiet_since"))
        .filter(~Exists(lately))
    )
    return list(asked.defer("search").order_by("solved_at", "pk")[:limit])


def _span(count: F, unit: timedelta) -> ExpressionWrapper[CombinedExpression]:
    return ExpressionWrapper(count * Value(unit), output_field=DurationField())


def asked_lately(contact_id: UUID, *, since: datetime) -> bool:
    return Rating.objects.filter(contact=contact_id, asked_at__gt=since).exists()


def last_of_customer(case: Case) -> Message | None:
    """The last thing a person outside wrote on the case. Two queries."""
    return messages_of(case).filter(direction="in").exclude(auto__in=ROBOTS).order_by("-pk").first()


def rating_of(case: Case) -> Rating | None:
    return Rating.objects.filter(case=case).select_related("agent", "followed_up_by").first()


def ratings_of_conversations(conversation_ids: Collection[UUID]) -> dict[UUID, Rating]:
    """What is asked about the cases that conversations belong to now. One query."""
    links = CaseConversation.objects.filter(
        conversation__in=conversation_ids, until_message_id__isnull=True, case__rating__isnull=False
    ).select_related("case__rating__channel")
    return {link.conversation_id: link.case.rating for link in links.defer("case__search")}


def names_of_rating_mails(cases: Collection[Case]) -> set[str]:
    """The ids under which the mails that ask about these cases went out. One query, none without cases."""
    if not cases:
        return set()
    mails = Rating.objects.filter(case__in=cases, message_id__isnull=False).values("message_id")
    return set(Delivery.objects.filter(message__in=mails).values_list("external_id", flat=True)) - {""}


def rating_mails(message_ids: Collection[UUID]) -> set[UUID]:
    """Those of the messages that ask for a rating. One query, none without messages."""
    if not message_ids:
        return set()
    found = Rating.objects.filter(message_id__in=message_ids).values_list("message_id", flat=True)
    return {one for one in found if one}


def lead_of(channel: Channel) -> Person:
    """Who follows a low rating up: a lead of the channel's team who is still with us, else the channel's owner."""
    leads = ChannelMember.objects.filter(channel=channel, role=ChannelMember.Role.LEAD).select_related("person")
    day = today()
    return next((one.person for one in leads.order_by("id") if one.person.is_active_on(day)), channel.owner)


# --- for reports -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often each score from 1 to 5 was given, and how many were asked."""

    counts: dict[int, int] = field(default_factory=dict)
    asked: int = 0

    @property
    def answered(self) -> int:
        return sum(self.counts.values())

    @property
    def average(self) -> float | None:
        """None where nobody answered."""
        return sum(score * count for score, count in self.counts.items()) / self.answered if self.answered else None

    @property
    def low(self) -> int:
        return self.counts.get(1, 0) + self.counts.get(2, 0)

    def share(self, score: int) -> float:
        return self.counts.get(score, 0) / self.answered if self.answered else 0.0

    @property
    def lines(self) -> list[tuple[int, int]]:
        """Score and how often, the best first."""
        return [(score, self.counts.get(score, 0)) for score in reversed(SCORES)]


def ratings_between(
    start: datetime, end: datetime, *, channels: Iterable[UUID] | None = None, agent: Person | None = None
) -> QuerySet[Rating]:
    """The ratings asked for in a period (`start` inclusive, `end` exclusive), narrowed to channels and an agent."""
    found = Rating.objects.filter(asked_at__gte=start, asked_at__lt=end)
    if channels is not None:
        found = found.filter(channel__in=list(channels))
    return found.filter(agent=agent) if agent is not None else found


def ratings(found: QuerySet[Rating]) -> Distribution:
    """How ratings are distributed. One query."""
    return _by(found, None).get(None, Distribution())


def ratings_by_channel(found: QuerySet[Rating]) -> dict[UUID, Distribution]:
    """The distribution on each channel. One query."""
    return _by(found, F("channel"))


def ratings_by_agent(found: QuerySet[Rating]) -> dict[UUID | None, Distribution]:
    """The distribution for each agent; None: cases that were nobody's. One query."""
    return _by(found, F("agent"))


def ratings_by_period(found: QuerySet[Rating], *, each: str = "week") -> dict[datetime, Distribution]:
    """The distribution for each day, week (from Monday) or month, in the company's zone, oldest first. One query."""
    unit = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth}[each]
    told = _by(found, unit("asked_at"))
    return {moment: told[moment] for moment in sorted(told)}


def _by(found: QuerySet[Rating], key: Any) -> dict[Any, Distribution]:
    grouped = (
        found.order_by().annotate(key=Value(None, IntegerField()) if key is None else key).values_list("key", "score")
    )
    counts: dict[Any, dict[int, int]] = defaultdict(dict)
    asked: dict[Any, int] = defaultdict(int)
    for value, score, count in grouped.annotate(count=Count("pk")).values_list("key", "score", "count"):
        asked[value] += count
        if score is not None:
            counts[value][score] = count
    return {value: Distribution(counts[value], asked[value]) for value in asked}


def low_ratings(channels: Iterable[UUID] | None = None) -> QuerySet[Rating]:
    """Low ratings that nobody has followed up yet, oldest first."""
    found = Rating.objects.filter(score__lte=2, followed_up_at__isnull=True).select_related("case", "agent", "channel")
    if channels is not None:
        found = found.filter(channel__in=list(channels))
    return found.order_by("answered_at", "pk")
