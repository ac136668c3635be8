"""The demo's hotline: calls of the morning, then calls as they come."""

import pytest
import time_machine

from postroad.demo import telephone
from postroad.demo.company import make_company
from postroad.hotline.models import Call, CallBack
from postroad.org.models import Contact


@pytest.fixture
def demo(db, settings, tmp_path):
    settings.HOME = tmp_path
    assert make_company()


def test_calls_come_and_go_and_customers_are_known(demo, monkeypatch):
    seconds = [1000.0]
    monkeypatch.setattr(telephone, "monotonic", lambda: seconds[0])
    playing = telephone.Telephone(seed=7)
    with time_machine.travel("2026-05-18T02:00:00Z", tick=False) as clock:
        for _ in range(200):
            playing.play()
            seconds[0] += 4
            clock.shift(4)
    states = set(Call.objects.values_list("state", flat=True))
    assert {"answered", "missed"} <= states
    assert Call.objects.filter(external_id__startswith="morning").count() == 12
    assert CallBack.objects.exclude(outcome="").exists()
    known = Contact.objects.get(name="刘建国")
    assert known.organisation.key_account
