"""Duties to be done again and again: so long after the last time, the next beginning when one is done."""

from datetime import date, time, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from postroad.clock import actions, queries
from postroad.clock.models import Deadline, Duty
from postroad.clock.schedule import due_after
from postroad.clock.tests.factories import ACTOR, OFFICE, local, make_calendar
from postroad.clock.workingtime import WorkingCalendar
from postroad.platform.errors import Conflict, Invalid

CALENDAR = WorkingCalendar.from_spec(OFFICE | {"statutory": "CN"})
DAYS = st.dates(date(2024, 1, 1), date(2026, 6, 30))
LENGTHS = st.one_of(
    st.tuples(st.integers(1, 60), st.just("days")),
    st.tuples(st.integers(1, 12), st.just("weeks")),
    st.tuples(st.integers(1, 6), st.just("months")),
)


@given(DAYS, LENGTHS)
def test_it_is_due_on_a_working_day_no_earlier_than_agreed_and_later_only_over_days_off(last, length):
    every, unit = length
    due = due_after(last, every=every, unit=unit, calendar=CALENDAR)
    assert CALENDAR.hours_on(due)
    shortest = {"days": 1, "weeks": 7, "months": 28}[unit] * every
    agreed = next(
        one
        for one in (last + timedelta(days=shortest + more) for more in range(40))
        if unit != "months" or (one.year * 12 + one.month) == last.year * 12 + last.month + every
        if unit != "months" or one.day == last.day or (one + timedelta(days=1)).day == 1
    )
    assert due >= agreed
    assert not any(CALENDAR.hours_on(agreed + timedelta(days=n)) for n in range((due - agreed).days))


@given(DAYS, DAYS, LENGTHS)
def test_who_did_it_later_never_has_to_do_it_again_earlier(one, other, length):
    every, unit = length
    earlier, later = sorted((one, other))
    first, second = (due_after(day, every=every, unit=unit, calendar=CALENDAR) for day in (earlier, later))
    assert first <= second


def test_a_month_after_the_last_of_january_is_the_last_of_february():
    assert due_after(date(2025, 1, 31), every=1, unit="months", calendar=CALENDAR) == date(2025, 2, 28)


@pytest.mark.django_db
class TestAgain:
    def make_duty(self, company, **changes):
        values = {
            "name": "给客户打电话",
            "calendar": make_calendar(),
            "frequency": Duty.Frequency.AGAIN,
            "every": 2,
            "unit": "weeks",
            "due_time": time(18),
            "responsible": company.owner,
            "deputy": company.agent,
            "starts_on": date(2025, 3, 3),
        }
        return actions.create_duty(actor=ACTOR, **values | changes)

    def test_doing_it_begins_the_next_from_that_moment(self, company):
        with time_machine.travel(local("2025-03-03T10:00"), tick=False) as clock:
            duty = self.make_duty(company)
            [first] = duty.occurrences.all()
            assert first.deadline.due_at == local("2025-03-17T18:00")
            clock.move_to(local("2025-03-07T15:00"))
            actions.complete_duty(occurrence=first, person=company.owner, at=local("2025-03-06T09:00"))
        first.deadline.refresh_from_db()
        assert (first.deadline.state, first.deadline.finished_at) == ("met", local("2025-03-06T09:00"))
        following = duty.occurrences.get(deadline__finished_at=None)
        assert (following.day, following.deadline.due_at) == (date(2025, 3, 6), local("2025-03-20T18:00"))

    def test_done_late_it_counts_from_when_it_was_done(self, company):
        with time_machine.travel(local("2025-03-03T10:00"), tick=False) as clock:
            duty = self.make_duty(company)
            clock.move_to(local("2025-03-25T10:00"))
            actions.fire_due()
            actions.complete_duty(occurrence=duty.occurrences.get(), person=company.owner)
        states = list(duty.occurrences.order_by("day").values_list("deadline__state", "deadline__due_at"))
        assert states == [("missed", local("2025-03-17T18:00")), ("running", local("2025-04-08T18:00"))]

    def test_on_the_day_it_counts_from_it_is_not_done_once_more(self, company):
        with time_machine.travel(local("2025-03-03T10:00"), tick=False) as clock:
            duty = self.make_duty(company)
            clock.move_to(local("2025-03-03T16:00"))
            with pytest.raises(Conflict):
                actions.complete_duty(occurrence=duty.occurrences.get(), person=company.owner)
        assert Deadline.objects.get().state == "running"

    def test_it_moves_with_another_rhythm_and_ends_with_the_duty(self, company):
        with time_machine.travel(local("2025-03-03T10:00"), tick=False) as clock:
            duty = self.make_duty(company)
            clock.move_to(local("2025-03-12T10:00"))
            duty = actions.update_duty(duty=duty, actor=ACTOR, every=1, unit="months")
            assert Deadline.objects.get().due_at == local("2025-04-03T18:00")
            duty = actions.update_duty(duty=duty, actor=ACTOR, every=1, unit="weeks")
            assert Deadline.objects.get().due_at == local("2025-03-13T10:00")
            actions.update_duty(duty=duty, actor=ACTOR, ends_on=date(2025, 3, 12))
        assert Deadline.objects.get().state == "cancelled"

    def test_it_waits_on_nobodys_list_before_its_day(self, company):
        with time_machine.travel(local("2025-03-03T10:00"), tick=False) as clock:
            self.make_duty(company)
            assert actions.open_duties() == 0
            assert list(queries.occurrences_to_do(company.owner)) == []
            clock.move_to(local("2025-03-17T08:00"))
            assert len(queries.occurrences_to_do(company.agent)) == 1
            assert list(queries.occurrences_on(date(2025, 3, 3))) == []

    @pytest.mark.parametrize("changes", [{"every": 0}, {"every": 13, "unit": "months"}, {"unit": ""}])
    def test_a_rhythm_lies_between_a_day_and_a_year(self, company, changes):
        with pytest.raises(Invalid):
            self.make_duty(company, **changes)
