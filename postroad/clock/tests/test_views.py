"""The pages: who may open them, what they show, and that nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from postroad.clock import actions
from postroad.clock.models import Calendar, Deadline, Duty, DutyOccurrence
from postroad.clock.tests.factories import ACTOR, make_calendar, make_deadline
from postroad.clock.workingtime import published_days
from postroad.org.models import today
from postroad.org.tests.cast import sign_in
from postroad.platform.actors import Subject

if TYPE_CHECKING:
    from postroad.org.models import Person
    from postroad.org.tests.cast import Company

pytestmark = pytest.mark.django_db

FORM = {
    "zone": "Asia/Shanghai",
    "mon": "09:00-12:00, 13:30-18:00",
    "tue": "09:00-12:00, 13:30-18:00",
    "valid_from": "2099-01-01",
    "holidays": "",
    "extra_workdays": "",
    "date_overrides": "",
    "note": "New hours",
}


def page(client: Client, person: Person, name: str, **kwargs: Any) -> Any:
    person.language = "en"
    person.save(update_fields=["language"])
    return sign_in(client, person).get(reverse(f"clock:{name}", kwargs=kwargs))


def post(client: Client, person: Person, name: str, data: dict[str, Any], **kwargs: Any) -> Any:
    person.language = "en"
    person.save(update_fields=["language"])
    return sign_in(client, person).post(reverse(f"clock:{name}", kwargs=kwargs), data)


class TestCalendars:
    def test_an_empty_list_says_what_to_do_first(self, client: Client, company: Company) -> None:
        content = page(client, company.hr, "calendars").content.decode()
        assert "No calendar yet" in content
        assert reverse("clock:new_calendar") in content

    def test_everybody_sees_them_only_keepers_may_change_them(self, client: Client, company: Company) -> None:
        make_calendar()
        content = page(client, company.stranger, "calendars").content.decode()
        assert "Company calendar" in content
        assert reverse("clock:new_calendar") not in content
        assert page(client, company.stranger, "new_calendar").status_code == 403
        assert post(client, company.stranger, "new_version", FORM, key="office").status_code == 403
        assert page(client, company.administration_head, "new_version", key="office").status_code == 200

    def test_the_year_shows_every_kind_of_day(self, client: Client, company: Company) -> None:
        make_calendar(
            holidays=["2025-01-01"], extra_workdays=["2025-01-26"], date_overrides={"2025-01-02": [["09:00", "10:00"]]}
        )
        response = sign_in(client, company.stranger).get(reverse("clock:calendar", args=["office"]), {"year": "2025"})
        content = response.content.decode()
        for expected in ("clock-holiday", "clock-make-up", "clock-own-hours", "2025-01-02 09:00–10:00"):
            assert expected in content
        assert content.count('class="clock-month"') == 12

    def test_a_year_that_is_none_shows_this_one(self, client: Client, company: Company) -> None:
        make_calendar()
        for year in ("abc", "9999", "-1", "٢٠٢٥"):
            response = sign_in(client, company.stranger).get(reverse("clock:calendar", args=["office"]), {"year": year})
            assert response.context["year"] == timezone.now().year

    def test_a_missing_statutory_year_is_said_loudly(self, client: Client, company: Company) -> None:
        calendar = make_calendar(statutory="CN")
        spec = calendar.current_version().definition
        spec["statutory"]["years"] = [2004]
        actions.add_version(calendar=calendar, definition=spec, actor=ACTOR)
        assert (
            "are not known to this calendar"
            in page(client, company.stranger, "calendar", key="office").content.decode()
        )

    def test_a_year_entered_by_hand_is_no_longer_missing(self, client: Client, company: Company) -> None:
        calendar = make_calendar(statutory="CN")
        year = max(published_days("CN")["years"]) + 1
        typed = FORM | {"step": "save", "statutory": "on", "entered_years": str(year), "holidays": f"{year}-01-01"}
        assert post(client, company.hr, "new_version", typed, key="office").status_code == 302
        latest = calendar.versions.latest("number").working_calendar()
        assert latest.unpublished_years(datetime(year, 1, 2, tzinfo=UTC), datetime(year, 3, 1, tzinfo=UTC)) == []
        wrong = post(client, company.hr, "new_version", typed | {"entered_years": "soon"}, key="office")
        assert "entered_years" in wrong.context["form"].errors

    def test_an_unknown_calendar_is_not_found(self, client: Client, company: Company) -> None:
        assert page(client, company.stranger, "calendar", key="none").status_code == 404

    def test_a_new_calendar_is_created(self, client: Client, company: Company) -> None:
        response = post(
            client, company.hr, "new_calendar", FORM | {"key": "plant", "name": "工厂", "valid_from": today()}
        )
        assert response.status_code == 302
        version = Calendar.objects.get(key="plant").current_version()
        assert version.definition["week"]["mon"] == [["09:00", "12:00"], ["13:30", "18:00"]]
        assert version.created_by == company.hr.name

    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(self, client: Client, company: Company) -> None:
        wrong = FORM | {"key": "plant", "name": "工厂", "tue": "17:00-09:00", "note": "kept text"}
        response = post(client, company.hr, "new_calendar", wrong)
        assert response.status_code == 422
        assert "ends before it starts" in response.context["form"].errors["tue"][0]
        assert "kept text" in response.content.decode()
        assert not Calendar.objects.exists()

    def test_a_preview_shows_the_days_that_change_and_saves_nothing(self, client: Client, company: Company) -> None:
        calendar = make_calendar()
        changed = FORM | {"step": "preview", "valid_from": "2025-01-01", "holidays": "2025-01-06"}
        for day in ("wed", "thu", "fri"):
            changed[day] = FORM["mon"]
        response = post(client, company.hr, "new_version", changed, key="office")
        assert [change.day for change in response.context["changes"]] == [date(2025, 1, 6)]
        assert calendar.versions.count() == 1

    def test_a_version_is_added_with_its_reason(self, client: Client, company: Company) -> None:
        calendar = make_calendar()
        response = post(client, company.hr, "new_version", FORM | {"step": "save"}, key="office")
        assert response.status_code == 302
        latest = calendar.versions.latest("number")
        assert (latest.number, latest.note) == (2, "New hours")
        assert latest.valid_from == datetime.fromisoformat("2099-01-01T00:00+08:00")

    def test_a_file_of_days_is_added_to_the_fields_and_previewed(self, client: Client, company: Company) -> None:
        make_calendar()
        file = BytesIO("日期,类型\n2099-01-05,休\n2099-01-10,上班\n".encode("gbk"))
        file.name = "days.csv"
        response = post(
            client, company.hr, "new_version", FORM | {"days_file": file, "holidays": "2099-01-06"}, key="office"
        )
        content = response.content.decode()
        assert "2099-01-06\n2099-01-05" in content
        assert date(2099, 1, 5) in [change.day for change in response.context["changes"]]

    def test_a_file_that_cannot_be_read_is_refused_at_its_field(self, client: Client, company: Company) -> None:
        make_calendar()
        file = BytesIO(b"soon,off\nlater,off\n")
        file.name = "days.csv"
        response = post(client, company.hr, "new_version", FORM | {"days_file": file, "step": "save"}, key="office")
        assert response.status_code == 422
        assert "days_file" in response.context["form"].errors

    def test_the_form_starts_with_the_latest_hours(self, client: Client, company: Company) -> None:
        make_calendar(extra_workdays={"2025-01-26": "mon"}, statutory="CN")
        form = page(client, company.hr, "new_version", key="office").context["form"]
        assert form.initial["mon"] == "09:00-12:00, 13:30-18:00"
        assert form.initial["extra_workdays"] == "2025-01-26 mon"
        assert form.initial["statutory"] is True


class TestPromises:
    def make(self, person: Person, number: int = 1) -> list[Deadline]:
        soon = timezone.now() - timedelta(minutes=1)
        return [
            make_deadline(responsible=person, started_at=soon, subject=Subject("clock.example", str(n)), url="/x/")
            for n in range(number)
        ]

    def test_my_work_shows_promises_with_a_countdown(self, client: Client, company: Company) -> None:
        self.make(company.agent)
        response = sign_in(client, company.agent).get("/")
        content = response.content.decode()
        assert "Answer the customer" in content
        assert "data-countdown" in content
        assert "Answer the customer" not in sign_in(client, company.agent2).get("/").content.decode()

    def test_the_list_costs_the_same_at_3_and_at_30(self, client: Client, company: Company) -> None:
        def queries_of(number: int) -> int:
            self.make(company.agent, number)
            sign_in(client, company.agent)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse("clock:deadlines")).status_code == 200
            return len(captured)

        assert queries_of(3) == queries_of(27)

    def test_one_promise_is_told_to_who_may_see_it(self, client: Client, company: Company) -> None:
        [deadline] = self.make(company.agent)
        content = page(client, company.agent, "deadline", deadline_id=deadline.pk).content.decode()
        assert "4 h in clock time" in content
        assert page(client, company.desk_lead, "deadline", deadline_id=deadline.pk).status_code == 200
        assert page(client, company.stranger, "deadline", deadline_id=deadline.pk).status_code == 404

    def test_a_missed_promise_stays_until_it_is_done(self, client: Client, company: Company) -> None:
        [deadline] = self.make(company.agent)
        actions.fire_due(now=timezone.now() + timedelta(days=1))
        assert "Answer the customer" in page(client, company.agent, "deadlines_results").content.decode()
        actions.meet([deadline.pk], at=timezone.now() + timedelta(days=2), reason="", actor=ACTOR)
        assert "No promise of yours is open" in page(client, company.agent, "deadlines").content.decode()


class TestDuties:
    WEEK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

    def make(self, company: Company) -> DutyOccurrence:
        duty = actions.create_duty(
            name="检查热线",
            calendar=make_calendar(week=self.WEEK),
            frequency="daily",
            day=1,
            due_time=time(23, 59),
            responsible=company.agent,
            starts_on=today(),
            actor=ACTOR,
        )
        actions.open_duties()
        return duty.occurrences.get()

    def test_the_responsible_person_marks_it_done_from_my_work(self, client: Client, company: Company) -> None:
        occurrence = self.make(company)
        done_url = reverse("clock:complete_duty", args=[occurrence.pk])
        assert done_url in sign_in(client, company.agent).get("/").content.decode()
        assert (
            post(client, company.agent, "complete_duty", {"note": "fine"}, occurrence_id=occurrence.pk).status_code
            == 302
        )
        occurrence.refresh_from_db()
        assert (occurrence.done_by, occurrence.note) == (company.agent, "fine")
        again = post(client, company.agent, "complete_duty", {}, occurrence_id=occurrence.pk)
        assert again.status_code == 409

    def test_nobody_else_marks_it_done(self, client: Client, company: Company) -> None:
        occurrence = self.make(company)
        assert post(client, company.agent2, "complete_duty", {}, occurrence_id=occurrence.pk).status_code == 403
        assert page(client, company.agent, "complete_duty", occurrence_id=occurrence.pk).status_code == 405

    def test_the_pages_show_what_is_due(self, client: Client, company: Company) -> None:
        occurrence = self.make(company)
        assert "检查热线" in page(client, company.stranger, "duties").content.decode()
        content = page(client, company.agent, "duty", duty_id=occurrence.duty_id).content.decode()
        assert "Mark as done" in content

    def test_a_duty_is_set_up_and_changed_by_who_may(self, client: Client, company: Company) -> None:
        values = {
            "name": "月度导出",
            "frequency": "monthly",
            "day": "5",
            "due_time": "17:00",
            "calendar": make_calendar().pk,
            "responsible": company.it.pk,
            "starts_on": "2025-01-01",
        }
        assert post(client, company.agent, "new_duty", values).status_code == 403
        assert post(client, company.desk_lead, "new_duty", values | {"day": "40"}).status_code == 422
        assert post(client, company.desk_lead, "new_duty", values).status_code == 302
        duty = Duty.objects.get()
        assert post(client, company.desk_lead, "edit_duty", values | {"day": "6"}, duty_id=duty.pk).status_code == 302
        duty.refresh_from_db()
        assert (duty.day, duty.responsible) == (6, company.it)

    def test_the_list_costs_the_same_at_1_and_at_20(self, client: Client, company: Company) -> None:
        occurrence = self.make(company)

        def queries_of() -> int:
            sign_in(client, company.agent)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse("clock:duties")).status_code == 200
            return len(captured)

        before = queries_of()
        for n in range(19):
            actions.create_duty(
                name=f"duty {n}",
                calendar=occurrence.duty.calendar,
                frequency="daily",
                day=1,
                due_time=time(23, 59),
                responsible=company.agent,
                starts_on=today(),
                actor=ACTOR,
            )
        assert actions.open_duties() == 19
        assert queries_of() == before


def test_strangers_to_the_company_are_asked_to_sign_in(client: Client) -> None:
    for name in ("calendars", "new_calendar", "deadlines", "deadlines_results", "duties", "new_duty"):
        response = client.get(reverse(f"clock:{name}"))
        assert (response.status_code, "/sign-in/" in response["Location"]) == (302, True)
