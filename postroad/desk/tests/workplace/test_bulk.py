"""Many cases at once: an honest result for each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postroad.desk import queries
from postroad.desk.actions import After
from postroad.desk.models import Case, CaseState, Note
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import MONDAY_TEN, accept, mail, make_desk, promise_of, reply
from postroad.desk.tests.workplace.words import make_macro, make_tag, steps_of_every_kind
from postroad.org.tests.cast import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HOUR = timedelta(hours=1)


def in_bulk(client, cases, **given):
    given = {"case": [case.number for case in cases], "back": "view=all"} | given
    return client.post(reverse("desk:bulk"), given, follow=True)


def outcome_of(response):
    return [str(message) for message in response.context["messages"]]


def test_the_result_says_how_many_were_done_and_why_others_were_not(agent, company, channel):
    fine = [mail(channel) for _ in range(3)]
    unanswered = mail(channel)
    for one in fine:
        accept(reply(one, company.agent, after=After.OPEN), MONDAY_TEN)
    elsewhere = mail(make_desk(company, "sales", team=False))

    response = in_bulk(agent, [*fine, unanswered, elsewhere], do="solve")

    [said] = outcome_of(response)
    assert said.startswith("3 cases done. 2 not:")
    assert f"#{unanswered.number}: Nobody has replied yet" in said
    assert f"#{elsewhere.number}: It is not there, or not yours to see." in said
    assert Case.objects.filter(state=CaseState.SOLVED).count() == 3


@pytest.mark.parametrize(
    "given",
    [
        {"do": "priority", "priority": "urgent"},
        {"do": "tag", "tag": "退款"},
        {"do": "state", "state": "waiting"},
        {"do": "state", "state": "closed", "reason": "重复"},
        {"do": "solve", "reason": "电话"},
        {"do": "merge"},
        {"do": "assign"},
    ],
    ids=lambda given: f"{given['do']}-{given.get('state', '')}",
)
def test_the_number_of_statements_does_not_grow_with_the_number_of_cases(client, company, channel, given):
    make_tag(company, "退款")
    agent = sign_in(client, company.agent)
    if given["do"] == "assign":
        given = given | {"assignee": company.agent2.pk}

    def statements(count):
        cases = [mail(channel) for _ in range(count)]
        numbers = [case.number for case in cases]
        with CaptureQueriesContext(connection) as captured:
            agent.post(reverse("desk:bulk"), {"case": numbers, "back": "", **given})
        return len(captured), Case.objects.filter(number__in=numbers)

    statements(2)
    few, changed = statements(2)
    many, changed = statements(12)
    assert many == few
    assert not changed.filter(state="new", priority="normal", tag_ids=[], assignee=None).exists() or (
        given["do"] == "merge" and changed.filter(merged_into__isnull=False).count() == 11
    )


def test_a_macro_in_bulk_is_shown_first_and_costs_the_same_for_many(client, company, channel):
    made = make_macro(company, *steps_of_every_kind(company))
    agent = sign_in(client, company.agent)

    def statements(count):
        cases = [mail(channel) for _ in range(count)]
        given = {"do": "macro", "macro": made.pk}
        shown = in_bulk(agent, cases, **given)
        assert b"desk:bulk" not in shown.content
        assert not Note.objects.filter(case__in=cases).exists()
        with CaptureQueriesContext(connection) as captured:
            agent.post(reverse("desk:bulk"), given | {"confirmed": "1", "case": [case.number for case in cases]})
        assert Note.objects.filter(case__in=cases).count() == count
        return len(captured)

    statements(2)
    assert statements(2) == statements(9)


def test_several_become_one_and_nobody_waits_longer(agent, company, channel):
    first = mail(channel, subject="1", received_at=MONDAY_TEN - HOUR)
    second = mail(channel, subject="2", received_at=MONDAY_TEN - 3 * HOUR)
    third = mail(channel, subject="3")
    due = promise_of(second, Promise.ANSWER).due_at
    in_bulk(agent, [third, second, first], do="merge")
    second.refresh_from_db()
    assert second.merged_into == first
    assert promise_of(first, Promise.ANSWER).due_at == due
    assert queries.messages_of(first).count() == 3


def test_too_many_at_once_are_refused_in_words(agent, case):
    response = agent.post(reverse("desk:bulk"), {"do": "spam", "case": list(range(1, 400)), "back": ""}, follow=True)
    assert "At most" in outcome_of(response)[0]
