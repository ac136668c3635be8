"""Promises through the actions: what is stored, what is written down, and what comes of doing things twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from postroad.clock import actions, queries
from postroad.clock.models import CalendarVersion, Deadline, DeadlineEvent
from postroad.clock.registry import DeadlineKind, register_kind
from postroad.clock.tests.factories import ACTOR, KIND, MONDAY, SUBJECT, local, make_calendar, make_deadline, register
from postroad.ledger.models import Entry
from postroad.platform.actors import Subject
from postroad.platform.errors import Conflict

pytestmark = pytest.mark.django_db
State, What = Deadline.State, DeadlineEvent.What


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def told(deadline: Deadline) -> list[str]:
    return [event.what for event in queries.history_of(deadline)]


def reload(deadline: Deadline) -> Deadline:
    return Deadline.objects.get(pk=deadline.pk)


class TestStarting:
    def test_a_promise_in_working_time_skips_the_lunch_break(self) -> None:
        assert make_deadline(calendar=make_calendar()).due_at == local("2025-03-03T15:30")

    def test_a_promise_without_a_calendar_is_in_elapsed_time(self) -> None:
        assert make_deadline(hours=24).due_at == MONDAY + hours(24)

    def test_its_start_is_on_its_history_and_in_the_ledger(self) -> None:
        deadline = make_deadline(reason="mail came in")
        [event] = queries.history_of(deadline)
        assert (event.what, event.at, event.reason, event.actor_id) == (What.STARTED, MONDAY, "mail came in", "test")
        entry = Entry.objects.get(event="clock.deadline.started")
        assert (entry.subject_id, entry.data["kind"]) == (str(deadline.pk), KIND.key)
        assert "Answer the customer" not in str(entry.data)

    def test_many_are_started_with_as_many_statements_as_one(self) -> None:
        register(KIND)
        version = make_calendar().current_version()

        def statements(number: int) -> int:
            new = [
                actions.NewDeadline(
                    kind=KIND.key,
                    subject=Subject("clock.example", str(n)),
                    title="x",
                    amount=hours(1),
                    started_at=MONDAY,
                    calendar_version=version,
                )
                for n in range(number)
            ]
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert len(actions.start_deadlines(new, actor=ACTOR)) == number
            return len(captured)

        assert statements(1) == statements(200)

    def test_nothing_to_start_is_no_error(self) -> None:
        assert actions.start_deadlines([], actor=ACTOR) == []

    def test_an_unknown_kind_is_refused(self) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"no package registered the promise kind test\.unknown"):
            actions.start_deadlines(
                [
                    actions.NewDeadline(
                        kind="test.unknown", subject=SUBJECT, title="x", amount=hours(1), started_at=MONDAY
                    )
                ],
                actor=ACTOR,
            )

    def test_it_keeps_the_calendar_version_it_was_made_under(self) -> None:
        calendar = make_calendar()
        deadline = make_deadline(calendar=calendar)
        closed = {"zone": "Asia/Shanghai", "week": {"sat": [["09:00", "10:00"]]}}
        actions.add_version(calendar=calendar, definition=closed, actor=ACTOR)
        actions.pause([deadline.pk], at=local("2025-03-03T11:00"), reason="", actor=ACTOR)
        [resumed] = actions.resume([deadline.pk], at=local("2025-03-03T14:00"), reason="", actor=ACTOR)
        assert resumed.due_at == local("2025-03-03T17:00")
        assert calendar.current_version().number == 2


class TestPausing:
    def test_paused_time_does_not_count(self) -> None:
        deadline = make_deadline(calendar=make_calendar())
        actions.pause([deadline.pk], at=local("2025-03-03T11:00"), reason="waiting for the customer", actor=ACTOR)
        assert reload(deadline).used == hours(1)
        actions.resume([deadline.pk], at=local("2025-03-04T09:00"), reason="customer answered", actor=ACTOR)
        assert reload(deadline).due_at == local("2025-03-04T12:00")
        assert told(deadline) == [What.STARTED, What.PAUSED, What.RESUMED]

    def test_doing_it_twice_changes_nothing(self) -> None:
        deadline = make_deadline()
        for expected in (1, 0):
            paused = actions.pause([deadline.pk], at=MONDAY + hours(1), reason="", actor=ACTOR)
            assert len(paused) == expected
        for expected in (1, 0):
            resumed = actions.resume([deadline.pk], at=MONDAY + hours(2), reason="", actor=ACTOR)
            assert len(resumed) == expected
        assert told(deadline) == [What.STARTED, What.PAUSED, What.RESUMED]

    def test_a_paused_promise_is_neither_warned_of_nor_missed(self) -> None:
        deadline = make_deadline()
        actions.pause([deadline.pk], at=MONDAY + hours(1), reason="", actor=ACTOR)
        assert actions.fire_due(now=MONDAY + hours(100)) == 0

    def test_pausing_after_the_due_time_is_a_miss(self) -> None:
        deadline = make_deadline()
        actions.pause([deadline.pk], at=MONDAY + hours(5), reason="too late", actor=ACTOR)
        assert (reload(deadline).state, told(deadline)) == (State.MISSED, [What.STARTED, What.MISSED])

    def test_resuming_before_the_pause_counts_from_the_pause(self) -> None:
        deadline = make_deadline()
        actions.pause([deadline.pk], at=MONDAY + hours(1), reason="", actor=ACTOR)
        actions.resume([deadline.pk], at=MONDAY, reason="", actor=ACTOR)
        assert reload(deadline).due_at == MONDAY + hours(4)


class TestMeeting:
    def test_done_by_the_due_time_is_met(self) -> None:
        deadline = make_deadline()
        [met] = actions.meet([deadline.pk], at=MONDAY + hours(4), reason="answered", actor=ACTOR)
        assert (met.state, met.finished_at, met.used) == (State.MET, MONDAY + hours(4), hours(4))
        assert actions.meet([deadline.pk], at=MONDAY + hours(5), reason="again", actor=ACTOR) == []
        assert actions.fire_due(now=MONDAY + hours(100)) == 0

    def test_done_later_is_missed_first_even_if_nobody_had_noticed(self) -> None:
        deadline = make_deadline()
        [late] = actions.meet([deadline.pk], at=MONDAY + hours(6), reason="answered", actor=ACTOR)
        assert (late.state, late.missed_at, late.finished_at) == (
            State.MISSED,
            MONDAY + hours(4),
            MONDAY + hours(6),
        )
        assert told(deadline) == [What.STARTED, What.MISSED, What.FINISHED_LATE]

    def test_what_proves_to_have_been_in_time_is_met_after_all(self) -> None:
        deadline = make_deadline(calendar=make_calendar())
        actions.fire_due(now=local("2025-03-03T15:31"))
        assert reload(deadline).state == State.MISSED
        [met] = actions.meet([deadline.pk], at=local("2025-03-03T15:00"), reason="sent 15:00", actor=ACTOR)
        assert (met.state, met.missed_at, met.used) == (State.MET, None, hours(3.5))
        assert told(deadline) == [What.STARTED, What.MISSED, What.MET]

    def test_two_promises_about_one_thing_do_not_mask_each_other(self) -> None:
        other = DeadlineKind(key="test.other", title="Other")
        first, second = make_deadline(hours=1), make_deadline(hours=24, kind=other)
        actions.meet([first.pk], at=MONDAY + hours(2), reason="", actor=ACTOR)
        assert (reload(first).state, reload(second).state) == (State.MISSED, State.RUNNING)
        assert [one.pk for one in queries.deadlines_of([SUBJECT])] == [first.pk, second.pk]


class TestEndingOtherwise:
    def test_a_cancelled_promise_counts_for_nothing(self) -> None:
        deadline = make_deadline()
        actions.cancel([deadline.pk], at=MONDAY + hours(1), reason="spam", actor=ACTOR)
        assert reload(deadline).state == State.CANCELLED
        outcome = queries.outcomes(KIND.key, MONDAY, MONDAY + hours(100))
        assert (outcome.cancelled, outcome.decided, outcome.percent_met) == (1, 0, None)

    def test_a_missed_promise_cannot_be_cancelled_away(self) -> None:
        deadline = make_deadline()
        actions.fire_due(now=MONDAY + hours(5))
        actions.cancel([deadline.pk], at=MONDAY + hours(6), reason="spam", actor=ACTOR)
        assert (reload(deadline).state, reload(deadline).finished_at) == (State.MISSED, MONDAY + hours(6))

    def test_moving_gives_another_due_time_and_arms_the_warnings_again(self) -> None:
        deadline = make_deadline()
        actions.fire_due(now=MONDAY + hours(3.5))
        moved = actions.move(deadline, at=MONDAY + hours(3.5), due_at=MONDAY + hours(20), reason="agreed", actor=ACTOR)
        assert (moved.due_at, moved.amount, moved.warnings) == (MONDAY + hours(20), hours(20), 0)
        assert actions.fire_due(now=MONDAY + hours(17)) == 1
        assert told(deadline) == [What.STARTED, What.WARNED, What.MOVED, What.WARNED]

    @pytest.mark.parametrize(("at", "due"), [(1, 1), (5, 9)])
    def test_neither_into_the_past_nor_after_the_miss_can_it_be_moved(self, at: int, due: int) -> None:
        deadline = make_deadline()
        with pytest.raises(Conflict):
            actions.move(deadline, at=MONDAY + hours(at), due_at=MONDAY + hours(due), reason="", actor=ACTOR)
        assert reload(deadline).due_at == MONDAY + hours(4)

    def test_outcomes_count_what_fell_due_in_the_period(self) -> None:
        met, _missed, _running = make_deadline(), make_deadline(hours=5), make_deadline(hours=90)
        actions.meet([met.pk], at=MONDAY, reason="", actor=ACTOR)
        actions.fire_due(now=MONDAY + hours(6))
        outcome = queries.outcomes(KIND.key, MONDAY, MONDAY + hours(100))
        assert (outcome.met, outcome.missed, outcome.running, outcome.percent_met) == (1, 1, 1, 50.0)
        assert queries.outcomes(KIND.key, MONDAY, MONDAY + hours(5)).decided == 1


class TestWarning:
    def test_a_warning_comes_at_each_fraction_once(self) -> None:
        deadline = make_deadline(hours=10)
        for at, expected in ((4.9, 0), (5.1, 1), (5.2, 0), (8.1, 1), (9, 0), (10.1, 1), (11, 0)):
            assert actions.fire_due(now=MONDAY + hours(at)) == expected
        assert told(deadline) == [What.STARTED, What.WARNED, What.WARNED, What.MISSED]

    def test_after_an_outage_only_the_latest_warning_comes(self) -> None:
        deadline = make_deadline(hours=10)
        assert actions.fire_due(now=MONDAY + hours(9)) == 1
        assert queries.history_of(deadline)[-1].facts["percent"] == 80

    def test_after_a_long_outage_the_miss_comes_alone(self) -> None:
        deadline = make_deadline(hours=10)
        assert actions.fire_due(now=MONDAY + hours(99)) == 1
        assert told(deadline) == [What.STARTED, What.MISSED]

    def test_people_are_not_warned_outside_their_working_hours(self) -> None:
        deadline = make_deadline(calendar=make_calendar(), hours=7.5)
        assert actions.fire_due(now=local("2025-03-03T20:00")) == 0
        assert reload(deadline).look_at == local("2025-03-04T09:00")
        assert actions.fire_due(now=local("2025-03-04T09:00:01")) == 1

    def test_a_warning_that_falls_on_closing_time_waits_for_opening(self) -> None:
        make_deadline(calendar=make_calendar(), hours=4)
        assert actions.fire_due(now=local("2025-03-03T12:00:05")) == 0
        assert actions.fire_due(now=local("2025-03-03T13:30:05")) == 1

    def test_a_wall_clock_promise_warns_at_any_hour(self) -> None:
        always = DeadlineKind(key="test.always", title="Always", wall_clock=True)
        make_deadline(calendar=make_calendar(), hours=7.5, kind=always)
        assert actions.fire_due(now=local("2025-03-03T20:00")) == 1

    def test_a_miss_is_written_down_at_any_hour(self) -> None:
        deadline = make_deadline(calendar=make_calendar(), hours=6.5)
        assert actions.fire_due(now=local("2025-03-03T18:00:05")) == 1
        assert reload(deadline).missed_at == local("2025-03-03T18:00")

    def test_listeners_hear_of_warnings_and_misses_in_batches(self) -> None:
        heard: list[tuple[str, int]] = []
        kind = DeadlineKind(
            key="test.heard",
            title="Heard",
            warn_at=(0.5,),
            on_warning=lambda deadlines: heard.append(("warning", len(deadlines))),
            on_miss=lambda deadlines: heard.append(("miss", len(deadlines))),
        )
        for length in (4, 4, 1):
            make_deadline(kind=kind, hours=length)
        try:
            actions.fire_due(now=MONDAY + hours(3))
        finally:
            from postroad.clock import registry

            registry._kinds.pop(kind.key)
        assert heard == [("warning", 2), ("miss", 1)]

    def test_a_listener_that_fails_holds_up_no_other_kind_and_is_tried_again(self) -> None:
        def fail(_deadlines: object) -> None:
            raise RuntimeError("mail server down")

        broken = DeadlineKind(key="test.broken", title="Broken", on_miss=fail)
        bad, good = make_deadline(kind=broken, hours=1), make_deadline(hours=1)
        now = MONDAY + hours(2)
        with pytest.raises(ExceptionGroup):
            actions.fire_due(now=now)
        assert (reload(bad).state, reload(good).state) == (State.RUNNING, State.MISSED)
        assert reload(bad).look_at == now + timedelta(minutes=1)
        assert told(bad) == [What.STARTED]

    def test_a_batch_costs_the_same_statements_whatever_its_size(self) -> None:
        def statements(number: int) -> int:
            for _ in range(number):
                make_deadline(hours=1)
            with CaptureQueriesContext(connection) as captured:
                assert actions.fire_due(now=MONDAY + hours(2)) == number
            return len(captured)

        assert statements(2) == statements(60)


class TestInvariants:
    def test_a_kind_is_registered_once(self) -> None:
        register(KIND)
        with pytest.raises(ImproperlyConfigured, match="registered twice"):
            register_kind(KIND)

    def test_fractions_rise_between_0_and_1(self) -> None:
        for wrong in ((0.8, 0.5), (0.5, 0.5), (0.0,), (1.0,)):
            with pytest.raises(ImproperlyConfigured):
                DeadlineKind(key="test.wrong", title="Wrong", warn_at=wrong)

    @pytest.mark.parametrize(
        "values",
        [
            {"amount": timedelta()},
            {"state": "paused", "look_at": None},
            {"state": "missed", "look_at": None},
            {"state": "met", "look_at": None},
            {"look_at": None},
            {"due_at": MONDAY - timedelta(hours=1)},
        ],
    )
    def test_the_database_refuses_what_makes_no_sense(self, values: dict[str, object]) -> None:
        deadline = make_deadline()
        with pytest.raises(IntegrityError), transaction.atomic():
            Deadline.objects.filter(pk=deadline.pk).update(**values)

    def test_history_cannot_be_changed(self) -> None:
        deadline = make_deadline(calendar=make_calendar())
        for change in (
            lambda: DeadlineEvent.objects.update(reason="nothing happened"),
            lambda: DeadlineEvent.objects.filter(deadline=deadline)._raw_delete("default"),
            lambda: CalendarVersion.objects.update(definition={}),
            lambda: CalendarVersion.objects.all()._raw_delete("default"),
        ):
            with pytest.raises((IntegrityError, InternalError), match="append-only"), transaction.atomic():
                change()

    def test_a_miss_cannot_be_written_down_twice(self) -> None:
        deadline = make_deadline()
        actions.fire_due(now=MONDAY + hours(5))
        missed = DeadlineEvent.objects.get(deadline=deadline, what=What.MISSED)
        missed.pk = None
        with pytest.raises(IntegrityError, match="clock_event_once"), transaction.atomic():
            missed.save(force_insert=True)
