"""The list of cases: who sees which, in which order, narrowed how, and at what cost."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from postroad.channels.protocol import AutoKind
from postroad.desk import actions
from postroad.desk.actions import After
from postroad.desk.models import Case, CaseState, Priority
from postroad.desk.tests.factories import MONDAY_TEN, accept, mail, make_desk, reply
from postroad.ledger.models import Entry
from postroad.org.tests.cast import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)
LIST = "/desk/"


def page(client, person, **asked):
    return sign_in(client, person).get(LIST, asked)


def shown(response):
    return [row.case.subject for row in response.context["rows"]]


def test_an_agent_sees_the_cases_of_their_own_channels_only(client, company, channel):
    mail(channel, subject="ours")
    mail(make_desk(company, "sales", team=False), subject="theirs")

    assert shown(page(client, company.agent, view="all")) == ["ours"]
    assert shown(page(client, company.desk_lead, view="all")) == ["theirs", "ours"]


def test_plain_staff_has_no_list(client, company, channel):
    assert page(client, company.stranger).status_code == 403


def test_an_anonymous_reader_is_asked_to_sign_in(client):
    response = client.get(LIST)
    assert response.status_code == 302
    assert "sign-in" in response.url


def test_the_most_urgent_case_stands_first(client, company, channel):
    mail(channel, subject="later", received_at=MONDAY_TEN + HOUR)
    mail(channel, subject="sooner", received_at=MONDAY_TEN - HOUR)
    mail(channel, subject="robot", auto=AutoKind.LIST)

    assert shown(page(client, company.agent)) == ["sooner", "later"]
    assert shown(page(client, company.agent, sort="newest")) == ["later", "sooner"]


def test_each_view_shows_its_part(client, company, channel):
    mine, waiting, solved = (
        mail(channel, subject="mine"),
        mail(channel, subject="waiting"),
        mail(channel, subject="solved"),
    )
    mail(channel, subject="free")
    mail(channel, subject="robot", auto=AutoKind.LIST)
    mail(channel, subject="late", received_at=MONDAY_TEN - timedelta(days=1))
    actions.take(case=mine, person=company.agent)
    accept(reply(waiting, company.agent2), MONDAY_TEN)
    accept(reply(solved, company.agent2, after=After.SOLVED), MONDAY_TEN)

    expected = {
        "mine": ["mine"],
        "unassigned": ["late", "free"],
        "team": ["late", "free", "mine"],
        "due": ["late"],
        "waiting": ["waiting"],
        "solved": ["solved"],
        "automatic": ["robot"],
    }
    found = {view: shown(page(client, company.agent, view=view)) for view in expected}
    assert found == expected
    tabs = {tab.view.value: tab.count for tab in page(client, company.agent).context["tabs"]}
    assert tabs == {
        "mine": 1,
        "unassigned": 2,
        "team": 3,
        "due": 1,
        "waiting": 1,
        "solved": None,
        "automatic": 1,
        "all": None,
    }


@pytest.mark.parametrize("asked", ["发票", "#{number}", "{number}", "kunde", "问题 发票"])
def test_a_case_is_found_by_number_subject_or_name(client, company, channel, asked):
    case = mail(channel, subject="发票问题", sender_name="Kunde Eins")
    mail(channel, subject="其他", sender_name="别人", sender_address="other@customer.test")

    assert shown(page(client, company.agent, view="all", q=asked.format(number=case.number))) == ["发票问题"]


def test_filters_narrow_and_a_chip_takes_one_away(client, company, channel):
    case = mail(channel, subject="urgent")
    mail(channel, subject="ordinary")
    actions.set_priority(case=case, priority=Priority.URGENT, person=company.agent)

    response = page(client, company.agent, view="team", priority="urgent")

    assert shown(response) == ["urgent"]
    assert [chip["query_without"] for chip in response.context["chips"]] == ["view=team"]


@pytest.mark.parametrize("asked", [{"view": "no"}, {"sort": "no"}, {"assignee": "no"}, {"cursor": "!!"}, {"q": "'"}])
def test_nonsense_in_the_address_is_no_error(client, company, channel, asked):
    mail(channel)
    assert page(client, company.agent, **asked).status_code == 200


@pytest.mark.parametrize("view", ["mine", "unassigned", "team", "due", "waiting", "solved", "automatic", "all"])
def test_an_empty_view_says_what_that_means(client, company, channel, view):
    assert b"empty-title" in page(client, company.agent, view=view).content


def test_pages_follow_one_another_without_a_gap(client, company, channel):
    cases = [mail(channel, subject=f"{number:03}") for number in range(120)]
    seen, asked = [], {"view": "all", "sort": "oldest"}
    while True:
        response = page(client, company.agent, **asked)
        seen += shown(response)
        if not (cursor := response.context["page"].next_cursor):
            break
        asked["cursor"] = cursor
    assert seen == [case.subject for case in cases]


def test_the_list_costs_the_same_number_of_statements_at_3_and_at_30_rows(client, company, channel):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            page(client, company.agent)
        return len(captured)

    for _ in range(3):
        mail(channel)
    page(client, company.agent)
    few = statements()
    for _ in range(27):
        mail(channel)
    assert statements() == few


def test_the_results_alone_are_the_same_list(client, company, channel):
    mail(channel, subject="发票")
    response = sign_in(client, company.agent).get(reverse("desk:case_results"))
    assert "发票" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_marked_cases_are_assigned_at_once(client, company, channel):
    cases = [mail(channel) for _ in range(3)]
    sign_in(client, company.agent).post(
        reverse("desk:bulk"),
        {"do": "assign", "assignee": company.agent2.pk, "case": [case.number for case in cases], "back": "view=all"},
    )
    assert set(Case.objects.values_list("assignee", "state")) == {(company.agent2.pk, CaseState.OPEN)}


def test_solving_in_bulk_without_a_reply_needs_a_reason_and_does_nothing_without(client, company, channel):
    case = mail(channel)
    asked = {"do": "solve", "case": [case.number]}
    sign_in(client, company.agent).post(reverse("desk:bulk"), asked)
    case.refresh_from_db()
    assert case.state == CaseState.NEW

    client.post(reverse("desk:bulk"), asked | {"reason": "电话已答复"})
    case.refresh_from_db()
    assert case.state == CaseState.SOLVED


def test_spam_is_closed_and_owes_nothing(client, company, channel):
    case = mail(channel)
    sign_in(client, company.agent).post(reverse("desk:bulk"), {"do": "spam", "case": [case.number]})
    case.refresh_from_db()
    assert (case.state, case.closed_reason, case.due_at) == (CaseState.CLOSED, "spam", None)


def test_nobody_works_in_bulk_on_cases_they_do_not_see(client, company, channel):
    case = mail(make_desk(company, "sales", team=False))
    response = sign_in(client, company.agent).post(
        reverse("desk:bulk"), {"do": "spam", "case": [case.number]}, follow=True
    )
    assert "您无权查看" in str(next(iter(response.context["messages"])))
    case.refresh_from_db()
    assert case.state == CaseState.NEW


def test_a_reader_without_the_right_to_work_is_refused(client, company, channel):
    case = mail(channel)
    response = sign_in(client, company.supervising_leader).post(
        reverse("desk:bulk"), {"do": "spam", "case": [case.number]}
    )
    assert response.status_code == 403


def test_an_export_holds_what_the_list_shows_and_is_on_record(client, company, channel):
    mail(channel, subject="=1+1")
    response = sign_in(client, company.desk_lead).get(reverse("desk:export"), {"view": "all"})

    sheet = load_workbook(BytesIO(response.content)).active
    rows = list(sheet.values)
    assert rows[1][1] == "=1+1"
    assert sheet["B2"].data_type == "s"
    assert Entry.objects.filter(event="desk.case.exported", actor_id=str(company.desk_lead.pk)).count() == 1


def test_an_agent_exports_nothing(client, company, channel):
    assert sign_in(client, company.agent).get(reverse("desk:export")).status_code == 403
