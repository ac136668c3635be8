"""A case that becomes two."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import Case
from postroad.desk.permissions import sight_of
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, promise_of, promises_of, reply
from postroad.desk.tests.workplace.words import events
from postroad.platform.errors import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HOUR = timedelta(hours=1)


def split(case, company, place=1, subject="第二件事"):
    message = queries.messages_of(case)[place]
    return actions.split(case=case, message_id=message.pk, subject=subject, person=company.agent)


def test_the_part_becomes_a_case_with_promises_of_its_own_and_both_say_so(company, case):
    due = promise_of(case, Promise.ANSWER).due_at
    follow_on(case, text="另外还有一件事", received_at=MONDAY_TEN + HOUR)

    new = split(case, company)

    assert [queries.messages_of(one).count() for one in (case, new)] == [1, 1]
    assert promises_of(new) == {"first_reply": "running", "answer": "running"}
    assert promise_of(new, Promise.ANSWER).started_at == MONDAY_TEN + HOUR
    assert promise_of(case, Promise.ANSWER).due_at == due
    assert "desk.case.split" in events(case)
    assert "desk.case.split-off" in events(new)
    sight = sight_of(company.agent)
    assert [str(one.word) for one in queries.links_of(case, sight=sight)] == ["was split into"]
    assert [str(one.word) for one in queries.links_of(new, sight=sight)] == ["was split off from"]


def test_what_the_customer_writes_next_in_the_thread_belongs_to_the_new_case(channel, company, case):
    second = follow_on(case, external_id="second@customer.test")
    assert second == case
    new = split(case, company)
    assert mail(channel, thread_ids=("second@customer.test",)) == new


def test_the_case_that_was_split_is_answered_in_a_thread_of_its_own(channel, company, case):
    follow_on(case, external_id="second@customer.test")
    new = split(case, company)
    answer = reply(case, company.agent)
    accept(answer, MONDAY_TEN)
    assert case in {link.case for link in answer.conversation.case_links.all()}
    answer.conversation.refresh_from_db()
    assert mail(channel, subject_token=answer.conversation.subject_token) == case
    assert reply(new, company.agent).conversation_id != answer.conversation_id


def test_a_part_that_was_answered_already_owes_no_first_reply(company, case):
    follow_on(case, received_at=MONDAY_TEN + HOUR)
    accept(reply(case, company.agent, after=After.OPEN), MONDAY_TEN + HOUR)
    new = split(case, company)
    assert set(promises_of(new)) == {"answer"}
    assert new.first_replied_at is not None


def test_a_case_cannot_be_split_so_that_nothing_is_left_nor_without_a_word(company, case):
    with pytest.raises(Invalid):
        split(case, company, place=0)
    follow_on(case)
    with pytest.raises(Invalid):
        split(case, company, subject=" ")
    assert Case.objects.count() == 1


def test_a_message_of_another_case_cannot_be_split_off(channel, company, case):
    follow_on(case)
    other = queries.messages_of(mail(channel)).get()
    with pytest.raises(Conflict):
        actions.split(case=case, message_id=other.pk, subject="x", person=company.agent)


def test_a_whole_conversation_of_a_merged_case_goes_as_it_is(channel, company, case):
    second = mail(channel, subject="b")
    case = actions.merge(case=second, into=case, person=company.agent)
    new = split(case, company)
    assert queries.messages_of(new).count() == queries.messages_of(case).count() == 1
    reply(case, company.agent)
    reply(new, company.agent)
