"""Real SIP calls, told to the hotline by a bridge: answered, given up, called back."""

import pytest
from django.urls import reverse

from postroad.clock.models import Deadline
from postroad.conversations.models import Message
from postroad.desk.models import Case
from postroad.hotline import actions
from postroad.hotline.models import Call, CallBack, CallEvent
from postroad.hotline.tests.factories import TEST, make_caller, make_hotline
from tests.servers.telephone import dial, missing, running_bridge

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

HOTLINE, CUSTOMER = "4006000000", "13800138000"


@pytest.fixture
def channel(company):
    return make_hotline(company)


@pytest.fixture
def secret(channel):
    return actions.change_secret(channel=channel, at_once=False, actor=TEST)


@pytest.fixture
def address(live_server, channel):
    return live_server.url + reverse("hotline:events", args=[channel.key])


def test_a_call_that_is_answered_becomes_history(company, address, secret):
    contact = make_caller(company)
    with running_bridge(address, secret) as bridge:
        dial(bridge, "answered", caller=CUSTOMER, called=HOTLINE)
    call = Call.objects.get()
    assert (call.state, call.agent, call.caller.contact) == ("answered", company.agent, contact)
    assert [one.type for one in call.events.order_by("sequence")] == ["ringing", "answered", "hungup"]
    assert sum(answer["known"] for answer in bridge.answers_of_hotline) == 3
    assert Message.objects.get().contact == contact
    assert not Case.objects.exists()


def test_who_gives_up_is_called_back_by_a_call_to_the_number(company, channel, address, secret):
    with running_bridge(address, secret, answers=False) as bridge:
        dial(bridge, "given_up", caller=CUSTOMER, called=HOTLINE)
        dial(bridge, "given_up", caller=CUSTOMER, called=HOTLINE)
    promise = Deadline.objects.get(kind="desk.call-back")
    assert (CallBack.objects.get().missed, promise.state, Case.objects.count()) == (2, "running", 1)
    with running_bridge(address, secret) as bridge:
        dial(bridge, "answered", caller="6002", called=CUSTOMER)
    promise.refresh_from_db()
    assert (promise.state, CallBack.objects.get().outcome) == ("met", "reached")
    assert Case.objects.get().assignee == company.agent2


def test_many_calls_at_once_are_each_told_once(address, secret):
    with running_bridge(address, secret) as bridge:
        dial(bridge, "answered", caller=CUSTOMER, called=HOTLINE, calls=8)
    assert Call.objects.filter(state="answered").count() == 8
    assert CallEvent.objects.count() == 24
