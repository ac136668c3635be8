"""What follows from calls: cases, call backs, the history."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.utils import translation

from postroad.clock.models import Deadline
from postroad.conversations.models import Message
from postroad.desk import actions as desk
from postroad.desk.models import Case, CaseState
from postroad.hotline import actions
from postroad.hotline.models import Call, CallBack, CallEvent, State
from postroad.hotline.tests.factories import (
    MINUTE,
    MOBILE,
    MONDAY_TEN,
    SECOND,
    answered,
    call_back_of,
    called,
    event,
    make_caller,
    missed,
    take,
)
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.usefixtures("clock")
Outcome = CallBack.Outcome


def promise(case: Case | None = None) -> Deadline:
    return Deadline.objects.filter(kind="desk.call-back").latest("id")


def only_case() -> Case:
    [case] = Case.objects.all()
    return case


def test_a_missed_call_becomes_a_case_with_ten_minutes_to_call_back(channel, company):
    contact = make_caller(company)
    call = missed(channel, MONDAY_TEN)
    case = only_case()
    assert (call.state, call.call_back) == (State.MISSED, call_back_of(channel))
    assert (case.contact, case.organisation) == (contact, contact.organisation)
    assert promise().due_at == MONDAY_TEN + 10 * MINUTE
    assert case.next_due_at == MONDAY_TEN + 10 * MINUTE
    assert not Deadline.objects.filter(kind="desk.first-reply").exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_history_is_in_the_companys_language_whoever_tells_of_the_call(channel, language):
    with translation.override(language):
        missed(channel, MONDAY_TEN)
    message = Message.objects.get()
    assert (message.subject, message.text) == ("来自 138****8000 的未接来电", "响铃 30 秒。无人接听。")
    assert only_case().subject == message.subject


def test_no_number_stands_in_plain_anywhere(channel, company):
    missed(channel, MONDAY_TEN)
    message = Message.objects.get()
    said = " ".join([message.subject, message.text, message.sender_name, str(message.search)])
    assert "13800138000" not in said
    assert "138****8000" in message.subject
    assert "13800138000" not in str(Call.objects.get().caller.__dict__)


def test_calling_again_and_again_is_one_case_with_a_count(channel):
    for number in range(3):
        missed(channel, MONDAY_TEN + number * MINUTE, call=f"call-{number}")
    call_back = call_back_of(channel)
    assert (CallBack.objects.count(), call_back.missed, call_back.since) == (1, 3, MONDAY_TEN)
    assert only_case().links.get().conversation.message_count == 3
    assert promise().due_at == MONDAY_TEN + 10 * MINUTE


def test_voicemail_says_how_long_and_is_the_same_case(channel):
    take(
        channel,
        event("ringing", MONDAY_TEN - 20 * SECOND),
        event("voicemail", MONDAY_TEN, seconds=45),
        event("hungup", MONDAY_TEN + 45 * SECOND),
    )
    assert call_back_of(channel).voicemails == 1
    assert only_case().links.get().conversation.message_count == 2
    assert Call.objects.get().voicemail_seconds == 45


def test_an_answered_call_is_history_and_nobody_waits(channel, company):
    contact = make_caller(company)
    answered(channel, MONDAY_TEN)
    message = Message.objects.get()
    assert (message.contact, message.auto) == (contact, "record")
    assert not Case.objects.exists()
    assert not Deadline.objects.exists()


def test_one_word_calls_back_and_keeps_the_promise(channel, company, clock):
    missed(channel, MONDAY_TEN)
    clock.shift(timedelta(minutes=8))
    actions.call_back(call_back=call_back_of(channel), outcome=Outcome.REACHED, note="发备件", person=company.agent)
    case = only_case()
    assert promise().state == "met"
    assert (case.state, case.assignee, case.first_replied_at) == (
        CaseState.OPEN,
        company.agent,
        MONDAY_TEN + 8 * MINUTE,
    )
    assert case.notes.get().text == "发备件"
    answer = Deadline.objects.get(kind="desk.answer-24h")
    assert answer.state == "running"
    assert case.next_due_at == answer.due_at


def test_reached_and_settled_solves_the_case(channel, company):
    missed(channel, MONDAY_TEN)
    actions.call_back(call_back=call_back_of(channel), outcome=Outcome.SETTLED, note="", person=company.agent)
    assert only_case().state == CaseState.SOLVED
    assert {one.state for one in Deadline.objects.all()} == {"met"}


def test_not_reached_keeps_the_promise_and_stays_on_the_list(channel, company):
    missed(channel, MONDAY_TEN)
    call_back = call_back_of(channel)
    actions.call_back(call_back=call_back, outcome=Outcome.NOT_REACHED, note="", person=company.agent)
    call_back.refresh_from_db()
    assert (promise().state, call_back.tried, call_back.settled_at) == ("met", 1, None)
    assert only_case().state == CaseState.OPEN


def test_no_call_needed_drops_the_promise_and_must_say_why(channel, company):
    missed(channel, MONDAY_TEN)
    call_back = call_back_of(channel)
    with pytest.raises(Invalid):
        actions.call_back(call_back=call_back, outcome=Outcome.NOT_NEEDED, note=" ", person=company.agent)
    actions.call_back(call_back=call_back, outcome=Outcome.NOT_NEEDED, note="推销电话", person=company.agent)
    assert promise().state == "cancelled"
    assert only_case().state == CaseState.CLOSED
    with pytest.raises(Conflict):
        actions.call_back(call_back=call_back, outcome=Outcome.REACHED, note="", person=company.agent)


def test_an_outgoing_call_to_the_number_calls_back_by_itself(channel, company, clock):
    missed(channel, MONDAY_TEN)
    clock.shift(timedelta(minutes=20))
    called(channel, MONDAY_TEN + 6 * MINUTE)
    call_back, case = call_back_of(channel), only_case()
    assert (call_back.outcome, call_back.settled_by) == (Outcome.REACHED, company.agent2)
    assert promise().state == "met"
    assert case.assignee == company.agent2
    assert Call.objects.get(external_id="out-1").call_back == call_back


def test_an_outgoing_call_nobody_picks_up_is_an_attempt_once(channel):
    missed(channel, MONDAY_TEN)
    late = event("missed", MONDAY_TEN + 3 * MINUTE, call="out-1")
    called(channel, MONDAY_TEN + 2 * MINUTE, spoken=False)
    take(channel, late)
    call_back = call_back_of(channel)
    assert (call_back.tried, call_back.settled_at, promise().state) == (1, None, "met")


def test_an_outgoing_call_from_before_meets_nothing(channel):
    missed(channel, MONDAY_TEN)
    called(channel, MONDAY_TEN - 5 * MINUTE)
    assert (call_back_of(channel).settled_at, promise().state) == (None, "running")


def test_a_call_to_somebody_else_meets_nothing(channel):
    missed(channel, MONDAY_TEN)
    called(channel, MONDAY_TEN + MINUTE, number="+8613900139000")
    assert promise().state == "running"


def test_who_calls_again_and_is_answered_has_been_spoken_to(channel, company, clock):
    missed(channel, MONDAY_TEN)
    clock.shift(timedelta(minutes=10))
    answered(channel, MONDAY_TEN + 4 * MINUTE, call="call-2")
    call_back = call_back_of(channel)
    assert (call_back.outcome, promise().state) == (Outcome.CAME_THROUGH, "met")
    case = only_case()
    assert (case.state, case.assignee) == (CaseState.OPEN, company.agent)
    assert case.links.get().conversation.message_count == 2


def test_the_word_that_it_was_answered_comes_late(channel):
    missed(channel, MONDAY_TEN)
    take(channel, event("answered", MONDAY_TEN - 5 * SECOND))
    assert call_back_of(channel).outcome == Outcome.WAS_ANSWERED
    assert only_case().state == CaseState.SOLVED
    assert promise().state == "met"


def test_a_missed_call_told_after_they_were_spoken_to_is_settled_at_once(channel):
    answered(channel, MONDAY_TEN + 4 * MINUTE, call="call-2")
    missed(channel, MONDAY_TEN)
    assert call_back_of(channel).outcome == Outcome.CAME_THROUGH
    assert only_case().state == CaseState.SOLVED


def test_after_a_finished_case_a_missed_call_is_a_matter_of_its_own(channel, company):
    missed(channel, MONDAY_TEN)
    desk.solve(cases=[only_case()], reason="站内已解决", person=company.agent)
    missed(channel, MONDAY_TEN + MINUTE, call="call-2")
    first, second = CallBack.objects.order_by("id")
    assert (first.outcome, second.settled_at) == (Outcome.CASE_FINISHED, None)
    assert Case.objects.count() == 2


def test_the_tidying_takes_those_off_whose_case_is_finished(channel, company):
    missed(channel, MONDAY_TEN)
    assert actions.tidy() == 0
    desk.solve(cases=[only_case()], reason="站内已解决", person=company.agent)
    assert actions.tidy() == 1
    assert call_back_of(channel).outcome == Outcome.CASE_FINISHED


def test_a_withheld_number_opens_nothing(channel):
    missed(channel, MONDAY_TEN, number="")
    assert Call.objects.get().caller is None
    assert not Case.objects.exists()


def test_a_call_of_which_nothing_more_is_heard_is_missed_until_we_hear_more(channel, clock):
    call = take(channel, event("ringing", MONDAY_TEN))
    assert actions.conclude_lost(call_id=call.pk)
    call.refresh_from_db()
    assert call.state == State.MISSED
    assert not actions.conclude_lost(call_id=call.pk)
    take(channel, event("answered", MONDAY_TEN + SECOND))
    call.refresh_from_db()
    assert call.state == State.TALKING
    assert call_back_of(channel).outcome == Outcome.WAS_ANSWERED


def test_a_test_call_leads_to_nothing(channel):
    take(channel, event("ringing", MONDAY_TEN), event("missed", MONDAY_TEN + SECOND), source=CallEvent.Source.TEST)
    assert Call.objects.get().test
    assert not Case.objects.exists()


STORY = (
    lambda: event("ringing", MONDAY_TEN, id="a", call="first"),
    lambda: event("hungup", MONDAY_TEN + 20 * SECOND, id="b", call="first"),
    lambda: event("ringing", MONDAY_TEN + 5 * MINUTE, id="c", call="second", direction="out", extension="6002"),
    lambda: event("answered", MONDAY_TEN + 5 * MINUTE + SECOND, id="d", call="second", extension="6002"),
)


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_whatever_the_order_the_caller_was_called_back_in_time(channel, clock, order):
    clock.shift(timedelta(minutes=6))
    for place in order:
        take(channel, STORY[place]())
        take(channel, STORY[place]())
    assert call_back_of(channel).settled_at is not None
    assert promise().state == "met"
    assert CallEvent.objects.count() == 4
    assert Case.objects.count() == 1
    assert {call.caller.masked for call in Call.objects.select_related("caller")} == {"138****8000"}
    assert MOBILE.endswith("8000")
