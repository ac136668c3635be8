"""Any life of some cases, against a simple model of what is owed on them: clocks side by side, none hiding another.

How one promise counts, warns and is missed is the clock's matter, told by the model of its own tests; this is about
what the desk makes of mails, calls, replies and decisions.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier
from typing import ClassVar
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from postroad.channels.models import Channel, Kind
from postroad.channels.protocol import AutoKind
from postroad.clock.actions import add_version, cancel, fire_due
from postroad.clock.models import Calendar, Deadline, DeadlineEvent
from postroad.clock.tests.factories import ACTOR, OFFICE
from postroad.clock.tests.test_life import HOURS, LONG_DAYS, MINUTE, Model
from postroad.conversations.models import Message
from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import NEVER, USUAL_LADDER, Case
from postroad.desk.queries import FIRST, Promise, first_promise
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, make_desk, refuse, reply
from postroad.hotline import actions as hotline
from postroad.hotline.models import CallBack
from postroad.hotline.tests.factories import make_hotline, missed
from postroad.org.tests.cast import Company, make_company
from postroad.platform.errors import Conflict

State = Deadline.State
TO_DO = {"new", "open"}
ACTIVE = {*TO_DO, "waiting"}
FINISHED = {"solved", "closed"}
WEEK = timedelta(weeks=1)
CALENDARS = {1: OFFICE, 2: LONG_DAYS}
_numbers = count(1)


class Owed(Model):
    """A promise told with a stopwatch. Workers look half a minute before each full minute, people act on the minute."""

    def worker_looks(self) -> None:
        if self.state == State.RUNNING and self.left == 0:
            self.state = State.MISSED
        self.look()

    def pause(self) -> None:
        self.state = State.PAUSED if self.state == State.RUNNING else self.state

    def resume(self) -> None:
        self.state = State.RUNNING if self.state == State.PAUSED else self.state

    def end(self, *, kept: bool) -> None:
        if self.state != State.MISSED and not self.finished:
            self.state = State.MET if kept else State.CANCELLED
        self.finished = True

    def due(self) -> datetime:
        """When it falls due if nothing happens."""
        alone = copy.copy(self)
        while alone.left:
            alone.tick()
        return alone.now

    def minutes_until(self, moment: datetime) -> int:
        """How much of its own time lies between now and a moment."""
        alone = copy.copy(self)
        while alone.now < moment:
            alone.tick()
        return self.left - alone.left


@dataclass
class Life:
    """A case as the model has it: its state, the latest promise of each kind, the replies that are on their way."""

    pk: UUID
    channel: UUID
    first: Promise
    by_mail: bool
    state: str = "new"
    promises: dict[Promise, Owed] = field(default_factory=dict)
    on_their_way: list[Message] = field(default_factory=list)
    replied: bool = False
    ended_at: datetime | None = None

    @property
    def case(self) -> Case:
        return Case.objects.get(pk=self.pk)

    @property
    def answer(self) -> Owed:
        return self.promises[Promise.ANSWER]

    def owed(self) -> dict[Promise, Owed]:
        return {kind: one for kind, one in self.promises.items() if not one.finished}

    def settle(self) -> None:
        """The promises agree with the state, unless a reply is on its way."""
        if self.state in TO_DO:
            self.answer.resume()
        elif not self.on_their_way and self.state == "waiting":
            self.answer.pause()
        elif not self.on_their_way:
            for one in self.owed().values():
                one.end(kept=True)

    def drop(self) -> None:
        for one in self.owed().values():
            one.end(kept=False)


class Lives(RuleBasedStateMachine):
    """Some cases lived twice: by the actions, and by the model."""

    company: ClassVar[Company]
    channels: ClassVar[list[Channel]]
    hotline: ClassVar[Channel]
    workers: ClassVar[ThreadPoolExecutor]
    move_to: ClassVar[Callable[[datetime], None]]
    begins: ClassVar[datetime] = MONDAY_TEN

    def __init__(self) -> None:
        super().__init__()
        # Always on a Monday at ten, each time in a later week: no calendar is ever changed for the past.
        self.now = type(self).begins
        self.move_to(self.now)
        self.agent = self.company.agent
        self.lives: list[Life] = []
        self.made: dict[UUID, tuple[object, ...]] = {}
        self.terms = {one.pk: (int(one.first_reply / MINUTE), int(one.answer / MINUTE)) for one in self.channels}
        for one in self.channels:
            one.save(update_fields=["first_reply_minutes", "answer_hours"])
        self.the_calendar_changes(1)

    def teardown(self) -> None:
        open_now = Deadline.objects.filter(finished_at=None).values_list("pk", flat=True)
        cancel(open_now, at=self.now, reason="the test is over", actor=ACTOR)
        type(self).begins += ((self.now - self.begins) // WEEK + 1) * WEEK

    def life(self, which: int) -> Life:
        return self.lives[which % len(self.lives)]

    def owe(self, life: Life, kind: Promise) -> None:
        """On the terms of the case's channel and the calendar as they are now."""
        first, answer = self.terms[life.channel]
        working = next(one for one in self.channels if one.pk == life.channel).first_reply_in_working_time
        amount, calendar = (first, self.calendar if working else 0) if kind in FIRST else (answer, 0)
        life.promises[kind] = Owed(amount=amount, started=self.now, calendar=calendar)

    def work_on_it(self, life: Life, *, somebody_waits: bool) -> None:
        life.state = life.state if life.state == "new" else "open"
        if not life.answer.finished:
            life.answer.resume()
        elif somebody_waits:
            self.owe(life, Promise.ANSWER)

    def opened(self, case: Case, channel: Channel) -> None:
        first = first_promise(channel)
        life = Life(case.pk, channel.pk, first, by_mail=channel.kind == Kind.MAILBOX)
        for kind in (first, Promise.ANSWER):
            self.owe(life, kind)
        self.lives.append(life)

    # --- the world ---------------------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        self.opened(mail(self.channels[0], received_at=self.now), self.channels[0])

    @rule(minutes=st.integers(1, 90) | st.integers(200, 1600))
    def time_passes_and_two_workers_look_at_once(self, minutes: int) -> None:
        promises = [one for life in self.lives for one in life.promises.values() if not one.finished]
        for minute in range(minutes):
            if minute == minutes - 1:
                for one in promises:
                    one.worker_looks()
            for one in promises:
                one.tick()
        self.now += minutes * MINUTE
        self.move_to(self.now)
        together = Barrier(2)

        def look() -> None:
            try:
                together.wait()
                fire_due(now=self.now - MINUTE / 2)
            finally:
                connection.close()

        for running in [self.workers.submit(look) for _ in range(2)]:
            running.result()

    @rule(hours=st.sampled_from(sorted(CALENDARS)))
    def the_calendar_changes(self, hours: int) -> None:
        add_version(calendar=Calendar.objects.get(key="company"), definition=CALENDARS[hours], actor=ACTOR)
        self.calendar = hours

    @rule(which=st.integers(0, 2), first=st.integers(1, 30), answer=st.integers(1, 60))
    def a_channel_promises_otherwise(self, which: int, first: int, answer: int) -> None:
        channel = self.channels[which]
        Channel.objects.filter(pk=channel.pk).update(first_reply_minutes=10 * first, answer_hours=answer)
        self.terms[channel.pk] = 10 * first, 60 * answer

    # --- what comes in -----------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1))
    def somebody_new_writes(self, which: int) -> None:
        self.opened(mail(self.channels[which], received_at=self.now), self.channels[which])

    @rule()
    def a_call_is_missed(self) -> None:
        number = next(_numbers)
        call = missed(self.hotline, self.now, call=f"call-{number}", number=f"+86138{number:08}")
        self.opened(Case.objects.get(links__conversation=call.call_back.conversation_id), self.hotline)

    @rule(which=st.integers(0, 3))
    def the_customer_writes(self, which: int) -> None:
        life = self.life(which)
        long_over = life.state == "closed" and life.ended_at and self.now - life.ended_at > timedelta(days=13)
        if life.by_mail and not long_over:
            follow_on(life.case, received_at=self.now)
            self.work_on_it(life, somebody_waits=True)

    @rule(which=st.integers(0, 3), kind=st.sampled_from([AutoKind.REPLY, AutoKind.BOUNCE]))
    def a_machine_writes(self, which: int, kind: AutoKind) -> None:
        life = self.life(which)
        if life.by_mail:
            if kind == AutoKind.BOUNCE and not life.case.undelivered:
                self.work_on_it(life, somebody_waits=False)
            follow_on(life.case, auto=kind, received_at=self.now)

    # --- what we do --------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 3), after=st.sampled_from(list(After)))
    def an_agent_replies(self, which: int, after: After) -> None:
        life = self.life(which)
        if not life.by_mail:
            return
        if life.state in FINISHED and after == After.OPEN and life.answer.finished:
            self.owe(life, Promise.ANSWER)
        life.on_their_way.append(reply(life.case, self.agent, after=after))
        life.state = after.value
        life.settle()

    @rule(which=st.integers(0, 3))
    def the_mail_server_takes_a_reply(self, which: int) -> None:
        life = self.life(which)
        if life.on_their_way:
            accept(life.on_their_way.pop(0), self.now)
            life.replied = True
            if life.first in life.owed():
                life.promises[life.first].end(kept=True)
            life.settle()

    @rule(which=st.integers(0, 3))
    def the_mail_server_refuses_a_reply(self, which: int) -> None:
        life = self.life(which)
        if life.on_their_way:
            refuse(life.on_their_way.pop(0), self.now)
            life.state = life.state if life.state in TO_DO else "open"
            life.settle()

    @rule(which=st.integers(0, 3))
    def an_agent_waits_for_the_customer(self, which: int) -> None:
        life = self.life(which)
        if life.state not in TO_DO:
            with pytest.raises(Conflict):
                actions.wait(case=life.case, person=self.agent)
            return
        actions.wait(case=life.case, person=self.agent)
        life.state = "waiting"
        life.settle()

    @rule(which=st.integers(0, 3))
    def an_agent_solves(self, which: int) -> None:
        life = self.life(which)
        actions.solve(cases=[life.case], reason="by telephone", person=self.agent)
        if life.state in ACTIVE:
            life.state = "solved"
            life.settle()

    @rule(which=st.integers(0, 3))
    def an_agent_reopens(self, which: int) -> None:
        life = self.life(which)
        if life.state in TO_DO:
            with pytest.raises(Conflict):
                actions.reopen(case=life.case, reason="", person=self.agent)
            return
        actions.reopen(case=life.case, reason="", person=self.agent)
        self.work_on_it(life, somebody_waits=life.state in FINISHED)

    @rule(which=st.integers(0, 3))
    def an_agent_closes(self, which: int) -> None:
        life = self.life(which)
        actions.close(cases=[life.case], reason="no answer needed", person=self.agent)
        if life.state in ACTIVE:
            life.drop()
        if life.state != "closed":
            life.ended_at = self.now
        life.state = "closed"
        life.settle()

    @rule(which=st.integers(0, 3), to=st.integers(0, 2))
    def an_agent_hands_it_to_another_team(self, which: int, to: int) -> None:
        life, channel = self.life(which), self.channels[to]
        if channel.pk != life.channel:
            actions.transfer(case=life.case, channel=channel, assignee=None, reason="theirs", person=self.agent)
            life.channel = channel.pk

    @rule(which=st.integers(0, 3), outcome=st.sampled_from(hotline.BY_HAND))
    def an_agent_calls_back(self, which: int, outcome: CallBack.Outcome) -> None:
        life = self.life(which)
        waits = CallBack.objects.filter(conversation_id__in=life.case.links.values("conversation"), settled_at=None)
        if life.by_mail or life.state not in ACTIVE or not (standing := waits.first()):
            return
        hotline.call_back(call_back=standing, outcome=outcome, note="said", person=self.agent)
        if outcome == CallBack.Outcome.NOT_NEEDED:
            life.drop()
            life.state, life.ended_at = "closed", self.now
            return
        life.replied = True
        if life.first in life.owed():
            life.promises[life.first].end(kept=True)
        life.state = "open" if life.state == "new" else life.state
        if outcome == CallBack.Outcome.SETTLED:
            life.state = "solved"
            life.settle()

    @rule(which=st.integers(0, 3), into=st.integers(0, 3))
    def two_cases_become_one(self, which: int, into: int) -> None:
        """Nobody waits longer for it: the earliest of the moments counts, and what only one of them owed stays owed."""
        gone, life = self.life(which), self.life(into)
        if gone is life or gone.first != life.first:
            return
        actions.merge(case=gone.case, into=life.case, person=self.agent)
        life.on_their_way += gone.on_their_way
        owed = {kind: copy.copy(one) for kind, one in gone.owed().items() if one.state != State.MISSED}
        gone.drop()
        for kind, one in owed.items():
            if one.state == State.RUNNING and life.state not in TO_DO:
                life.state = "open"
                life.settle()
            if kind in life.owed():
                self.fall_due_no_later(life.promises[kind], one)
            elif kind == Promise.ANSWER or not life.replied:
                one.amount = one.left = max(one.left, 1)
                one.warned = 0
                one.resume()
                life.promises[kind] = one
                life.state = "waiting" if life.state in FINISHED else life.state
                life.settle()
        self.lives.remove(gone)
        self.made = {}

    def fall_due_no_later(self, own: Owed, other: Owed) -> None:
        if own.state == State.RUNNING == other.state and self.now < other.due() < own.due():
            left = own.minutes_until(other.due())
            own.amount, own.left = own.used + left, left
            own.warned = own.reached()

    # --- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def both_tell_the_same(self) -> None:
        for life in self.lives:
            found = Deadline.objects.filter(subject_id=str(life.pk)).select_related("calendar_version").order_by("id")
            latest = {Promise(one.kind): one for one in found}
            assert latest.keys() == life.promises.keys()
            for kind, owed in life.promises.items():
                real = latest[kind]
                assert (real.state, real.finished_at is not None) == (owed.state, owed.finished), kind
                assert (real.warnings, real.escalations) == (owed.warned, owed.escalated), kind
                assert (real.amount, real.used_by(self.now)) == (owed.amount * MINUTE, owed.used * MINUTE), kind
                assert (real.calendar_version is None) == (HOURS[owed.calendar] is None)
            self.case_is_right(life, [one for one in found if one.finished_at is None])

    def case_is_right(self, life: Life, unfinished: list[Deadline]) -> None:
        case = life.case
        assert case.state == life.state
        # While a reply is on its way, what was paused stays so: only its arrival ends the waiting.
        paused = any(one.state == State.PAUSED for one in unfinished)
        assert not paused or life.state == "waiting" or life.on_their_way
        running = [one.due_at for one in unfinished if one.state != State.PAUSED]
        assert case.next_due_at == min(running, default=NEVER)
        # Each is on the list by itself, and none of a kind twice.
        [row] = queries.rows([case])
        assert Counter(one.kind for one in row.owed) == Counter(list(life.owed()))

    @invariant()
    def what_was_promised_stays_and_is_told_once(self) -> None:
        for real in Deadline.objects.filter(subject_id__in=[str(life.pk) for life in self.lives]):
            terms = (real.amount, real.started_at, real.calendar_version_id, real.ladder)
            assert self.made.setdefault(real.pk, terms) == terms
            assert real.ladder == USUAL_LADDER
            told = DeadlineEvent.objects.filter(deadline=real, what__in=("warned", "missed", "escalated"))
            times = Counter(told.values_list("what", "round", "step"))
            assert not times or max(times.values()) == 1
            assert (told.filter(what="missed").count() == 1) == (real.state == State.MISSED)


@pytest.mark.django_db(transaction=True)
def test_what_is_owed_is_what_the_model_says_whatever_happens(clock) -> None:
    made_by = make_company()
    phone = make_hotline(made_by)

    class Here(Lives):
        company = made_by
        hotline = phone
        channels: ClassVar = [
            make_desk(made_by),
            make_desk(made_by, "sales", first_reply_minutes=60, answer_hours=10),
            phone,
        ]
        workers = ThreadPoolExecutor(2)
        move_to = staticmethod(clock.move_to)

    with Here.workers:
        run_state_machine_as_test(Here, settings=settings(max_examples=12, stateful_step_count=15, database=None))
