"""When the promises of a case are met, paused, dropped and handed over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from postroad.clock.actions import fire_due
from postroad.clock.models import Deadline
from postroad.desk import actions
from postroad.desk.actions import After
from postroad.desk.models import CaseState
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import (
    MONDAY_TEN,
    accept,
    follow_on,
    mail,
    make_desk,
    promise_of,
    promises_of,
    refuse,
    reply,
)
from postroad.platform.errors import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)


@pytest.fixture
def case(channel):
    return mail(channel)


def test_nothing_is_met_before_the_mail_server_has_taken_the_reply(case, company):
    reply(case, company.agent, after=After.SOLVED)
    case.refresh_from_db()
    assert case.state == CaseState.SOLVED
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}


def test_both_are_met_at_the_moment_the_server_took_an_answer_that_solves(case, company, clock):
    message = reply(case, company.agent, after=After.SOLVED)
    clock.shift(2 * HOUR)
    accept(message, MONDAY_TEN + HOUR)

    case.refresh_from_db()
    assert case.first_replied_at == MONDAY_TEN + HOUR
    assert [promise_of(case, one).finished_at for one in (Promise.FIRST_REPLY, Promise.ANSWER)] == [
        MONDAY_TEN + HOUR
    ] * 2
    assert case.due_at is None


def test_a_reply_that_waits_meets_the_first_and_pauses_the_second(case, company):
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)
    case.refresh_from_db()
    answer = promise_of(case, Promise.ANSWER)
    assert promises_of(case) == {"first_reply": "met", "answer": "paused"}
    assert (answer.paused_at, answer.used) == (MONDAY_TEN + HOUR, HOUR)
    assert case.due_at is None


def test_why_it_runs_again_is_said_in_the_companys_language_whatever_the_customers_browser_speaks(case, company):
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)
    with translation.override("en"):
        follow_on(case, received_at=MONDAY_TEN + 2 * HOUR)
    assert promise_of(case, Promise.ANSWER).events.get(what="resumed").reason == "客户来信"


def test_a_reply_that_keeps_the_case_open_leaves_the_answer_running(case, company):
    accept(reply(case, company.agent, after=After.OPEN), MONDAY_TEN + HOUR)
    assert promises_of(case) == {"first_reply": "met", "answer": "running"}


def test_a_late_reply_was_missed_and_stays_missed(case, company, clock):
    clock.shift(timedelta(hours=7))
    fire_due()
    accept(reply(case, company.agent, after=After.SOLVED), MONDAY_TEN + timedelta(hours=7))
    first = promise_of(case, Promise.FIRST_REPLY)
    assert (first.state, first.finished_at) == ("missed", MONDAY_TEN + timedelta(hours=7))
    assert promise_of(case, Promise.ANSWER).state == "met"


def test_a_missed_promise_that_is_still_owed_keeps_the_case_on_top(case, clock):
    due = case.next_due_at
    clock.shift(timedelta(hours=7))
    fire_due()
    case.refresh_from_db()
    assert case.next_due_at == due


def test_the_acknowledgement_of_a_machine_meets_nothing(channel, case):
    from postroad.channels.protocol import Recipient, RecipientRole
    from postroad.conversations.actions import say
    from postroad.platform.actors import Actor

    message = say(
        conversation=case.links.get().conversation,
        actor=Actor.system("desk"),
        person=None,
        text="We have it.",
        to=[Recipient(RecipientRole.TO, "", "kunde@customer.test")],
        automatic=True,
    )
    accept(message, MONDAY_TEN + HOUR)
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}


def test_solving_while_a_reply_is_on_its_way_waits_for_the_reply(case, company):
    message = reply(case, company.agent, after=After.OPEN)
    case.refresh_from_db()
    actions.solve(cases=[case], reason="", person=company.agent)
    assert promises_of(case)["answer"] == "running"
    accept(message, MONDAY_TEN + HOUR)
    assert promises_of(case) == {"first_reply": "met", "answer": "met"}


def test_solving_by_telephone_says_so_and_meets_both_now(case, company, clock):
    clock.shift(HOUR)
    actions.solve(cases=[case], reason="电话已答复", person=company.agent)
    first = promise_of(case, Promise.FIRST_REPLY)
    assert (first.state, first.finished_at) == ("met", MONDAY_TEN + HOUR)
    assert first.events.get(what="met").reason == "电话已答复"


def test_solving_what_nobody_answered_without_a_reason_is_refused(case, company):
    with pytest.raises(Invalid) as refused:
        actions.solve(cases=[case], reason=" ", person=company.agent)
    assert f"#{case.number}" in refused.value.fields["reason"]


def test_solving_twice_changes_nothing_the_second_time(case, company):
    for _ in range(2):
        actions.solve(cases=[case], reason="done", person=company.agent)
    assert Deadline.objects.get(kind=Promise.ANSWER).events.filter(what="met").count() == 1


@pytest.mark.parametrize("how", ["close", "spam"])
def test_what_needs_no_answer_is_dropped_with_its_reason(case, company, how):
    if how == "close":
        actions.close(cases=[case], reason="内部测试", person=company.agent)
    else:
        actions.mark_spam(cases=[case], person=company.agent)
    assert promises_of(case) == {"first_reply": "cancelled", "answer": "cancelled"}
    assert promise_of(case, Promise.ANSWER).events.get(what="cancelled").reason


def test_closing_needs_a_reason(case, company):
    with pytest.raises(Invalid):
        actions.close(cases=[case], reason="", person=company.agent)


def test_waiting_by_hand_pauses_and_working_on_resumes(case, company, clock):
    accept(reply(case, company.agent, after=After.OPEN), MONDAY_TEN)
    case = actions.wait(case=case, person=company.agent)
    assert promises_of(case)["answer"] == "paused"
    clock.shift(3 * HOUR)
    actions.reopen(case=case, reason="", person=company.agent)
    assert promise_of(case, Promise.ANSWER).due_at == MONDAY_TEN + timedelta(hours=27)


def test_only_a_case_in_work_can_wait_and_only_another_can_be_reopened(case, company):
    with pytest.raises(Conflict):
        actions.reopen(case=case, reason="", person=company.agent)
    actions.mark_spam(cases=[case], person=company.agent)
    with pytest.raises(Conflict):
        actions.wait(case=case, person=company.agent)


def test_reopening_a_solved_case_owes_an_answer_again(case, company, clock):
    actions.solve(cases=[case], reason="x", person=company.agent)
    clock.shift(HOUR)
    actions.reopen(case=case, reason="not quite", person=company.agent)
    answer = promise_of(case, Promise.ANSWER)
    assert (answer.state, answer.started_at) == ("running", MONDAY_TEN + HOUR)


def test_the_promises_follow_the_assignee(case, company):
    actions.assign(cases=[case], assignee=company.agent2, person=company.agent)
    assert set(Deadline.objects.values_list("responsible", flat=True)) == {company.agent2.pk}
    actions.assign(cases=[case], assignee=None, person=company.agent)
    assert set(Deadline.objects.values_list("responsible", flat=True)) == {None}


def test_who_was_faster_keeps_the_case(case, company):
    actions.take(case=case, person=company.agent)
    with pytest.raises(Conflict):
        actions.take(case=case, person=company.agent2)


def test_a_case_is_given_only_to_who_answers_cases(case, company):
    with pytest.raises(Invalid):
        actions.assign(cases=[case], assignee=company.stranger, person=company.agent)


def test_a_transfer_changes_neither_terms_nor_time_used(case, company, clock):
    other = make_desk(company, "sales", first_reply_minutes=5, answer_hours=1)
    before = list(Deadline.objects.order_by("id").values("amount", "due_at", "started_at", "calendar_version"))
    clock.shift(HOUR)
    actions.transfer(case=case, channel=other, assignee=company.agent2, reason="销售", person=company.agent)
    assert list(Deadline.objects.order_by("id").values("amount", "due_at", "started_at", "calendar_version")) == before


def test_trying_again_after_a_refusal_keeps_the_promise_when_it_works(case, company):
    message = reply(case, company.agent, after=After.SOLVED)
    refuse(message, MONDAY_TEN + HOUR)
    case.refresh_from_db()
    actions.retry(case=case, delivery=message.delivery, person=company.agent)
    accept(message, MONDAY_TEN + 2 * HOUR)
    case.refresh_from_db()
    assert (case.undelivered, promises_of(case)["first_reply"]) == (False, "met")


def test_quiet_cases_close_when_their_queue_says_and_not_before(case, company, clock):
    actions.solve(cases=[case], reason="x", person=company.agent)
    actions.change_queue(
        channel=case.channel,
        acknowledge=False,
        acknowledgement="",
        close_after_days=3,
        person=company.desk_lead,
    )
    clock.shift(timedelta(days=2, hours=23))
    assert actions.close_quiet() == 0
    clock.shift(timedelta(hours=2))
    assert actions.close_quiet() == 1
    case.refresh_from_db()
    assert (case.state, case.closed_reason) == (CaseState.CLOSED, "quiet")
