"""A call about something that is being worked on already goes on in that case, whoever called whom."""

from datetime import timedelta

import pytest
from django.urls import reverse

from postroad.conversations.models import Message
from postroad.desk import queries as desk
from postroad.desk.actions import close
from postroad.desk.models import Case
from postroad.desk.queries import Came
from postroad.desk.tests.factories import follow_on, mail, make_desk, promises_of
from postroad.desk.tests.tiers import ADDRESS, make_known_caller
from postroad.hotline import actions, queries
from postroad.hotline.tests.factories import MINUTE, MONDAY_TEN, TEST, answered, called, missed
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict, NotFound

pytestmark = pytest.mark.usefixtures("clock")

HOUR = timedelta(hours=1)


@pytest.fixture
def case(channel, company):
    """They wrote a mail an hour ago; nobody has answered it."""
    make_known_caller()
    return mail(make_desk(company), sender_address=ADDRESS, received_at=MONDAY_TEN - HOUR)


def hops_of(case):
    found = desk.journey(case, thread=desk.thread(case), merged=[])
    return [(hop.channel.kind, hop.came, hop.answered_at) for hop in found.hops]


def test_a_call_of_ours_about_a_mail_is_the_answer_that_was_promised(case, channel, company, client):
    call = called(channel, MONDAY_TEN)
    agent = sign_in(client, company.agent2)
    page = agent.get(call.get_absolute_url())
    assert [one.number for one in page.context["open_cases"]] == [case.number]
    answer = agent.post(reverse("hotline:file_call", args=[call.pk]), {"case": case.number})
    assert answer["Location"] == case.get_absolute_url()

    case.refresh_from_db()
    assert (case.state, case.assignee, case.first_replied_at) == ("open", company.agent2, call.answered_at)
    assert promises_of(case) == {"first_reply": "met", "answer": "running"}
    assert hops_of(case) == [
        ("mailbox", Came.FIRST, None),
        ("hotline", Came.OURS, call.answered_at),
    ]
    message = Message.objects.get(conversation__channel=channel)
    assert "拨打人" in message.text
    assert (message.sender_name, message.person) == (company.agent2.name, company.agent2), "it was we who called"
    page = agent.get(case.get_absolute_url()).content.decode()
    assert "去电 138****8000" in page
    assert "将与客户的通话归入工单" in page
    page = agent.get(call.get_absolute_url())
    assert page.context["open_cases"] == []
    assert "<dt>被叫方</dt>" in page.content.decode()


def test_the_newest_of_many_open_cases_are_offered_to_file_with(case, channel, company, client):
    many = [
        mail(case.channel, sender_address=ADDRESS, received_at=MONDAY_TEN - HOUR + n * MINUTE) for n in range(1, 22)
    ]
    page = sign_in(client, company.agent).get(called(channel, MONDAY_TEN).get_absolute_url())
    assert [one.number for one in page.context["open_cases"]] == [one.number for one in reversed(many)][:20]


def test_who_calls_about_their_mail_stays_one_case(case, channel, company):
    call = answered(channel, MONDAY_TEN)
    actions.file_call(call=call, number=case.number, person=company.agent)
    assert Case.objects.count() == 1
    assert hops_of(case) == [
        ("mailbox", Came.FIRST, None),
        ("hotline", Came.THEMSELVES, call.answered_at),
    ]
    follow_on(case, received_at=MONDAY_TEN + 5 * MINUTE)
    assert hops_of(case)[-1] == ("mailbox", Came.THEMSELVES, None)


def test_a_call_from_before_they_wrote_keeps_no_promise(channel, company):
    make_known_caller()
    call = answered(channel, MONDAY_TEN)
    case = mail(make_desk(company), sender_address=ADDRESS, received_at=MONDAY_TEN + HOUR)
    actions.file_call(call=call, number=case.number, person=company.agent)
    case.refresh_from_db()
    assert case.first_replied_at is None
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}


def test_only_a_spoken_call_goes_to_a_case_and_only_to_one(case, channel, company):
    for call in (
        called(channel, MONDAY_TEN, call="in-vain", spoken=False),
        missed(channel, MONDAY_TEN, call="missed"),
    ):
        assert queries.cases_to_file_with(call, reader=company.agent) == []
        with pytest.raises(Conflict):
            actions.file_call(call=call, number=case.number, person=company.agent)
    call = answered(channel, MONDAY_TEN + MINUTE, call="spoken", number="+8613700137000")
    with pytest.raises(NotFound):
        actions.file_call(call=call, number=case.number, person=company.agent)


def test_it_is_done_once_and_never_with_a_finished_case(case, channel, company):
    first, second = called(channel, MONDAY_TEN, call="one"), called(channel, MONDAY_TEN + MINUTE, call="two")
    actions.file_call(call=first, number=case.number, person=company.agent)
    with pytest.raises(Conflict):
        actions.file_call(call=first, number=case.number, person=company.agent)
    close(cases=[case], reason="told on the telephone", person=company.agent)
    with pytest.raises(NotFound):
        actions.file_call(call=second, number=case.number, person=company.agent)


def test_a_case_that_one_does_not_see_is_not_offered(channel, company, client):
    make_known_caller()
    hidden = mail(make_desk(company, "other", team=False), sender_address=ADDRESS, received_at=MONDAY_TEN - HOUR)
    call = called(channel, MONDAY_TEN)
    agent = sign_in(client, company.agent)
    assert agent.get(call.get_absolute_url()).context["open_cases"] == []
    assert agent.post(reverse("hotline:file_call", args=[call.pk]), {"case": hidden.number}).status_code == 404
    auditor = sign_in(client, company.auditor)
    assert auditor.post(reverse("hotline:file_call", args=[call.pk]), {"case": hidden.number}).status_code == 403


def test_a_call_of_ours_from_an_extension_of_nobody_is_still_ours(case, channel, company):
    for extension in channel.extensions.all():
        actions.remove_extension(extension=extension, actor=TEST)
    call = called(channel, MONDAY_TEN)
    assert call.agent is None
    actions.file_call(call=call, number=case.number, person=company.agent)
    assert hops_of(case)[-1][:2] == ("hotline", Came.OURS)


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 5000])
def test_a_number_that_is_none_is_no_case(case, channel, company, client, number):
    call = called(channel, MONDAY_TEN)
    agent = sign_in(client, company.agent)
    assert agent.post(reverse("hotline:file_call", args=[call.pk]), {"case": number}).status_code == 404
    assert case.links.count() == 1
