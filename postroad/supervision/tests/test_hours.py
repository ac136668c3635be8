"""Working time reckoned by PostgreSQL is the calendars' own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.clock.models import CalendarVersion
from postroad.desk.tests.factories import make_calendar
from postroad.supervision.hours import all_hours, as_table, hours_of, worked_by

pytestmark = pytest.mark.django_db

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 30), timezones=st.just(UTC))


def reckoned(hours, since, until):
    table, values = as_table(hours)
    between = f"({worked_by('%(until)s::timestamptz')}) - ({worked_by('%(since)s::timestamptz')})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH hours (calendar, opens, before, lasts) AS (VALUES {table}) SELECT {between} FROM hours",
            values | {"since": since, "until": until},
        )
        return cursor.fetchone()[0]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(since=MOMENTS, length=st.timedeltas(timedelta(), timedelta(days=90)))
def test_between_any_two_moments(company, since, length):
    calendar = make_calendar() if not CalendarVersion.objects.exists() else CalendarVersion.objects.get().calendar
    version = calendar.current_version()
    until = min(since + length, END)
    found = reckoned([hours_of([version], start=START, end=END)], since, until)
    assert found == pytest.approx(version.working_calendar().working_time_between(since, until).total_seconds())


@pytest.mark.usefixtures("clock")
def test_a_new_version_of_a_calendar_does_not_rewrite_the_past(company):
    first = make_calendar().current_version()
    noon = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    second = CalendarVersion.objects.create(
        calendar=first.calendar,
        number=2,
        zone="Asia/Shanghai",
        definition={"zone": "Asia/Shanghai", "week": always},
        valid_from=noon,
        created_by="test",
    )
    hours = [hours_of([first, second], start=START, end=END)]
    day = timedelta(days=1)
    assert reckoned(hours, noon - day, noon) == pytest.approx(7.5 * 3600)
    assert reckoned(hours, noon, noon + day) == pytest.approx(24 * 3600)


def test_a_calendar_that_is_not_there_has_no_working_time(company):
    assert all_hours(["missing"], start=START, end=END) == []
    assert reckoned([], START, END) is None
