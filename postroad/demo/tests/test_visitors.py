"""The demo's visitors: they come, talk, are answered, and go."""

import pytest

from postroad.channels.models import Channel, State
from postroad.conversations.models import Direction, Message
from postroad.demo import visitors as demo
from postroad.demo.company import make_company
from postroad.demo.visitors import KEY, Visitors
from postroad.desk.models import Case

pytestmark = pytest.mark.django_db


def test_visitors_come_talk_and_are_answered(monkeypatch):
    assert make_company()
    channel = Channel.objects.get(key=KEY)
    assert channel.state == State.APPROVED
    Channel.objects.filter(key=KEY).update(state=State.LIVE, live_at=channel.state_changed_at)
    clock = iter(range(0, 100_000, 200))
    monkeypatch.setattr(demo, "monotonic", lambda: float(next(clock)))
    visitors = Visitors(seed=3)
    for _ in range(30):
        visitors.step()
    assert Case.objects.filter(channel=channel).count() >= 3
    said = Message.objects.filter(channel=channel)
    assert said.filter(direction=Direction.OUT, person__isnull=False).exists()
    assert channel.chat_settings.mailbox.key == "customer-service"
