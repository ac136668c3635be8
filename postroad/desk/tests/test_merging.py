"""Two cases become one: nothing is lost and nobody waits longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postroad.clock.models import Deadline
from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import CaseState
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, promise_of, promises_of, reply
from postroad.platform.errors import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)


def merge(case, into, company):
    into = actions.merge(case=case, into=into, person=company.agent)
    case.refresh_from_db()
    return into


def test_everything_moves_and_one_number_leads_to_the_other(channel, company):
    case, into = mail(channel, subject="a"), mail(channel, subject="b")
    actions.add_note(case=case, text="note", person=company.agent)

    into = merge(case, into, company)

    assert (case.state, case.closed_reason, case.merged_into) == (CaseState.CLOSED, "merged", into)
    assert queries.messages_of(into).count() == 2
    assert into.notes.count() == 1
    assert queries.messages_of(case).count() == 0


def test_the_promises_of_the_merged_case_are_dropped_and_the_earlier_due_time_counts(channel, company):
    earlier = mail(channel, received_at=MONDAY_TEN - 2 * HOUR)
    later = mail(channel, received_at=MONDAY_TEN)
    due = promise_of(earlier, Promise.ANSWER).due_at

    into = merge(earlier, later, company)

    assert promises_of(earlier) == {"first_reply": "cancelled", "answer": "cancelled"}
    assert promise_of(into, Promise.ANSWER).due_at == due
    assert into.next_due_at == min(one.due_at for one in Deadline.objects.filter(subject_id=str(into.pk)))


def test_a_later_case_does_not_lengthen_the_earlier_one(channel, company):
    earlier = mail(channel, received_at=MONDAY_TEN - 2 * HOUR)
    due = promise_of(earlier, Promise.ANSWER).due_at
    into = merge(mail(channel), earlier, company)
    assert promise_of(into, Promise.ANSWER).due_at == due


def test_a_solved_case_that_takes_over_an_open_one_owes_its_answer(channel, company):
    into, case = mail(channel), mail(channel, received_at=MONDAY_TEN + HOUR)
    accept(reply(into, company.agent, after=After.SOLVED), MONDAY_TEN)
    due = promise_of(case, Promise.ANSWER).due_at

    into = merge(case, into, company)

    assert into.state == CaseState.OPEN
    answer = promise_of(into, Promise.ANSWER)
    assert (answer.state, answer.due_at) == ("running", due)
    # The first reply was given on the case that stays; it is not owed twice.
    assert promise_of(into, Promise.FIRST_REPLY).state == "met"


def test_what_was_waited_for_is_not_counted_when_the_answer_is_taken_over(channel, company, clock):
    into, case = mail(channel), mail(channel)
    accept(reply(into, company.agent, after=After.SOLVED), MONDAY_TEN)
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)
    clock.shift(49 * HOUR)
    case = follow_on(case, received_at=MONDAY_TEN + 49 * HOUR)
    promised = promise_of(case, Promise.ANSWER)

    answer = promise_of(merge(case, into, company), Promise.ANSWER)

    assert (answer.state, answer.due_at) == ("running", promised.due_at)
    assert answer.ladder == promised.ladder


def test_a_solved_case_that_takes_over_one_that_waits_for_the_customer_waits_too(channel, company, clock):
    into, case = mail(channel), mail(channel)
    accept(reply(into, company.agent, after=After.SOLVED), MONDAY_TEN)
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)
    clock.shift(49 * HOUR)

    into = merge(case, into, company)

    answer = promise_of(into, Promise.ANSWER)
    assert (into.state, answer.state, answer.amount - answer.used) == (CaseState.WAITING, "paused", 23 * HOUR)
    clock.shift(HOUR)
    follow_on(into, received_at=MONDAY_TEN + 50 * HOUR)
    assert promise_of(into, Promise.ANSWER).due_at == MONDAY_TEN + 73 * HOUR


def test_a_waiting_case_that_takes_over_an_open_one_is_worked_on_again(channel, company):
    into, case = mail(channel), mail(channel)
    accept(reply(into, company.agent), MONDAY_TEN)
    into = merge(case, into, company)
    assert (into.state, promises_of(into)["answer"]) == (CaseState.OPEN, "running")


def test_what_the_customer_writes_on_either_thread_reaches_the_case_that_stays(channel, company):
    case, into = mail(channel), mail(channel)
    thread = queries.messages_of(case).get().external_id
    into = merge(case, into, company)
    assert mail(channel, thread_ids=(thread,)) == into


def test_replies_in_both_threads_carry_marks_of_the_same_number(channel, company):
    case, into = mail(channel), mail(channel)
    reply(case, company.agent, after=After.OPEN)
    case.refresh_from_db()
    into = merge(case, into, company)
    first, second = [link.conversation for link in into.links.order_by("first_message_id")]
    reply(follow_on(into), company.agent, after=After.OPEN)
    marks = []
    for conversation in (first, second):
        conversation.refresh_from_db()
        marks.append(queries.token_for(into, conversation))
    assert len(set(marks)) == 2
    assert all(mark.startswith(f"PR-{into.number}") for mark in marks)


def test_a_case_cannot_be_merged_into_itself_or_twice(channel, company):
    case, into, third = mail(channel), mail(channel), mail(channel)
    with pytest.raises(Invalid):
        actions.merge(case=case, into=case, person=company.agent)
    merge(case, into, company)
    with pytest.raises(Conflict):
        actions.merge(case=case, into=third, person=company.agent)


def test_chains_of_merges_lead_to_the_last(channel, company):
    first, second, third = mail(channel), mail(channel), mail(channel)
    second = merge(first, second, company)
    third = merge(second, third, company)
    first.refresh_from_db()
    assert first.merged_into == third
    assert queries.messages_of(third).count() == 3
