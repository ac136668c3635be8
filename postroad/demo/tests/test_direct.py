"""The demo's presales desk in the messenger: a customer writes, a colleague answers, the customer has it."""

import pytest

from postroad.channels.models import Channel, State
from postroad.connectors.simulated import life
from postroad.connectors.simulated.connector import Simulated
from postroad.conversations.models import Message
from postroad.demo import direct
from postroad.demo.company import make_company, open_the_messenger
from postroad.demo.messenger import PLACE
from postroad.desk.models import Case, CaseState
from postroad.messengers.inbox import DatabaseInbox

pytestmark = pytest.mark.django_db


def test_customers_write_in_the_messenger_and_are_answered(monkeypatch):
    make_company()
    open_the_messenger()
    monkeypatch.setattr(direct, "LEFT_ALONE", 10**9)
    customers = direct.MessengerCustomers(seed=1)
    customers.step()
    assert Channel.objects.get(key=direct.KEY).state == State.LIVE
    for _ in range(3):
        customers.step()
        Simulated().read_once(DatabaseInbox("simulated"))
        if customers.talk:
            customers.talk.due = 0.0
    case = Case.objects.get()
    assert case.state == CaseState.WAITING
    assert [one.direction for one in Message.objects.order_by("pk")] == ["in", "out"]
    assert life.place_called(PLACE).groups.exclude(service_id="").count() == 1
