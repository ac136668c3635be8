"""Whose figures a person sees, and what leaves the house."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from postroad.channels.models import ChannelMember
from postroad.desk import actions
from postroad.desk.tests.factories import mail, make_desk
from postroad.ledger.models import Entry
from postroad.org.tests.cast import sign_in
from postroad.platform.spreadsheets import read_rows
from postroad.supervision.permissions import reach_of
from postroad.supervision.tests.test_reports import WEEK, found

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def cases(company, channel):
    """One case of each agent on the service's channel, one on a channel of the sales department."""
    elsewhere = make_desk(company, "elsewhere", team=False, department=company.sales)
    actions.take(case=mail(channel), person=company.agent)
    actions.take(case=mail(channel), person=company.agent2)
    mail(elsewhere)


@pytest.mark.parametrize(
    ("who", "count"),
    [
        ("administration_head", 3),
        ("administration_clerk", 3),
        ("executive", 3),
        ("auditor", 3),
        ("desk_lead", 2),
        ("department_head", 1),
        ("agent", 1),
    ],
)
def test_administration_sees_all_leads_their_channels_agents_their_own(company, cases, who, count):
    assert found(company, "opened", who=who)[None].count == count


@pytest.mark.parametrize(
    ("who", "people"),
    [
        ("desk_lead", True),
        ("department_head", True),
        ("administration_head", False),
        ("executive", False),
        ("agent", False),
    ],
)
def test_only_leads_see_colleagues_singly(client, company, cases, who, people):
    assert reach_of(getattr(company, who)).people is people
    page = sign_in(client, getattr(company, who)).get(reverse("supervision:reports"), WEEK | {"by": "agent"})
    seen = {line.name for line in page.context["lines"]}
    assert (str(company.agent2) in seen) is (who == "desk_lead")


def test_an_agent_cannot_ask_for_a_colleagues_figures(company, cases):
    assert found(company, "opened", agent=company.agent2.staff_no, who="agent")[None].count == 1
    assert found(company, "opened", agent=company.agent2.staff_no, who="executive")[None].count == 3
    assert found(company, "opened", agent=company.agent2.staff_no, who="desk_lead")[None].count == 1


def test_a_part_of_single_people_is_not_told_to_who_may_not_see_them(client, company, cases):
    page = sign_in(client, company.executive).get(
        reverse("supervision:behind", args=["opened"]), WEEK | {"part": "agent", "key": str(company.agent.pk)}
    )
    assert len(page.context["facts"]) == 3
    assert str(company.agent) not in page.content.decode()


def test_an_agent_who_leads_a_team_sees_that_teams_figures(company, channel, cases):
    ChannelMember.objects.filter(channel=channel, person=company.agent).update(role=ChannelMember.Role.LEAD)
    assert found(company, "opened", who="agent")[None].count == 2


def test_the_cases_behind_are_named_only_to_who_may_open_them(client, company, cases):
    page = sign_in(client, company.executive).get(reverse("supervision:behind", args=["opened"]), WEEK)
    assert all(one.case is None and one.number for one in page.context["facts"])
    assert "Subject" not in page.content.decode()


def test_an_export_is_on_record_and_starts_no_formula(client, company, channel):
    case = mail(channel, subject="=HYPERLINK(1)")
    lead = sign_in(client, company.desk_lead)
    given = lead.get(reverse("supervision:export_behind", args=["opened"]), WEEK | {"format": "csv"})
    [_headings, row] = csv.reader(io.StringIO(given.content.decode("utf-8-sig")))
    assert row[:2] == [f"#{case.number}", "'=HYPERLINK(1)"]
    entry = Entry.objects.get(event="supervision.report.exported")
    assert (entry.actor_id, entry.data["rows"]) == (str(company.desk_lead.pk), 1)


def test_the_report_goes_into_a_workbook_with_the_cases_behind_each_figure(client, company, cases):
    company.desk_lead.language = "en"
    company.desk_lead.save()
    given = sign_in(client, company.desk_lead).get(reverse("supervision:export_report"), WEEK)
    rows = [row.cells for row in read_rows(io.BytesIO(given.content))]
    assert rows[0][1:3] == ("Figure", "Cases behind it")
    assert ("All", "New cases", "2") in {row[:3] for row in rows}


def test_agents_do_not_export(client, company, cases):
    assert sign_in(client, company.agent).get(reverse("supervision:export_report"), WEEK).status_code == 403
