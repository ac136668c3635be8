"""What comes in becomes a case, or continues one: a whole batch with a constant number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from textwrap import shorten
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from postroad.channels.models import Channel, Kind
from postroad.channels.protocol import AutoKind, IncomingMessage
from postroad.clock.models import Deadline
from postroad.conversations.registry import Intaken
from postroad.desk import queries
from postroad.desk.actions import promises, routing
from postroad.desk.actions.promises import NewPromise
from postroad.desk.actions.sending import hold_back
from postroad.desk.actions.state import STATE_FIELDS, move
from postroad.desk.events import Event
from postroad.desk.jobs import Job
from postroad.desk.models import NEVER, Case, CaseConversation, CaseState, Offer, Queue
from postroad.desk.queries import Owed, Promise
from postroad.desk.triage import Effect, Standing, effect_of, somebody_waits
from postroad.ledger.actions import NewEntry, record_many
from postroad.platform import realtime
from postroad.platform.actors import Actor
from postroad.platform.bulk import insert_many
from postroad.platform.jobs import enqueue
from postroad.platform.language import company_language
from postroad.platform.text import tsvector_literal

DESK = Actor.system("desk")
SUBJECT_LENGTH = 500
LONGEST_TEXT = 2000
FIRST_WORDS = 60
WRITTEN_FIELDS = ("last_message_at", "automatic", "undelivered", *STATE_FIELDS)


@transaction.atomic
def take_in(batch: Sequence[Intaken]) -> None:
    """Open or continue the case of every message in the batch; messages on internal channels are none of the desk's.

    Registered as an intake handler: runs inside the transaction that stores the messages.
    """
    channels = queries.served_channels({one.incoming.channel_id for one in batch})
    served = [one for one in batch if one.incoming.channel_id in channels]
    if served:
        # Why a promise runs again is read by the agents, not by the visitor or telephone system that wrote.
        with company_language():
            _Intake(channels, served).run()


@dataclass
class _Intake:
    """One batch on its way: read everything, decide message by message in memory, write everything."""

    channels: Mapping[UUID, Channel]
    batch: Sequence[Intaken]
    links: dict[UUID, CaseConversation] = field(default_factory=dict)
    owed: Owed = field(default_factory=dict)
    offers: dict[UUID, Offer] = field(default_factory=dict)
    taken: list[Offer] = field(default_factory=list)
    questions: set[str] = field(default_factory=set)
    opened: dict[UUID, Case] = field(default_factory=dict)
    new_links: list[CaseConversation] = field(default_factory=list)
    ended_links: list[CaseConversation] = field(default_factory=list)
    touched: dict[UUID, Case] = field(default_factory=dict)
    promised: dict[tuple[UUID, str], NewPromise] = field(default_factory=dict)
    resumed: dict[UUID, datetime] = field(default_factory=dict)
    resumed_aside: dict[UUID, datetime] = field(default_factory=dict)
    written_to: set[UUID] = field(default_factory=set)
    entries: list[NewEntry] = field(default_factory=list)
    to_answer_away: list[UUID] = field(default_factory=list)
    to_acknowledge: list[Case] = field(default_factory=list)

    def run(self) -> None:
        self._read()
        for one in self.batch:
            self._decide(one)
        self._write()

    def _read(self) -> None:
        self.links = queries.locked_links({one.conversation.pk for one in self.batch})
        self.owed = queries.owed_on(link.case for link in self.links.values()) if self.links else {}
        self.offers = queries.offers_open_in(self.links) if self.links else {}
        bounced = {one.conversation.pk for one in self.batch if one.incoming.auto == AutoKind.BOUNCE}
        self.questions = queries.names_of_rating_mails([self.links[pk].case for pk in bounced if pk in self.links])

    def _decide(self, one: Intaken) -> None:
        link, incoming = self.links.get(one.conversation.pk), one.incoming
        effect = effect_of(
            Standing(link.case.state, link.case.finished_at) if link else None,
            auto=incoming.auto or "",
            # A customer who was not reached with our question about the help has the help all the same.
            failed_for_good=_failed_for_good(incoming) and incoming.bounce_of not in self.questions,
            arrived_at=incoming.received_at,
            stays_open=self._stays_open(incoming.channel_id),
        )
        if effect == Effect.FILE:
            return
        if link is None:
            self._open(one, automatic=effect == Effect.OPEN_AUTOMATIC)
        elif link.aside and not _is_the_customer(one, link.case):
            self._told_aside(link.case, incoming, effect)
        elif effect == Effect.FOLLOW_UP:
            self._follow_up(one, link)
        elif effect == Effect.UNDELIVERED and not link.case.undelivered:
            self._continue(link.case, incoming, undelivered=True)
        elif effect == Effect.CONTINUE:
            self._take_offer(one, link.case)
            self._continue(link.case, incoming, undelivered=False)
        else:
            self._touch(link.case, incoming)
        if incoming.may_autorespond and _answers_away(self.channels[incoming.channel_id]):
            self.to_answer_away.append(one.message.pk)

    def _told_aside(self, case: Case, incoming: IncomingMessage, effect: Effect) -> None:
        """Somebody who is not the customer answered: it is to be worked on, but nothing new is owed to anybody."""
        self._touch(case, incoming)
        if effect not in {Effect.CONTINUE, Effect.FOLLOW_UP, Effect.UNDELIVERED}:
            return
        before = case.state
        if case.state != CaseState.NEW:
            move(case, CaseState.OPEN, at=incoming.received_at)
        case.undelivered = case.undelivered or effect == Effect.UNDELIVERED
        event = Event.CASE_UNDELIVERED if effect == Effect.UNDELIVERED else Event.CASE_TOLD_ASIDE
        self.entries.append(NewEntry(event, DESK, case, {"state": {"before": before, "after": case.state}}))
        if answer := self.owed[case.pk].get(Promise.ANSWER):
            self.resumed_aside.setdefault(answer.pk, incoming.received_at)

    def _open(self, one: Intaken, *, automatic: bool, follow_up_of: Case | None = None) -> None:
        incoming, channel = one.incoming, self.channels[one.incoming.channel_id]
        contact = one.contact
        case = Case(
            channel=channel,
            subject=(incoming.subject or _first_words(incoming, channel))[:SUBJECT_LENGTH],
            contact=contact,
            organisation_id=contact.organisation_id if contact else None,
            automatic=automatic,
            follow_up_of=follow_up_of,
            opened_at=incoming.received_at,
            last_message_at=incoming.received_at,
        )
        case.search = tsvector_literal(f"{case.subject} {contact.name if contact else ''}")
        link = CaseConversation(case=case, conversation=one.conversation, first_message_id=one.message.pk)
        self.opened[case.pk] = case
        self.new_links.append(link)
        self.links[one.conversation.pk] = link
        self.owed[case.pk] = {}
        if not automatic:
            self._owe(case, (queries.first_promise(channel), Promise.ANSWER), incoming.received_at)
            if incoming.may_autorespond and queries.queue_of(channel).acknowledge and not _answers_away(channel):
                self.to_acknowledge.append(case)

    def _follow_up(self, one: Intaken, link: CaseConversation) -> None:
        link.until_message_id = one.message.pk
        self.ended_links.append(link)
        self._open(one, automatic=False, follow_up_of=link.case)

    def _continue(self, case: Case, incoming: IncomingMessage, *, undelivered: bool) -> None:
        """The case is to be worked on again; where somebody waits, the answer is owed (again) from the arrival on."""
        before = case.state
        if case.state != CaseState.NEW:
            move(case, CaseState.OPEN, at=incoming.received_at)
        case.undelivered = case.undelivered or undelivered
        self._touch(case, incoming)
        event = Event.CASE_UNDELIVERED if undelivered else Event.CASE_CONTINUED
        self.entries.append(NewEntry(event, DESK, case, {"state": {"before": before, "after": case.state}}))
        waits = somebody_waits(incoming.auto or "")
        if waits and not undelivered:
            self.written_to.add(case.pk)
        if waits and case.automatic:
            case.automatic = False
            self._owe(case, (queries.first_promise(case.channel), Promise.ANSWER), incoming.received_at)
        elif answer := self.owed[case.pk].get(Promise.ANSWER):
            self.resumed.setdefault(answer.pk, incoming.received_at)
        elif waits:
            self._owe(case, (Promise.ANSWER,), incoming.received_at)

    def _take_offer(self, one: Intaken, case: Case) -> None:
        """The customer comes the way that we offered: what is promised there is promised, beside all that is owed."""
        offer, incoming = self.offers.get(one.conversation.pk), one.incoming
        if offer is None or not somebody_waits(incoming.auto or ""):
            return
        del self.offers[one.conversation.pk]
        offer.taken_at = incoming.received_at
        self.taken.append(offer)
        channel = self.channels[incoming.channel_id]
        self.entries.append(NewEntry(Event.OFFER_TAKEN, DESK, case, {"channel": channel.key}))
        self._owe(case, (queries.first_promise(channel),), incoming.received_at, channel=channel)

    def _owe(self, case: Case, kinds: Iterable[Promise], since: datetime, *, channel: Channel | None = None) -> None:
        """Promise what is not promised yet, be it before this batch or by an earlier message of it.

        On the terms of `channel`, by default the case's own.
        """
        channel = channel or self.channels.get(case.channel_id) or case.channel
        for kind in kinds:
            if kind not in self.owed[case.pk]:
                self.promised.setdefault((case.pk, kind), NewPromise(case, channel, kind, since, ""))

    def _touch(self, case: Case, incoming: IncomingMessage) -> None:
        case.last_message_at = max(case.last_message_at, incoming.received_at)
        if case.pk not in self.opened:
            self.touched[case.pk] = case

    def _write(self) -> None:
        opened = list(self.opened.values())
        for case, number in zip(opened, fresh_numbers(len(opened)), strict=True):
            case.number = number
            self.entries.append(NewEntry(Event.CASE_OPENED, DESK, case, {"number": number}))
        waited_for = [case for case in opened if not case.automatic]
        self.entries += routing.hand_out(waited_for, queues=self._queues(), texts=self._texts())
        promises.resume(self.resumed, reason=_("the customer wrote"), actor=DESK)
        aside = {one: at for one, at in self.resumed_aside.items() if one not in self.resumed}
        promises.resume(aside, reason=_("somebody who was asked about it answered"), actor=DESK)
        started = promises.start(list(self.promised.values()), actor=DESK)
        _set_due(opened, started)
        insert_many(opened)
        self._write_touched()
        CaseConversation.objects.bulk_update(self.ended_links, ["until_message_id"])
        insert_many(self.new_links)
        Offer.objects.bulk_update(self.taken, ["taken_at"])
        record_many(self.entries)
        self._tell()
        if self.written_to:
            hold_back(self.written_to)
        if self.to_answer_away:
            enqueue(Job.ANSWER_AWAY, message_ids=",".join(map(str, self.to_answer_away)))
        if self.to_acknowledge:
            enqueue(Job.ACKNOWLEDGE, case_ids=",".join(str(case.pk) for case in self.to_acknowledge))

    def _write_touched(self) -> None:
        touched = list(self.touched.values())
        if touched:
            Case.objects.bulk_update(touched, WRITTEN_FIELDS)
            promises.refresh_due(touched)

    def _tell(self) -> None:
        pages = [f"desk.case.{case_id}" for case_id in self.touched]
        people = {case.assignee_id for case in (self.opened | self.touched).values() if case.assignee_id}
        realtime.publish("desk.cases", *pages, *(f"work.{person_id}" for person_id in people))

    def _queues(self) -> dict[UUID, Queue]:
        return {channel_id: queries.queue_of(channel) for channel_id, channel in self.channels.items()}

    def _texts(self) -> dict[UUID, str]:
        """What opened each case, its beginning."""
        return {
            link.case.pk: f"{one.incoming.subject}\n{one.incoming.text[:LONGEST_TEXT]}"
            for one in reversed(self.batch)
            if (link := self.links.get(one.conversation.pk))
        }

    def _stays_open(self, channel_id: UUID) -> timedelta:
        return timedelta(days=queries.queue_of(self.channels[channel_id]).close_after_days)


def fresh_numbers(count: int) -> list[int]:
    """The next numbers of the sequence, in one statement; gaps appear only where a transaction was undone."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('desk_case_number') FROM generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]


def _set_due(opened: Iterable[Case], started: Iterable[Deadline]) -> None:
    due: dict[str, datetime] = {}
    for deadline in started:
        due[deadline.subject_id] = min(deadline.due_at, due.get(deadline.subject_id, NEVER))
    for case in opened:
        case.next_due_at = due.get(str(case.pk), NEVER)


def _first_words(incoming: IncomingMessage, channel: Channel) -> str:
    """How a case is called where messages have no subjects."""
    if channel.kind != Kind.DIRECT:
        return ""
    files = (one.name for one in incoming.attachments)
    return shorten(incoming.text or ", ".join(files), FIRST_WORDS, placeholder="…")


def _is_the_customer(one: Intaken, case: Case) -> bool:
    return one.contact is not None and one.contact.pk == case.contact_id


def _answers_away(channel: Channel) -> bool:
    """Whether who writes to the channel while it is closed is told so."""
    rules = getattr(channel, "mail_rules", None)
    return rules is not None and rules.away_reply and channel.kind not in {Kind.HOTLINE, Kind.LIVE_CHAT}


def _failed_for_good(incoming: IncomingMessage) -> bool:
    """Whether a bounce says that it is no use waiting; one that names no addressee is taken to say so."""
    return incoming.auto == AutoKind.BOUNCE and (
        not incoming.failed_recipients or any(one.permanent for one in incoming.failed_recipients)
    )
