"""A mail comes in: which case it opens or continues, and what is promised by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postroad.channels.models import Audience
from postroad.channels.protocol import AutoKind, FailedRecipient
from postroad.clock.models import Deadline
from postroad.conversations.actions import intake
from postroad.conversations.models import HandlerFailure
from postroad.conversations.tests.factories import incoming
from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import Case, CaseState, Queue
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
from postroad.ledger.queries import history_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)


def test_a_first_mail_opens_a_case_with_its_customer_and_number(channel):
    case = mail(channel, subject="发票问题")

    assert (case.state, case.subject, case.channel) == (CaseState.NEW, "发票问题", channel)
    assert case.number > 10_000
    assert case.contact.name == "客户"
    assert case.opened_at == MONDAY_TEN
    assert HandlerFailure.objects.count() == 0


def test_both_promises_start_when_the_mail_arrived_and_neither_hides_the_other(channel):
    case = mail(channel)

    first, answer = promise_of(case, Promise.FIRST_REPLY), promise_of(case, Promise.ANSWER)
    # Four working hours from ten, the lunch break not counted; twenty-four hours by the clock on the wall.
    assert (first.started_at, first.due_at) == (MONDAY_TEN, MONDAY_TEN + timedelta(hours=5, minutes=30))
    assert (answer.started_at, answer.due_at) == (MONDAY_TEN, MONDAY_TEN + timedelta(hours=24))
    assert case.next_due_at == first.due_at


def test_a_channel_that_promises_nothing_gives_no_promise(company):
    case = mail(make_desk(company, first_reply_minutes=None, answer_hours=None))

    assert promises_of(case) == {}
    assert case.due_at is None


def test_a_missing_calendar_costs_nobody_the_promise(company):
    case = mail(make_desk(company, calendar_key="gone"))

    assert promise_of(case, Promise.FIRST_REPLY).due_at == MONDAY_TEN + timedelta(hours=4)


def test_mail_to_an_internal_channel_is_none_of_the_desks(company):
    channel = make_desk(company, "announcements", audience=Audience.INTERNAL)

    intake([incoming(channel)])

    assert not Case.objects.exists()


@pytest.mark.parametrize("auto", [AutoKind.REPLY, AutoKind.BOUNCE, AutoKind.LIST])
def test_a_robots_mail_promises_nothing_but_can_be_seen(channel, auto):
    case = mail(channel, auto=auto, may_autorespond=False)

    assert case.automatic
    assert promises_of(case) == {}


def test_an_invitation_is_a_person_waiting(channel):
    case = mail(channel, auto=AutoKind.CALENDAR)

    assert not case.automatic
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}


def test_a_person_continuing_a_robots_case_is_promised_an_answer_from_then_on(channel):
    case = mail(channel, auto=AutoKind.LIST)

    case = follow_on(case, received_at=MONDAY_TEN + HOUR)

    assert not case.automatic
    assert promise_of(case, Promise.ANSWER).started_at == MONDAY_TEN + HOUR


def test_a_robots_case_found_to_be_a_question_runs_from_its_arrival(channel, company, clock):
    case = mail(channel, auto=AutoKind.LIST)
    clock.shift(HOUR)

    actions.adopt(case=case, person=company.agent)

    assert promise_of(case, Promise.ANSWER).started_at == MONDAY_TEN


def test_a_second_mail_in_the_thread_changes_no_promise(channel):
    case = mail(channel)

    again = follow_on(case, received_at=MONDAY_TEN + HOUR)

    assert again == case
    assert Case.objects.count() == 1
    assert Deadline.objects.count() == 2
    assert again.last_message_at == MONDAY_TEN + HOUR


def test_the_customers_answer_resumes_what_was_paused(channel, company):
    case = mail(channel)
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)
    assert promises_of(case) == {"first_reply": "met", "answer": "paused"}

    case = follow_on(case, received_at=MONDAY_TEN + 5 * HOUR)

    assert case.state == CaseState.OPEN
    answer = promise_of(case, Promise.ANSWER)
    assert (answer.state, answer.due_at) == ("running", MONDAY_TEN + 28 * HOUR)
    assert case.next_due_at == answer.due_at


def test_an_answer_to_a_solved_case_reopens_it_with_a_new_answer_promise(channel, company):
    case = mail(channel)
    accept(reply(case, company.agent, after=After.SOLVED), MONDAY_TEN + HOUR)

    case = follow_on(case, received_at=MONDAY_TEN + 3 * HOUR)

    assert (case.state, case.solved_at) == (CaseState.OPEN, None)
    answers = Deadline.objects.filter(kind=Promise.ANSWER).order_by("id").values_list("state", "started_at")
    assert list(answers) == [("met", MONDAY_TEN), ("running", MONDAY_TEN + 3 * HOUR)]


def test_an_absence_notice_neither_reopens_nor_promises(channel, company):
    case = mail(channel)
    accept(reply(case, company.agent, after=After.SOLVED), MONDAY_TEN + HOUR)

    case = follow_on(case, auto=AutoKind.REPLY, received_at=MONDAY_TEN + 2 * HOUR)

    assert case.state == CaseState.SOLVED
    assert queries.messages_of(case).count() == 3
    assert Deadline.objects.filter(state="running").count() == 0


def test_an_absence_notice_does_not_end_the_wait(channel, company):
    case = mail(channel)
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)

    case = follow_on(case, auto=AutoKind.REPLY, received_at=MONDAY_TEN + 2 * HOUR)

    assert case.state == CaseState.WAITING
    assert promises_of(case)["answer"] == "paused"


def test_a_bounce_of_our_reply_reopens_the_case_and_says_so_without_a_new_promise(channel, company):
    case = mail(channel)
    message = reply(case, company.agent, after=After.SOLVED)
    accept(message, MONDAY_TEN + HOUR)

    case = follow_on(
        case,
        auto=AutoKind.BOUNCE,
        bounce_of=f"{message.pk}@company.test",
        failed_recipients=(FailedRecipient("kunde@customer.test", permanent=True, status="5.1.1"),),
        received_at=MONDAY_TEN + 2 * HOUR,
    )

    assert (case.state, case.undelivered) == (CaseState.OPEN, True)
    assert promises_of(case) == {"first_reply": "met", "answer": "met"}
    assert history_of(case).filter(event="desk.case.undelivered").count() == 1


def test_a_bounce_of_a_reply_one_waits_on_lets_the_answer_run_again(channel, company, clock):
    case = mail(channel)
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)
    clock.shift(2 * HOUR)

    case = follow_on(case, auto=AutoKind.BOUNCE, received_at=MONDAY_TEN + 2 * HOUR)

    assert (case.state, case.undelivered) == (CaseState.OPEN, True)
    assert promises_of(case)["answer"] == "running"


def test_a_notice_that_delivery_is_delayed_changes_nothing(channel, company):
    case = mail(channel)
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)

    case = follow_on(
        case,
        auto=AutoKind.BOUNCE,
        failed_recipients=(FailedRecipient("kunde@customer.test", permanent=False, status="4.4.1"),),
    )

    assert (case.state, case.undelivered) == (CaseState.WAITING, False)


def test_an_answer_long_after_closing_opens_a_follow_up_with_its_own_promises(channel, company, clock):
    case = mail(channel)
    accept(reply(case, company.agent, after=After.SOLVED), MONDAY_TEN + HOUR)
    clock.shift(timedelta(days=15))
    assert actions.close_quiet() == 1

    later = follow_on(case, received_at=MONDAY_TEN + timedelta(days=20))

    case.refresh_from_db()
    assert case.state == CaseState.CLOSED
    assert (later.follow_up_of, later.state) == (case, CaseState.NEW)
    assert promises_of(later) == {"first_reply": "running", "answer": "running"}
    assert queries.messages_of(case).count() == 2
    assert queries.messages_of(later).count() == 1


def test_an_answer_soon_after_closing_reopens(channel, company, clock):
    case = mail(channel)
    actions.close(cases=[case], reason="by telephone", person=company.agent)
    clock.shift(timedelta(days=2))

    case = follow_on(case, received_at=MONDAY_TEN + timedelta(days=2))

    assert (case.state, case.closed_at, case.closed_reason) == (CaseState.OPEN, None, "")
    assert promises_of(case)["answer"] == "running"


def test_a_refused_reply_keeps_the_promises_running(channel, company):
    case = mail(channel)
    refuse(reply(case, company.agent, after=After.SOLVED), MONDAY_TEN + HOUR)

    case.refresh_from_db()
    assert (case.state, case.undelivered, case.solved_at) == (CaseState.OPEN, True, None)
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}


def test_new_cases_go_in_turn_to_who_has_most_room(channel, company):
    Queue.objects.create(channel=channel, routing=["least-busy"])
    channel.members.filter(person=company.agent2).update(capacity=2)
    channel.members.filter(person=company.agent).update(capacity=1)

    intake([incoming(channel) for _ in range(4)])

    taken = list(Case.objects.order_by("number").values_list("assignee", flat=True))
    assert sorted(taken, key=str) == sorted([company.agent.pk, company.agent2.pk, company.agent2.pk, None], key=str)
    assert Deadline.objects.filter(responsible=company.agent2).count() == 4


def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(channel, company, django_assert_num_queries):
    waiting = [mail(channel) for _ in range(12)]
    for case in waiting:
        accept(reply(case, company.agent), MONDAY_TEN + HOUR)

    def batch(size, cases):
        answers = [
            incoming(
                channel,
                thread_ids=(queries.messages_of(case).first().external_id,),
                received_at=MONDAY_TEN + 2 * HOUR,
            )
            for case in cases
        ]
        return [*answers, *(incoming(channel) for _ in range(size))]

    small, large = batch(2, waiting[:2]), batch(40, waiting[2:])
    counted = count_statements(lambda: intake(small))
    assert count_statements(lambda: intake(large)) == counted


def count_statements(do):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        do()
    return len(captured)
