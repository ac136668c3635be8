"""Calendars and their versions through the actions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.utils import timezone, translation

from postroad.clock import actions, queries
from postroad.clock.definitions import days_to_text, hours_from_text, hours_to_text
from postroad.clock.doctor import statutory_days_are_known
from postroad.clock.holiday_file import read_holiday_file
from postroad.clock.models import Calendar
from postroad.clock.tests.factories import ACTOR, OFFICE, make_calendar
from postroad.clock.workingtime import WorkingCalendar, published_days
from postroad.ledger.models import Entry
from postroad.platform.doctor import Level
from postroad.platform.errors import Invalid
from postroad.platform.spreadsheets import write_xlsx


@pytest.mark.django_db
class TestVersions:
    def test_a_calendar_begins_with_version_1_and_is_on_record(self) -> None:
        calendar = make_calendar()
        assert calendar.current_version().number == 1
        assert list(
            Entry.objects.filter(event__startswith="clock.").order_by("seq").values_list("event", flat=True)
        ) == [
            "clock.calendar.created",
            "clock.calendar.version-added",
        ]

    def test_a_version_is_in_force_from_its_moment(self) -> None:
        calendar, later = make_calendar(), timezone.now() + timedelta(days=10)
        actions.add_version(calendar=calendar, definition=OFFICE, valid_from=later, actor=ACTOR)
        assert calendar.current_version().number == 1
        assert calendar.current_version(later).number == 2
        assert calendar.current_version(datetime(1999, 1, 1, tzinfo=UTC)).number == 1
        assert [version.number for version in queries.versions_of(calendar)] == [2, 1]
        assert [version.number for version in queries.calendars()] == [1]

    def test_a_version_cannot_begin_before_the_one_it_follows(self) -> None:
        calendar = make_calendar()
        with pytest.raises(Invalid, match="later moment") as refusal, translation.override("en"):
            actions.add_version(
                calendar=calendar, definition=OFFICE, valid_from=datetime(2019, 1, 1, tzinfo=UTC), actor=ACTOR
            )
        assert list(refusal.value.fields) == ["valid_from"]

    def test_a_key_is_taken_once(self) -> None:
        make_calendar("office")
        with pytest.raises(Invalid) as refusal:
            make_calendar("office")
        assert list(refusal.value.fields) == ["key"]

    @pytest.mark.parametrize(
        ("definition", "field"),
        [
            (OFFICE | {"week": {}}, "mon"),
            (OFFICE | {"week": {"tue": [["17:00", "09:00"]]}}, "tue"),
            (OFFICE | {"zone": "Asia/Beijing"}, "zone"),
            (OFFICE | {"holidays": ["tomorrow"]}, "holidays"),
            (OFFICE | {"extra_workdays": {"2025-01-26": "sun"}}, "extra_workdays"),
            (OFFICE | {"date_overrides": {"2025-01-26": [["9"]]}}, "date_overrides"),
        ],
    )
    def test_a_wrong_definition_is_refused_at_its_field_and_nothing_is_kept(
        self, definition: dict[str, object], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            actions.create_calendar(key="wrong", name="x", definition=definition, actor=ACTOR)
        assert list(refusal.value.fields) == [field]
        assert not Calendar.objects.exists()

    def test_a_refusal_is_in_the_persons_language(self) -> None:
        wrong = OFFICE | {"week": {"mon": [["09:00", "12:00"], ["17:00", "13:00"]]}}
        with translation.override("zh-hans"), pytest.raises(Invalid, match=r"week\.mon\[1\]: 结束早于开始"):
            actions.create_calendar(key="wrong", name="x", definition=wrong, actor=ACTOR)

    def test_statutory_days_are_written_into_the_version(self) -> None:
        version = make_calendar(statutory="CN").current_version()
        assert version.definition["statutory"]["years"] == published_days("CN")["years"]
        assert "2025-01-28" in version.definition["statutory"]["holidays"]

    def test_missing_statutory_years_are_named_three_months_ahead(self) -> None:
        calendar = make_calendar(statutory="CN").current_version().working_calendar()
        last = max(published_days("CN")["years"])
        assert queries.missing_years(calendar, now=datetime(last, 9, 1, tzinfo=UTC)) == []
        assert queries.missing_years(calendar, now=datetime(last, 11, 1, tzinfo=UTC)) == [last + 1]

    def test_the_doctor_names_calendars_that_lack_a_year(self) -> None:
        make_calendar("plain")
        lacking = make_calendar("lacking", statutory="CN").current_version().definition
        lacking["statutory"]["years"] = []
        actions.add_version(calendar=Calendar.objects.get(key="lacking"), definition=lacking, actor=ACTOR)
        found = {finding.subject: finding.level for finding in statutory_days_are_known()}
        assert found == {"calendar plain": Level.FINE, "calendar lacking": Level.WARNING}

    def test_one_object_reckons_for_all_uses_of_a_version(self) -> None:
        calendar = make_calendar()
        assert calendar.current_version().working_calendar() is calendar.current_version().working_calendar()


class TestYearView:
    CALENDAR = WorkingCalendar.from_spec(
        OFFICE
        | {
            "holidays": ["2025-01-01", "2025-01-04"],
            "extra_workdays": ["2025-01-26"],
            "date_overrides": {"2025-01-02": [["09:00", "10:00"]]},
        }
    )

    @pytest.mark.parametrize(
        ("day", "special", "text"),
        [
            (1, "holiday", ""),
            (2, "own-hours", "09:00–10:00"),
            (3, "", "09:00–12:00、13:30–18:00"),
            (4, "", ""),
            (26, "make-up", "09:00–12:00、13:30–18:00"),
        ],
    )
    def test_each_day_says_what_it_is(self, day: int, special: str, text: str) -> None:
        found = queries.day_of(self.CALENDAR, date(2025, 1, day))
        assert (found.special, found.hours_text) == (special, text)

    def test_a_year_has_all_its_days_in_weeks_from_monday(self) -> None:
        months = queries.year_view(self.CALENDAR, 2024)
        assert len(months) == 12
        assert sum(day is not None for month in months for week in month for day in week) == 366
        assert all(day is None or day.day.weekday() == n for week in months[0] for n, day in enumerate(week))

    def test_the_days_that_change_are_found(self) -> None:
        before = WorkingCalendar.from_spec(OFFICE)
        changes = queries.changed_days(before, self.CALENDAR, start=date(2025, 1, 1), days=365)
        assert [change.day.day for change in changes] == [1, 2, 26]
        assert (changes[0].before.hours_text, changes[0].after.hours_text) == ("09:00–12:00、13:30–18:00", "")


class TestText:
    @pytest.mark.parametrize(
        "text", ["09:00-12:00, 13:30-18:00", "09:00—12:00，13：30～18:00", " 09:00 - 12:00 13:30至18:00 "]
    )
    def test_hours_are_read_as_people_type_them(self, text: str) -> None:
        hours = hours_from_text(text)
        assert hours == [["09:00", "12:00"], ["13:30", "18:00"]]
        assert hours_to_text(hours) == "09:00-12:00, 13:30-18:00"

    def test_days_are_written_one_to_a_line(self) -> None:
        assert days_to_text(["2025-01-01", "2025-01-02"]) == "2025-01-01\n2025-01-02"
        assert days_to_text({"2025-01-02": None, "2025-01-01": "mon"}) == "2025-01-01 mon\n2025-01-02"
        assert days_to_text({"2025-01-01": [["09:00", "12:00"]], "2025-01-02": []}) == (
            "2025-01-01 09:00-12:00\n2025-01-02"
        )


class TestHolidayFile:
    ROWS = [
        ["2027-01-01", "休"],
        ["2027/2/13", "上班 mon"],
        ["2027年2月14日", "workday"],
        ["2027-02-05", "09:00-12:00"],
    ]

    def read(self, data: bytes) -> tuple[object, ...]:
        found = read_holiday_file(BytesIO(data), size=len(data))
        return found.holidays, found.extra_workdays, found.date_overrides

    EXPECTED = (
        ["2027-01-01"],
        {"2027-02-13": "mon", "2027-02-14": None},
        {"2027-02-05": [["09:00", "12:00"]]},
    )

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
    def test_csv_in_the_encodings_of_office_programs(self, encoding: str) -> None:
        text = "日期,类型\r\n" + "\r\n".join(",".join(row) for row in self.ROWS)
        assert self.read(text.encode(encoding)) == self.EXPECTED

    def test_a_workbook_with_and_without_heading(self) -> None:
        assert self.read(write_xlsx(["日期", "类型"], self.ROWS)) == self.EXPECTED
        assert self.read(write_xlsx(self.ROWS[0], self.ROWS[1:])) == self.EXPECTED

    @pytest.mark.parametrize(
        ("data", "complaint"),
        [
            (b"2027-01-01,off\n2027-02-30,off\nsoon,off\n2027-01-02,perhaps\n", ": 2, 3, 4"),
            (b"PK\x03\x04 no zip", "damaged"),
            (b"\xff\xff\xff\xff", "encoding"),
            (b"2027-01-01,off\n" * 5001, "5,000 rows"),
            (b"x" * (2 * 1024 * 1024 + 1), "2 MB"),
        ],
    )
    def test_what_cannot_be_understood_is_said(self, data: bytes, complaint: str) -> None:
        with translation.override("en"), pytest.raises(Invalid, match=complaint) as refusal:
            self.read(data)
        assert list(refusal.value.fields) == ["days_file"]
