"""A case from a call that was answered."""

import pytest
from django.urls import reverse

from postroad.clock.models import Deadline
from postroad.desk.models import Case
from postroad.hotline import actions
from postroad.hotline.tests.factories import MONDAY_TEN, answered, make_caller, missed
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.usefixtures("clock")


def test_who_answered_writes_down_what_was_asked(client, channel, company):
    contact = make_caller(company)
    call = answered(channel, MONDAY_TEN)
    agent = sign_in(client, company.agent)
    assert agent.get(call.get_absolute_url()).context["may_open"]
    answer = agent.post(reverse("hotline:open_case", args=[call.pk]), {"text": "要三台备件\n下周到"})
    case = Case.objects.get()
    assert answer["Location"] == case.get_absolute_url()
    assert (case.subject, case.contact, case.assignee, case.state) == ("要三台备件", contact, company.agent, "open")
    states = dict(Deadline.objects.values_list("kind", "state"))
    assert states == {"desk.call-back": "cancelled", "desk.answer-24h": "running"}
    page = agent.get(call.get_absolute_url())
    assert (page.context["case"].number, page.context["may_open"]) == (case.number, False)


def test_it_takes_words_and_is_done_once(channel, company):
    call = answered(channel, MONDAY_TEN)
    with pytest.raises(Invalid):
        actions.open_case(call=call, text=" ", person=company.agent)
    actions.open_case(call=call, text="备件", person=company.agent)
    with pytest.raises(Conflict):
        actions.open_case(call=call, text="备件", person=company.agent)
    assert Case.objects.count() == 1


def test_a_missed_call_has_its_case_already(client, channel, company):
    call = missed(channel, MONDAY_TEN)
    with pytest.raises(Conflict):
        actions.open_case(call=call, text="备件", person=company.agent)
    auditor = sign_in(client, company.auditor)
    assert auditor.post(reverse("hotline:open_case", args=[call.pk]), {"text": "x"}).status_code == 403
