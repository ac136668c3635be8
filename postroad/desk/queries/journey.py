"""A case told as a journey over the media: each hop with how the customer came there, when, and when we answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from postroad.channels.models import Channel, Kind
from postroad.channels.protocol import AutoKind
from postroad.clock.models import Deadline
from postroad.clock.queries import deadlines_of
from postroad.conversations.models import Message
from postroad.desk.models import Case, Offer
from postroad.desk.queries.case import Entry
from postroad.desk.queries.promises import CASE_TYPE, Promise, first_promise
from postroad.desk.triage import somebody_waits
from postroad.hotline.models import CallBack
from postroad.platform.actors import Subject

SPOKEN_TO = (CallBack.Outcome.SETTLED, CallBack.Outcome.REACHED, CallBack.Outcome.CAME_THROUGH)


class Came(models.TextChoices):
    """How the customer came to a medium."""

    FIRST = "first", pgettext_lazy("journey", "first contact")
    THEMSELVES = "themselves", pgettext_lazy("journey", "came by themselves")
    OFFER = "offer", pgettext_lazy("journey", "took our offer")
    OURS = "ours", pgettext_lazy("journey", "we got in touch")


@dataclass(frozen=True, slots=True)
class Turn:
    """That the customer, or (`ours`) one of our people, turned to the other on a channel."""

    at: datetime
    channel: Channel
    ours: bool


@dataclass(slots=True)
class Hop:
    """One stretch of the journey on one channel, from `began` on. `until`: when its wait was over, one way or another.

    `promise` is what this tier promised, with its own outcome, whatever became of the others.
    """

    channel: Channel
    began: datetime
    came: Came
    answered_at: datetime | None = None
    until: datetime | None = None
    promise: Deadline | None = None

    @property
    def waited(self) -> timedelta:
        """How long the customer waited here: for our first answer, or until they went on or gave up."""
        return (self.answered_at or self.until or self.began) - self.began

    @property
    def is_ours(self) -> bool:
        return self.came == Came.OURS


def hops_of(
    turns: Iterable[Turn], *, taken: Iterable[datetime], promises: Sequence[Deadline], over_at: datetime
) -> list[Hop]:
    """The hops in their order; one begins whenever the customer turns to us on another channel than before.

    `taken` are the moments at which offers were taken; `over_at` ends waiting that nothing else ended. Pure.
    """
    taken, hops = set(taken), list[Hop]()
    # What happens in one moment: first they, then we.
    for turn in sorted(turns, key=lambda one: (one.at, one.ours)):
        here = next((hop for hop in reversed(hops) if hop.channel == turn.channel), None)
        if turn.ours and here:
            here.answered_at = here.answered_at or turn.at
        elif turn.ours:
            hops.append(Hop(turn.channel, turn.at, Came.OURS, answered_at=turn.at))
        elif not hops or hops[-1].channel != turn.channel:
            came = Came.OFFER if turn.at in taken else Came.THEMSELVES if hops else Came.FIRST
            hops.append(Hop(turn.channel, turn.at, came))
    for place, hop in enumerate(hops):
        hop.until = min(hop.answered_at or over_at, hops[place + 1].began if place + 1 < len(hops) else over_at)
        again = next((later.began for later in hops[place + 1 :] if later.channel == hop.channel), None)
        hop.promise = _promise_of(hop, promises, before=again)
    return hops


def _promise_of(hop: Hop, promises: Sequence[Deadline], *, before: datetime | None) -> Deadline | None:
    """What was promised on that stretch; one that was dropped only where nothing took its place."""
    kind = first_promise(hop.channel)
    made = [
        one
        for one in promises
        if one.kind == kind and one.started_at >= hop.began and (before is None or one.started_at < before)
    ]
    return min(made, key=lambda one: (one.state == Deadline.State.CANCELLED, one.started_at), default=None)


@dataclass(frozen=True, slots=True)
class Journey:
    """The hops of a case, what was offered, and the overall promise, which runs beside them all."""

    hops: list[Hop] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    overall: Deadline | None = None

    @property
    def is_worth_telling(self) -> bool:
        return len(self.hops) > 1 or bool(self.offers)


def journey(case: Case, *, thread: Sequence[Entry], merged: Sequence[Case]) -> Journey:
    """The journey of a case whose thread is at hand, and the cases merged into it. Three queries."""
    now = timezone.now()
    cases = [case, *merged]
    offers = list(Offer.objects.filter(case__in=cases).select_related("channel").order_by("made_at"))
    deadlines = list(deadlines_of([Subject(CASE_TYPE, str(one.pk)) for one in cases]))
    turns = [turn for entry in thread for turn in _turns(entry)]
    turns += [Turn(one.taken_at, one.channel, ours=False) for one in offers if one.taken_at and _is_in_chat(one)]
    channels = {message.conversation_id: message.channel for message in _messages(thread)}
    turns += _calls(channels)
    hops = hops_of(
        turns,
        taken=[one.taken_at for one in offers if one.taken_at],
        promises=deadlines,
        over_at=max(case.finished_at or now, max((turn.at for turn in turns), default=now)),
    )
    return Journey(hops, offers, _overall(case, deadlines))


def _overall(case: Case, deadlines: Sequence[Deadline]) -> Deadline | None:
    own = [one for one in deadlines if one.kind == Promise.ANSWER and one.subject_id == str(case.pk)]
    return max(own, key=lambda one: one.started_at, default=None)


def _is_in_chat(offer: Offer) -> bool:
    """Whether leaving the chat took it: nothing the customer wrote says so."""
    return offer.ways == [Offer.Way.CHAT]


def _messages(thread: Iterable[Entry]) -> list[Message]:
    return [entry.said.message for entry in thread if entry.said and not entry.aside]


def _turns(entry: Entry) -> list[Turn]:
    """Of what a machine said nothing; of what was written down of a call, both."""
    if entry.said is None or entry.aside:
        return []
    message, delivery = entry.said.message, entry.said.delivery
    if not message.is_incoming:
        sent = delivery.finished_at if delivery and delivery.finished_at else message.received_at
        return [Turn(sent, message.channel, ours=True)] if message.person_id else []
    if message.auto == AutoKind.RECORD and message.channel.kind == Kind.HOTLINE:
        return _call(message)
    if not somebody_waits(message.auto):
        return []
    both = [False, True] if message.person_id and message.channel.kind == Kind.HOTLINE else [False]
    return [Turn(message.received_at, message.channel, ours=ours) for ours in both]


def _call(message: Message) -> list[Turn]:
    """A call that was spoken: by a person of ours if they called, else the customer turned to us and was answered."""
    spoken = Turn(message.received_at, message.channel, ours=True)
    return [spoken] if message.person_id else [Turn(message.sent_at or spoken.at, message.channel, ours=False), spoken]


def _calls(channels: dict[UUID, Channel]) -> list[Turn]:
    """When we turned to those who had called in vain. One query."""
    lines = [one for one, channel in channels.items() if channel.kind == Kind.HOTLINE]
    turns = []
    for one in CallBack.objects.filter(conversation__in=lines):
        spoken = one.settled_at if one.outcome in SPOKEN_TO else None
        if at := min(filter(None, (one.first_tried_at, spoken)), default=None):
            turns.append(Turn(at, channels[one.conversation_id], ours=True))
    return turns
