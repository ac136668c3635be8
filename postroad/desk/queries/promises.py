"""What is owed on cases, and how a promise came to end as it did."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, When
from django.db.models import Case as Either
from django.utils import timezone

from postroad.channels.models import Channel, Kind
from postroad.clock.explanation import explain
from postroad.clock.life import next_rung
from postroad.clock.models import CalendarVersion, Deadline, DeadlineEvent
from postroad.clock.queries import deadlines_of
from postroad.clock.registry import kind_of
from postroad.conversations.models import Delivery, DeliveryState
from postroad.desk.models import TO_DO, Case, CaseConversation, Escalation, Tells
from postroad.platform.actors import Subject, subject_of

CASE_TYPE = Case._meta.label_lower


class Promise(StrEnum):
    """The kinds of promises the desk makes."""

    FIRST_REPLY = "desk.first-reply"
    CALL_BACK = "desk.call-back"
    CHAT_REPLY = "desk.chat-reply"
    DIRECT_REPLY = "desk.direct-reply"
    ANSWER = "desk.answer-24h"


FIRST = (Promise.FIRST_REPLY, Promise.CALL_BACK, Promise.CHAT_REPLY, Promise.DIRECT_REPLY)
"""The promises that somebody of ours turns to the customer soon; a case has one of them."""

_FIRST_ON = {
    Kind.HOTLINE: Promise.CALL_BACK,
    Kind.LIVE_CHAT: Promise.CHAT_REPLY,
    Kind.DIRECT: Promise.DIRECT_REPLY,
}


def first_promise(channel: Channel) -> Promise:
    """What is promised first to those who come in on a channel: a reply, or on a hotline a call back."""
    return _FIRST_ON.get(Kind(channel.kind), Promise.FIRST_REPLY)


Owed: TypeAlias = dict[UUID, dict[str, Deadline]]
"""By case and kind, the promises that are not finished: running, paused, or missed and still to be done."""


def nearest(owed: Iterable[Deadline]) -> Deadline | None:
    """The promise whose clock runs out first; paused ones do not run."""
    running = (one for one in owed if one.state != Deadline.State.PAUSED)
    return min(running, key=lambda one: one.due_at, default=None)


def side_by_side(owed: Iterable[Deadline]) -> tuple[Deadline, ...]:
    """What is owed, each promise by itself: first the first reply, then the answer, whichever is due sooner."""
    return tuple(sorted(owed, key=lambda one: (one.kind not in FIRST, one.started_at)))


def owed_on(cases: Iterable[Case]) -> Owed:
    """What is still owed on each of the cases. One query."""
    owed: Owed = {case.pk: {} for case in cases}
    found = deadlines_of([Subject(CASE_TYPE, str(case_id)) for case_id in owed])
    for deadline in found.filter(finished_at__isnull=True).select_related(None):
        owed[UUID(deadline.subject_id)][deadline.kind] = deadline
    return owed


def versions_in_force(keys: Collection[str]) -> dict[str, CalendarVersion]:
    """The version of each calendar that counts now, by the calendar's key. One query.

    As with `Calendar.current_version`, the first one counts where none is in force yet. A calendar that does not exist
    is left out.
    """
    in_force = ExpressionWrapper(Q(valid_from__lte=timezone.now()), output_field=BooleanField())
    versions = (
        CalendarVersion.objects.filter(calendar__key__in=keys)
        .alias(in_force=in_force)
        .order_by("calendar_id", "-in_force", Either(When(in_force=True, then="number")).desc(), "number")
        .distinct("calendar_id")
        .select_related("calendar")
    )
    return {version.calendar.key: version for version in versions}


def with_reply_under_way(cases: Iterable[Case]) -> set[UUID]:
    """Which of the cases have a reply that the mail server has neither taken nor refused yet. One query."""
    links = CaseConversation.objects.filter(case__in=list(cases), until_message_id__isnull=True, aside=False)
    under_way = Delivery.objects.filter(
        message__conversation=OuterRef("conversation"),
        message__person__isnull=False,
        state__in=(DeliveryState.QUEUED, DeliveryState.SENDING),
    )
    return set(links.filter(Exists(under_way)).values_list("case_id", flat=True))


@dataclass(frozen=True, slots=True)
class Told:
    """A promise, told: what happened to it, and the whole in one sentence."""

    deadline: Deadline
    events: tuple[DeadlineEvent, ...]
    sentence: str
    told: tuple[Escalation, ...] = ()
    next_at: datetime | None = None
    next_tells: str = ""

    @property
    def left(self) -> timedelta:
        """What is left of the time promised, as of the last start or pause."""
        return max(self.deadline.amount - self.deadline.used, timedelta())


def promises_of(case: Case) -> list[Told]:
    """All promises of a case, first made first, each with its history and who was told of it. Three queries."""
    deadlines = list(deadlines_of([subject_of(case)]))
    events: dict[UUID, list[DeadlineEvent]] = {deadline.pk: [] for deadline in deadlines}
    for event in DeadlineEvent.objects.filter(deadline__in=deadlines).order_by("id"):
        events[event.deadline_id].append(event)
    told: dict[UUID, list[Escalation]] = {deadline.pk: [] for deadline in deadlines}
    for one in case.escalations.select_related("person"):
        told[one.deadline_id].append(one)
    return [_told(one, events[one.pk], told[one.pk], case) for one in deadlines]


def _told(deadline: Deadline, events: list[DeadlineEvent], told: list[Escalation], case: Case) -> Told:
    ahead = next_rung(deadline, kind=kind_of(deadline.kind)) if case.state in TO_DO else None
    return Told(
        deadline,
        tuple(events),
        explain(deadline, events),
        told=tuple(told),
        next_at=ahead[0] if ahead else None,
        next_tells=str(Tells(ahead[1].tells).label) if ahead else "",
    )
