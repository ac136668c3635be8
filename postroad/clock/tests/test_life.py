"""A promise's life compared with a model that counts it down minute by minute. No database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from postroad.clock import life
from postroad.clock.ladders import Rung, as_data
from postroad.clock.life import Happening, Rule
from postroad.clock.models import CalendarVersion, Deadline
from postroad.clock.registry import DeadlineKind
from postroad.clock.tests.factories import OFFICE

MINUTE = timedelta(minutes=1)
KIND = DeadlineKind(key="test.model", title="Model", warn_at=(0.5, 0.8))
State = Deadline.State

LONG_DAYS = {
    "zone": "Asia/Shanghai",
    "week": {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
VERSIONS = (None, *(CalendarVersion(definition=one, zone="Asia/Shanghai") for one in (OFFICE, LONG_DAYS)))
# The minutes of a day that each of them is open; None: always.
HOURS = (None, ((540, 720), (810, 1080)), ((480, 1200),))

EARLY, LATE = (50, 80), (0, 60)
LADDER = as_data([Rung(percent, 0, "assignee") for percent in EARLY] + [Rung(100, late, "head") for late in LATE])


class Model:
    """The same promise told by somebody with a stopwatch."""

    def __init__(self, *, amount: int, started: datetime, calendar: int) -> None:
        self.amount, self.left, self.now = amount, amount, started
        self.calendar = calendar
        self.state = State.RUNNING
        self.finished = False
        self.warned = self.late = self.escalated = 0

    @property
    def used(self) -> int:
        return self.amount - self.left

    def is_open(self) -> bool:
        hours = HOURS[self.calendar]
        if hours is None:
            return True
        local = self.now + timedelta(hours=8)
        minute = local.hour * 60 + local.minute
        return local.weekday() < 5 and any(opens <= minute < closes for opens, closes in hours)

    def tick(self) -> None:
        if self.state == State.RUNNING and self.left == 0:
            self.state = State.MISSED
        if self.state == State.RUNNING and self.is_open():
            self.left -= 1
        if self.state == State.MISSED and self.is_open():
            self.late += 1
        self.now += MINUTE

    def look(self) -> None:
        """What people would have been told by now, were somebody looking every minute."""
        if not self.is_open() or self.finished:
            return
        if self.state == State.RUNNING:
            self.warned = max(self.warned, self.reached())
        if self.state == State.MISSED:
            self.escalated = sum(self.late >= late for late in LATE)

    def reached(self) -> int:
        return sum(self.used * 100 >= percent * self.amount for percent in EARLY)

    def change(self, *, amount: int, calendar: int) -> None:
        """Another amount, another calendar, the time used kept; what that would break stays as it is."""
        if self.state not in Deadline.OPEN_STATES or amount <= self.used:
            return
        if (amount, calendar) == (self.amount, self.calendar):
            return
        self.left, self.amount, self.calendar = amount - self.used, amount, calendar
        self.warned = self.reached()


class PromiseLife(RuleBasedStateMachine):
    @initialize(
        amount=st.integers(1, 120).map(lambda tens: tens * 10),
        start=st.integers(0, 14 * 1440),
        calendar=st.integers(0, 2),
    )
    def begin(self, *, amount: int, start: int, calendar: int) -> None:
        started = datetime(2025, 3, 1, tzinfo=UTC) + start * MINUTE
        self.model = Model(amount=amount, started=started, calendar=calendar)
        self.deadline = Deadline(
            kind=KIND.key,
            title="x",
            amount=amount * MINUTE,
            started_at=started,
            calendar_version=VERSIONS[calendar],
            ladder=LADDER,
        )
        self.rounds = 0
        self.events = [one.what for one in life.begin(self.deadline, kind=KIND)]

    def happen(self, step: Callable[[], list[Happening]]) -> None:
        """A thing that happens is heard of once or twice; the second time changes nothing."""
        self.events += [one.what for one in step()]
        assert [one.what for one in step()] == []

    @rule(minutes=st.integers(1, 400) | st.integers(1000, 5000))
    def time_passes_and_the_worker_looks(self, *, minutes: int) -> None:
        """After an outage only the last is told."""
        for _ in range(minutes):
            self.model.tick()
        self.model.look()
        self.happen(lambda: life.look(self.deadline, now=self.model.now, kind=KIND))

    @rule(minutes=st.integers(1, 2000))
    def the_worker_looks_whenever_it_is_asked_to(self, *, minutes: int) -> None:
        """Looking only at `look_at` has to find all that looking every minute would find."""
        for _ in range(minutes):
            self.model.tick()
            self.model.look()
            if self.deadline.look_at is not None and self.deadline.look_at <= self.model.now:
                self.events += [one.what for one in life.look(self.deadline, now=self.model.now, kind=KIND)]
        self.happen(lambda: life.look(self.deadline, now=self.model.now, kind=KIND))

    @rule()
    def pause(self) -> None:
        self.happen(lambda: life.pause(self.deadline, at=self.model.now))
        if self.model.state == State.RUNNING:
            self.model.state = State.PAUSED

    @rule()
    def resume(self) -> None:
        self.happen(lambda: life.resume(self.deadline, at=self.model.now, kind=KIND))
        if self.model.state == State.PAUSED:
            self.model.state = State.RUNNING

    @rule(amount=st.integers(1, 150).map(lambda tens: tens * 10), calendar=st.integers(0, 2))
    def the_rule_or_the_calendar_changes(self, *, amount: int, calendar: int) -> None:
        by = Rule(amount=amount * MINUTE, calendar_version=VERSIONS[calendar], ladder=LADDER)
        self.rounds += 1
        self.happen(lambda: life.change_rule(self.deadline, at=self.model.now, rule=by, kind=KIND))
        self.model.change(amount=amount, calendar=calendar)

    @precondition(lambda self: self.model.state == State.RUNNING)
    @rule(more=st.integers(1, 600))
    def it_is_moved(self, *, more: int) -> None:
        due_at = self.deadline.time_after(self.model.now, more * MINUTE)
        self.rounds += 1
        self.events += [one.what for one in life.move(self.deadline, at=self.model.now, due_at=due_at, kind=KIND)]
        self.model.amount, self.model.left = self.model.used + more, more
        self.model.warned = self.model.reached()

    @precondition(lambda self: self.deadline.finished_at is None)
    @rule(really=st.booleans())
    def finish_or_cancel(self, *, really: bool) -> None:
        end = life.finish if really else life.cancel
        self.happen(lambda: end(self.deadline, at=self.model.now))
        self.model.finished = True
        if self.model.state in (State.RUNNING, State.PAUSED):
            self.model.state = State.MET if really else State.CANCELLED

    @invariant()
    def both_tell_the_same(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.deadline.state == self.model.state
        assert (self.deadline.warnings, self.deadline.escalations) == (self.model.warned, self.model.escalated)
        assert self.deadline.amount == self.model.amount * MINUTE
        assert self.deadline.used_by(self.model.now) == self.model.used * MINUTE

    @invariant()
    def what_happens_once_happened_once(self) -> None:
        if not hasattr(self, "model"):
            return
        for once in ("started", "missed", "met", "finished-late", "cancelled"):
            assert self.events.count(once) <= 1
        assert self.events.count("escalated") <= len(LATE)
        assert self.events.count("warned") <= len(EARLY) * (self.rounds + 1)
        if self.deadline.state == State.RUNNING:
            assert self.deadline.look_at is not None
        elif self.deadline.state != State.MISSED or self.deadline.finished_at:
            assert self.deadline.look_at is None


PromiseLife.TestCase.settings = settings(max_examples=80, stateful_step_count=15)
TestPromiseLife = PromiseLife.TestCase
