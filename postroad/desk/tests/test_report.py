"""The figures for the board, and the promises behind them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from postroad.channels.models import Observability
from postroad.clock.actions import fire_due
from postroad.desk import actions, measures
from postroad.desk.actions import After
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import MONDAY_TEN, accept, mail, make_desk, reply
from postroad.org.tests.cast import sign_in
from postroad.platform.measures import Period, registered_measures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)
WEEK = Period(start=MONDAY_TEN - timedelta(days=1), end=MONDAY_TEN + timedelta(days=6))


@pytest.fixture
def outcomes(channel, company, clock):
    """Two kept, one missed, one dropped as spam, one from a robot, one still running."""
    for _ in range(2):
        accept(reply(mail(channel), company.agent, after=After.SOLVED), MONDAY_TEN + HOUR)
    late = mail(channel)
    actions.mark_spam(cases=[mail(channel)], person=company.agent)
    mail(channel, auto="list")
    mail(channel, received_at=MONDAY_TEN + timedelta(days=1))
    clock.shift(timedelta(hours=7))
    fire_due()
    accept(reply(late, company.agent, after=After.SOLVED), MONDAY_TEN + timedelta(hours=7))


def test_the_boards_figure_counts_what_was_decided_and_names_what_it_rests_on(channel, outcomes):
    measure = measures.first_reply_on_time(WEEK)
    assert measure.value == pytest.approx(200 / 3)
    assert (measure.sample_size, measure.exceptions, measure.unit) == (3, 1, "percent")
    assert measure.rests_on == {Observability.API}


def test_two_promises_two_figures(outcomes):
    assert measures.answered_on_time(WEEK).value == 100


def test_with_nothing_decided_there_is_no_figure(channel):
    measure = measures.first_reply_on_time(WEEK)
    assert (measure.value, measure.sample_size, measure.rests_on) == (None, 0, frozenset())


def test_a_channel_that_is_only_attested_says_so_in_the_figure(company):
    case = mail(make_desk(company, observability=Observability.ATTESTED))
    actions.solve(cases=[case], reason="telephone", person=company.agent)
    assert measures.first_reply_on_time(WEEK).rests_on == {Observability.ATTESTED}


def test_the_board_knows_both_controls():
    assert {"external.sla-mail", "external.response-24h"} <= registered_measures().keys()


def test_the_evidence_lists_exactly_what_falls_short(client, company, outcomes):
    page = sign_in(client, company.auditor).get(measures.first_reply_on_time(WEEK).evidence_url)
    assert [one.deadline.state for one in page.context["evidence"]] == ["missed"]


def test_the_evidence_states_what_was_left_out_and_why(client, company, outcomes):
    page = sign_in(client, company.auditor).get(
        measures.evidence_url(Promise.FIRST_REPLY, WEEK), {"promise": "first_reply"} | {"ended": "cancelled"}
    )
    assert page.status_code == 200
    url = measures.evidence_url(Promise.FIRST_REPLY, WEEK) + "&ended=cancelled"
    [dropped] = client.get(url).context["evidence"]
    assert dropped.reason


def test_who_may_not_see_the_case_sees_the_promise_but_not_what_it_is_about(client, company, outcomes):
    page = sign_in(client, company.executive).get(measures.evidence_url(Promise.FIRST_REPLY, WEEK))
    assert len(page.context["evidence"]) == 5
    assert all(one.case is None for one in page.context["evidence"])
    assert "Subject" not in page.content.decode()


@pytest.mark.parametrize("asked", [{}, {"promise": "no"}, {"since": "x", "until": "y"}, {"since": "2026-02-31T00:00"}])
def test_nonsense_in_the_address_is_no_error(client, company, channel, asked):
    assert sign_in(client, company.auditor).get(reverse("desk:promises"), asked).status_code == 200
