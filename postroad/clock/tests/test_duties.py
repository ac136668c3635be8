"""Duties: when they fall due, and that their occurrences appear once and are kept."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from postroad.clock import actions, queries
from postroad.clock.models import Deadline, Duty, DutyOccurrence
from postroad.clock.schedule import is_due_on
from postroad.clock.tests.factories import ACTOR, OFFICE, local, make_calendar
from postroad.clock.workingtime import WorkingCalendar
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.org.tests.cast import Company

YEAR = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
CALENDAR = WorkingCalendar.from_spec(OFFICE | {"statutory": "CN"})


def due_days(frequency: str, day: int = 1) -> list[date]:
    duty = Duty(frequency=frequency, day=day)
    return [one for one in YEAR if is_due_on(duty, one, CALENDAR)]


class TestSchedule:
    def test_daily_means_each_working_day_make_up_days_included(self) -> None:
        days = due_days("daily")
        assert date(2025, 1, 26) in days
        assert date(2025, 1, 28) not in days
        assert len(days) == sum(bool(CALENDAR.hours_on(one)) for one in YEAR)

    def test_weekly_moves_to_the_first_working_day_after_a_holiday(self) -> None:
        days = due_days("weekly", 1)
        assert date(2025, 1, 27) in days
        assert date(2025, 10, 6) not in days
        assert date(2025, 10, 9) in days
        assert len(days) == 52

    def test_monthly_falls_due_once_a_month(self) -> None:
        days = due_days("monthly", 1)
        assert [one.month for one in days] == list(range(1, 13))
        assert days[:3] == [date(2025, 1, 2), date(2025, 2, 5), date(2025, 3, 3)]

    def test_quarterly_falls_due_in_the_first_month_of_each_quarter(self) -> None:
        assert due_days("quarterly", 15) == [
            date(2025, 1, 15),
            date(2025, 4, 15),
            date(2025, 7, 15),
            date(2025, 10, 15),
        ]


@pytest.mark.django_db
class TestOccurrences:
    def make_duty(self, company: Company, **changes: Any) -> Duty:
        values: dict[str, Any] = {
            "name": "检查热线",
            "calendar": make_calendar(),
            "frequency": "daily",
            "day": 1,
            "due_time": time(11, 0),
            "responsible": company.agent,
            "deputy": company.agent2,
            "starts_on": date(2025, 3, 3),
        }
        return actions.create_duty(actor=ACTOR, **values | changes)

    def test_an_occurrence_appears_on_its_day_once(self, company: Company) -> None:
        duty = self.make_duty(company)
        assert actions.open_duties(now=local("2025-03-03T00:10")) == 1
        assert actions.open_duties(now=local("2025-03-03T08:00")) == 0
        [occurrence] = DutyOccurrence.objects.filter(duty=duty)
        assert (occurrence.day, occurrence.deadline.due_at) == (date(2025, 3, 3), local("2025-03-03T11:00"))
        assert occurrence.deadline.responsible == company.agent

    def test_days_on_which_nobody_opened_them_are_caught_up(self, company: Company) -> None:
        self.make_duty(company)
        assert actions.open_duties(now=local("2025-03-07T12:00")) == 5

    def test_a_duty_that_has_ended_or_not_begun_makes_none(self, company: Company) -> None:
        self.make_duty(company, ends_on=date(2025, 3, 3))
        assert actions.open_duties(now=local("2025-03-02T12:00")) == 0
        assert actions.open_duties(now=local("2025-03-05T12:00")) == 1

    def test_a_day_that_opens_later_than_the_time_has_until_it_closes(self, company: Company) -> None:
        calendar = make_calendar("late", date_overrides={"2025-03-03": [["14:00", "16:00"]]})
        self.make_duty(company, calendar=calendar)
        actions.open_duties(now=local("2025-03-03T08:00"))
        assert Deadline.objects.get().due_at == local("2025-03-03T16:00")

    def test_done_in_time_is_met_and_says_by_whom(self, company: Company) -> None:
        self.make_duty(company)
        actions.open_duties(now=local("2025-03-03T08:00"))
        [waiting] = queries.occurrences_to_do(company.agent2)
        done = actions.complete_duty(
            occurrence=waiting, person=company.agent2, note="all well", at=local("2025-03-03T10:00")
        )
        assert (done.done_by, done.note) == (company.agent2, "all well")
        assert Deadline.objects.get().state == Deadline.State.MET
        assert list(queries.occurrences_to_do(company.agent)) == []
        with pytest.raises(Conflict):
            actions.complete_duty(occurrence=waiting, person=company.agent)

    def test_a_new_responsible_person_takes_over_what_is_not_done(self, company: Company) -> None:
        duty = self.make_duty(company)
        actions.open_duties(now=local("2025-03-03T08:00"))
        actions.update_duty(duty=duty, actor=ACTOR, responsible=company.desk_lead)
        assert Deadline.objects.get().responsible == company.desk_lead
        assert [one.duty for one in queries.occurrences_to_do(company.desk_lead)] == [duty]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"day": 0}, "day"),
            ({"day": 29}, "day"),
            ({"frequency": "weekly", "day": 8}, "day"),
            ({"ends_on": date(2025, 3, 2)}, "ends_on"),
            ({"due_time": time(8, 0)}, "due_time"),
        ],
    )
    def test_what_does_not_fit_together_is_refused(self, company: Company, changes: dict[str, Any], field: str) -> None:
        with translation.override("en"), pytest.raises(Invalid) as refusal:
            self.make_duty(company, **changes)
        assert list(refusal.value.fields) == [field]

    def test_a_deputy_is_somebody_else(self, company: Company) -> None:
        with pytest.raises(Invalid) as refusal:
            self.make_duty(company, deputy=company.agent)
        assert list(refusal.value.fields) == ["deputy"]

    def test_a_missed_duty_stays_to_do(self, company: Company) -> None:
        self.make_duty(company)
        actions.open_duties(now=local("2025-03-03T08:00"))
        actions.fire_due(now=local("2025-03-03T11:05"))
        [waiting] = queries.occurrences_to_do(company.agent)
        assert waiting.deadline.state == Deadline.State.MISSED
        assert datetime.fromisoformat(waiting.deadline.events.last().facts["due_at"]) == waiting.deadline.due_at
