"""My work, the search box, the queues' pages, and who may listen to what."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import RequestFactory
from django.urls import reverse

from postroad.desk import actions, work
from postroad.desk.models import Queue
from postroad.desk.tests.factories import mail, make_desk
from postroad.ledger.queries import history_of
from postroad.org.tests.cast import sign_in
from postroad.platform import realtime

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def request_of(person):
    request = RequestFactory().get("/")
    request.user, request.person = person.account, person
    return request


def test_my_work_shows_my_cases_and_what_nobody_has_taken(client, company, channel):
    mine = mail(channel, subject="mine")
    mail(channel, subject="free")
    actions.take(case=mine, person=company.agent)
    page = sign_in(client, company.agent).get("/").content.decode()
    assert "mine" in page
    assert "free" in page


def test_cards_stay_away_from_who_does_not_answer_cases(company, channel):
    mail(channel)
    for card in (work.my_cases, work.unassigned_cases, work.due_cases):
        assert card(request_of(company.hr)) is None


def test_who_leads_the_desk_sees_what_is_about_to_be_missed(company, channel, clock):
    case = mail(channel)
    assert work.due_cases(request_of(company.desk_lead)) is None
    clock.move_to(case.next_due_at)
    assert [row.case for row in work.due_cases(request_of(company.desk_lead))["rows"]] == [case]


def test_a_card_takes_at_most_five_statements(company, channel, django_assert_max_num_queries):
    for _ in range(10):
        mail(channel)
    with django_assert_max_num_queries(5):
        work.unassigned_cases(request_of(company.agent))


def test_the_search_box_finds_only_cases_one_may_see(company, channel):
    case = mail(channel, subject="发票问题")
    mail(make_desk(company, "sales", team=False), subject="发票问题二")
    assert [hit.url for hit in work.search_cases(request_of(company.agent), "发票")] == [case.get_absolute_url()]
    assert work.search_cases(request_of(company.agent), f"#{case.number}")
    assert work.search_cases(request_of(company.stranger), "发票") == []


def test_live_hints_go_only_to_who_may_see_the_thing(company, channel):
    case = mail(channel)
    other = mail(make_desk(company, "sales", team=False))
    agent, stranger = company.agent.account, company.stranger.account
    assert realtime.allowed_topics(agent, ["desk.cases", f"desk.case.{case.pk}", f"desk.case.{other.pk}"]) == [
        "desk.cases",
        f"desk.case.{case.pk}",
    ]
    assert realtime.allowed_topics(stranger, ["desk.cases", f"desk.case.{case.pk}"]) == []
    assert realtime.allowed_topics(agent, [f"desk.case.{uuid4()}", "desk.case.nonsense", "desk.case."]) == []


def test_the_lead_changes_how_a_queue_is_run_and_it_is_on_record(client, company, channel):
    lead = sign_in(client, company.desk_lead)
    assert "客户服务邮箱" in lead.get(reverse("desk:queues")).content.decode()
    given = {
        "acknowledge": "on",
        "acknowledgement": "已收到 {number}",
        "close_after_days": "7",
    }
    assert lead.post(reverse("desk:queue", args=[channel.key]), given).status_code == 302
    queue = Queue.objects.get(channel=channel)
    assert (queue.acknowledge, queue.close_after_days) == (True, 7)
    assert history_of(channel).filter(event="desk.queue.changed").count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"acknowledge": "on", "acknowledgement": " ", "close_after_days": "7"},
        {"close_after_days": "0"},
    ],
)
def test_a_queue_that_cannot_be_run_like_this_is_refused(client, company, channel, given):
    response = sign_in(client, company.desk_lead).post(reverse("desk:queue", args=[channel.key]), given)
    assert response.status_code == 422
    assert not Queue.objects.exists()


def test_agents_do_not_change_queues(client, company, channel):
    assert sign_in(client, company.agent).get(reverse("desk:queue", args=[channel.key])).status_code == 403


def test_a_queue_that_does_not_exist_is_not_found(client, company):
    assert sign_in(client, company.desk_lead).get(reverse("desk:queue", args=["none"])).status_code == 404
