"""Units of `WorkingCalendar`: edges, special days, zones, and calendars that are wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from postroad.clock.workingtime import (
    CalendarError,
    OutsideCalendarError,
    WorkingCalendar,
    pin_statutory_days,
    published_days,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {
    "zone": "Asia/Shanghai",
    "week": {day: [["09:00", "12:00"], ["13:30", "18:00"]] for day in WEEKDAYS},
}


def calendar(**changes: object) -> WorkingCalendar:
    return WorkingCalendar.from_spec(OFFICE | changes)


def at(text: str, zone_of: WorkingCalendar | None = None) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=(zone_of or calendar()).zone)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


class TestEdges:
    def test_time_added_skips_the_lunch_break(self) -> None:
        assert calendar().add_working_time(at("2025-03-03T11:00"), hours(2)) == at("2025-03-03T14:30")

    def test_what_ends_at_closing_is_due_at_closing(self) -> None:
        assert calendar().add_working_time(at("2025-03-03T09:00"), hours(3)) == at("2025-03-03T12:00")

    def test_what_is_taken_back_to_opening_stays_at_opening(self) -> None:
        assert calendar().add_working_time(at("2025-03-03T18:00"), hours(-4.5)) == at("2025-03-03T13:30")

    @pytest.mark.parametrize(
        ("start", "following", "preceding"),
        [
            ("2025-03-03T08:00", "2025-03-03T09:00", "2025-02-28T18:00"),
            ("2025-03-03T09:00", "2025-03-03T09:00", "2025-02-28T18:00"),
            ("2025-03-03T10:00", "2025-03-03T10:00", "2025-03-03T10:00"),
            ("2025-03-03T12:00", "2025-03-03T13:30", "2025-03-03T12:00"),
        ],
    )
    def test_nothing_added_is_the_next_working_instant_and_nothing_subtracted_the_last(
        self, start: str, following: str, preceding: str
    ) -> None:
        assert calendar().add_working_time(at(start), timedelta()) == at(following)
        assert calendar().subtract_working_time(at(start), timedelta()) == at(preceding)

    def test_subtracting_is_adding_the_negative(self) -> None:
        start = at("2025-03-05T10:10")
        assert calendar().subtract_working_time(start, hours(9)) == calendar().add_working_time(start, hours(-9))
        assert calendar().subtract_working_time(start, hours(-9)) == calendar().add_working_time(start, hours(9))

    def test_a_count_backwards_is_negative(self) -> None:
        assert calendar().working_time_between(at("2025-03-04T10:00"), at("2025-03-03T17:00")) == hours(-2)

    def test_a_microsecond_is_not_lost_over_two_centuries(self) -> None:
        start = at("1950-06-01T09:00:00.000001")
        due = calendar().add_working_time(start, timedelta(days=20_000, microseconds=7))
        assert calendar().working_time_between(start, due) == timedelta(days=20_000, microseconds=7)

    def test_the_answer_is_in_utc(self) -> None:
        assert calendar().add_working_time(at("2025-03-03T11:00"), hours(0)).tzinfo is UTC

    def test_working_intervals_are_cut_to_the_period_asked_for(self) -> None:
        found = calendar().intervals_between(at("2025-03-03T10:00"), at("2025-03-03T14:00"))
        assert found == [
            (at("2025-03-03T10:00"), at("2025-03-03T12:00")),
            (at("2025-03-03T13:30"), at("2025-03-03T14:00")),
        ]
        assert calendar().intervals_between(at("2025-03-03T14:00"), at("2025-03-03T10:00")) == []


class TestSpecialDays:
    def test_a_make_up_day_has_the_first_working_weekdays_hours_if_none_is_named(self) -> None:
        assert calendar(extra_workdays=["2025-01-26"]).hours_on(date(2025, 1, 26)) == calendar().week[0]

    def test_a_make_up_day_that_is_open_anyway_keeps_its_own_hours(self) -> None:
        week = OFFICE["week"] | {"sat": [["09:00", "12:00"]]}
        assert (
            calendar(week=week, extra_workdays=["2025-02-08"]).hours_on(date(2025, 2, 8)) == calendar(week=week).week[5]
        )

    def test_a_make_up_day_has_the_hours_of_the_weekday_named(self) -> None:
        week = OFFICE["week"] | {"fri": [["09:00", "15:00"]]}
        found = calendar(week=week, extra_workdays={"2025-01-26": "fri", "2025-02-08": None})
        assert found.hours_on(date(2025, 1, 26)) == found.week[4]
        assert found.hours_on(date(2025, 2, 8)) == found.week[0]

    def test_the_more_particular_entry_wins(self) -> None:
        day = date(2025, 1, 27)
        assert calendar(holidays=["2025-01-27"]).hours_on(day) == ()
        assert calendar(holidays=["2025-01-27"], extra_workdays=["2025-01-27"]).hours_on(day) == calendar().week[0]
        assert calendar(extra_workdays=["2025-01-27"], date_overrides={"2025-01-27": []}).hours_on(day) == ()

    def test_a_shift_over_midnight_belongs_to_the_day_it_begins(self) -> None:
        night = calendar(week={"mon": [["22:00", "30:00"]]}, holidays=["2025-03-11"])
        assert night.add_working_time(at("2025-03-10T23:00"), hours(7)) == at("2025-03-11T06:00")
        assert night.working_time_between(at("2025-03-11T00:00"), at("2025-03-12T00:00")) == hours(6)

    def test_days_that_touch_at_midnight_are_one_stretch(self) -> None:
        always = calendar(week={day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "sat", "sun")})
        start = at("2024-12-31T23:00")
        assert always.add_working_time(start, hours(10)) == start + hours(10)
        assert always.add_working_time(start, timedelta(days=4000)) == start + timedelta(days=4000)

    def test_a_shift_that_runs_into_the_next_days_opening_is_not_counted_twice(self) -> None:
        both = calendar(week={"mon": [["20:00", "34:00"]], "tue": [["09:00", "17:00"]]})
        assert both.working_time_between(at("2025-03-10T00:00"), at("2025-03-12T00:00")) == hours(21)


class TestStatutoryDays:
    def test_published_days_off_and_make_up_days_are_taken_over(self) -> None:
        found = calendar(statutory="CN")
        assert found.hours_on(date(2025, 1, 28)) == ()
        assert found.hours_on(date(2025, 1, 26)) == found.week[0]

    def test_the_companys_own_entries_stay_on_top(self) -> None:
        found = calendar(
            statutory="CN",
            holidays=["2025-01-26"],
            extra_workdays={"2025-01-28": "tue"},
            date_overrides={"2025-02-08": [["10:00", "11:00"]]},
        )
        assert found.hours_on(date(2025, 1, 26)) == ()
        assert found.hours_on(date(2025, 1, 28)) == found.week[1]
        assert found.working_time_between(at("2025-02-08T00:00"), at("2025-02-09T00:00")) == hours(1)

    def test_days_written_out_no_longer_depend_on_what_is_published(self) -> None:
        spec = pin_statutory_days(OFFICE | {"statutory": "CN"})
        spec["statutory"] |= {"years": [2025], "holidays": ["2025-03-03"], "extra_workdays": ["2025-03-09"]}
        found = WorkingCalendar.from_spec(pin_statutory_days(spec))
        assert found.statutory_years == {2025}
        assert found.working_time_between(at("2025-03-03T00:00"), at("2025-03-10T00:00")) == hours(5 * 7.5)

    def test_a_year_not_published_is_named_not_guessed(self) -> None:
        found, last = calendar(statutory="CN"), max(published_days("CN")["years"])
        assert found.unpublished_years(at(f"{last}-05-01T00:00"), at(f"{last}-06-01T00:00")) == []
        assert found.unpublished_years(at(f"{last + 2}-02-01T00:00"), at(f"{last}-06-01T00:00")) == [
            last + 1,
            last + 2,
        ]

    def test_a_calendar_that_follows_no_statute_lacks_no_year(self) -> None:
        assert calendar().unpublished_years(at("2100-01-01T00:00"), at("2101-01-01T00:00")) == []


class TestSummerTime:
    PARIS = {"zone": "Europe/Paris", "week": {"sun": [["00:00", "24:00"]]}}

    def between(self, spec: dict[str, object], start: str, end: str) -> timedelta:
        found = WorkingCalendar.from_spec(spec)
        return found.working_time_between(at(start, found), at(end, found))

    def test_a_day_has_as_many_hours_as_pass(self) -> None:
        assert self.between(self.PARIS, "2020-03-29T00:00", "2020-03-30T00:00") == hours(23)
        assert self.between(self.PARIS, "2020-10-25T00:00", "2020-10-26T00:00") == hours(25)

    def test_an_opening_in_the_hour_left_out_opens_at_the_change(self) -> None:
        spec = self.PARIS | {"week": {"sun": [["02:30", "05:00"]]}}
        found = WorkingCalendar.from_spec(spec)
        assert found.add_working_time(at("2020-03-29T00:00", found), hours(0)) == at("2020-03-29T03:00+02:00")
        assert self.between(spec, "2020-03-29T00:00", "2020-03-30T00:00") == hours(2)

    def test_hours_shown_twice_count_twice(self) -> None:
        spec = self.PARIS | {"week": {"sun": [["02:00", "03:00"]]}}
        assert self.between(spec, "2020-10-25T00:00", "2020-10-26T00:00") == hours(2)

    def test_a_zone_that_changes_at_midnight_keeps_its_day(self) -> None:
        spec = {"zone": "America/Santiago", "week": {"sun": [["00:00", "24:00"]]}}
        assert self.between(spec, "2024-09-08T12:00", "2024-09-08T13:00") == hours(1)
        assert self.between(spec, "2024-09-07T00:00", "2024-09-09T00:00") == hours(23)

    def test_a_day_a_zone_skipped_has_no_hours(self) -> None:
        spec = {"zone": "Pacific/Apia", "week": {"fri": [["09:00", "17:00"]]}}
        assert self.between(spec, "2011-12-29T00:00", "2011-12-31T00:00") == hours(0)


class TestBounds:
    def test_a_calendar_without_hours_says_so(self) -> None:
        with pytest.raises(OutsideCalendarError, match="no working time"):
            calendar(week={}).add_working_time(at("2025-01-01T00:00"), hours(1))
        assert calendar(week={}).working_time_between(at("2025-01-01T00:00"), at("2026-01-01T00:00")) == hours(0)

    @pytest.mark.parametrize("amount", [timedelta(minutes=61), timedelta(minutes=-61), timedelta(days=10**6)])
    def test_a_calendar_whose_hours_run_out_says_so(self, amount: timedelta) -> None:
        once = calendar(week={}, date_overrides={"2025-03-03": [["09:00", "10:00"]]})
        with pytest.raises(OutsideCalendarError, match="not that much working time"):
            once.add_working_time(at("2025-03-03T09:30"), amount)

    @pytest.mark.parametrize(
        "moment",
        ["1899-12-31T00:00Z", "2201-01-01T00:00Z", "9999-12-31T23:00-10:00", "0001-01-01T00:00+10:00"],
    )
    def test_moments_out_of_range_are_refused(self, moment: str) -> None:
        with pytest.raises(OutsideCalendarError, match="1900 to 2200"):
            calendar().add_working_time(at(moment), hours(1))

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        with pytest.raises(TypeError):
            calendar().add_working_time(datetime(2025, 1, 1), hours(1))


class TestBulk:
    def test_numbers_and_arrays_of_any_shape_are_taken(self) -> None:
        start = int(at("2025-03-03T11:00").timestamp() * 1_000_000)
        due = int(at("2025-03-03T14:30").timestamp() * 1_000_000)
        two_hours = 7_200_000_000
        found = calendar()
        assert found.add_working_time_bulk([[start], [start]], two_hours).tolist() == [[due], [due]]
        assert found.add_working_time_bulk(start, [two_hours]).tolist() == [due]
        assert found.working_time_between_bulk([start, due], due).tolist() == [two_hours, 0]
        assert found.add_working_time_bulk([], two_hours).tolist() == []

    def test_fractions_of_a_microsecond_are_refused(self) -> None:
        with pytest.raises(TypeError, match="whole microseconds"):
            calendar().add_working_time_bulk(np.array([1.5]), 1)

    def test_one_element_out_of_range_is_an_error(self) -> None:
        with pytest.raises(OutsideCalendarError):
            calendar().add_working_time_bulk([0, 8 * 10**18], 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "calendar: must be an object"),
        ('{"zone": "UTC"}', "week: is missing"),
        ('{"week": {}}', "zone: is missing"),
        ('{"zone": "UTC", "week": {}, "week": {}}', "week: is given twice"),
        ('{"zone": "UTC", "week": {}, "holiday": []}', "holiday: unknown key"),
        ('{"zone": "Asia/Beijing", "week": {}}', 'zone: "Asia/Beijing" is not a known time zone'),
        ('{"zone": "../etc/passwd", "week": {}}', 'zone: "../etc/passwd" is not'),
        ('{"zone": "Asia", "week": {}}', 'zone: "Asia" is not'),
        ('{"zone": "", "week": {}}', 'zone: "" is not'),
        ('{"zone": 8, "week": {}}', "zone: must be a text"),
        ('{"zone": "UTC", "week": []}', "week: must be an object"),
        ('{"zone": "UTC", "week": {"monday": []}}', "week.monday: unknown weekday"),
        ('{"zone": "UTC", "week": {"mon": "09:00-17:00"}}', "week.mon: must be a list"),
        ('{"zone": "UTC", "week": {"mon": [["09:00"]]}}', r"week.mon\[0\]: needs an opening and a closing"),
        ('{"zone": "UTC", "week": {"mon": [["09:00", 17]]}}', r"week.mon\[0\]: must be a text"),
        ('{"zone": "UTC", "week": {"mon": [["9 am", "17:00"]]}}', r'week.mon\[0\]: "9 am" is not a time'),
        ('{"zone": "UTC", "week": {"mon": [["09:60", "17:00"]]}}', r'week.mon\[0\]: "09:60" is not a time'),
        (
            '{"zone": "UTC", "week": {"mon": [["09:00", "12:00"], ["17:00", "13:00"]]}}',
            r"week.mon\[1\]: ends before it starts",
        ),
        ('{"zone": "UTC", "week": {"mon": [["09:00", "09:00"]]}}', r"week.mon\[0\]: ends when it starts"),
        ('{"zone": "UTC", "week": {"mon": [["24:00", "25:00"]]}}', r"week.mon\[0\]: opens after the end"),
        ('{"zone": "UTC", "week": {"mon": [["09:00", "49:00"]]}}', r"week.mon\[0\]: ends later than 48:00"),
        (
            '{"zone": "UTC", "week": {"mon": [["13:00", "17:00"], ["09:00", "13:30"]]}}',
            r"week.mon\[0\]: overlaps week.mon\[1\]",
        ),
        (
            '{"zone": "UTC", "week": {}, "holidays": ["2025-02-30"]}',
            r'holidays\[0\]: "2025-02-30" is not a date',
        ),
        ('{"zone": "UTC", "week": {}, "holidays": ["20250201"]}', r'holidays\[0\]: "20250201" is not a date'),
        ('{"zone": "UTC", "week": {}, "holidays": "2025-02-01"}', "holidays: must be a list"),
        (
            '{"zone": "UTC", "week": {}, "extra_workdays": ["2025-02-01"]}',
            r"extra_workdays\[0\]: no hours to lend",
        ),
        ('{"zone": "UTC", "week": {}, "extra_workdays": [7]}', r"extra_workdays\[0\]: must be a text"),
        (
            '{"zone": "UTC", "week": {}, "extra_workdays": {"2025-02-01": "monday"}}',
            "extra_workdays.2025-02-01: unknown weekday",
        ),
        (
            '{"zone": "UTC", "week": {}, "date_overrides": {"2025-2-1": []}}',
            'date_overrides: "2025-2-1" is not a date',
        ),
        ('{"zone": "UTC", "week": {}, "statutory": "FR"}', "statutory: known regions are CN"),
        (
            '{"zone": "UTC", "week": {"mon": [["09:00", "17:00"]]}, "statutory": "CN", "entered_years": [true]}',
            r"entered_years\[0\]: is not a year",
        ),
        ('{"zone": "UTC", "week": {}, "statutory": 7}', "statutory: must be an object"),
        (
            '{"zone": "UTC", "week": {}, "statutory": {"years": ["2025"]}}',
            r"statutory.years\[0\]: is not a year",
        ),
        ('{"zone": "UTC", "week": {}, "statutory": {"years": []}}', "statutory.holidays: must be a list"),
        (
            '{"zone": "UTC", "week": {}, "statutory": "CN"}',
            r"statutory.extra_workdays\[0\]: no hours to lend",
        ),
        (
            '{"zone": "UTC", "week": {}, "extra_workdays": [[]]}',
            r"extra_workdays\[0\]: must be a text",
        ),
        (
            '{"zone": "UTC", "week": {}, "extra_workdays": 7}',
            "extra_workdays: must be a list",
        ),
    ],
)
def test_a_wrong_calendar_is_refused_naming_the_place(text: str, complaint: str) -> None:
    with pytest.raises(CalendarError, match=complaint):
        WorkingCalendar.from_json(text)
