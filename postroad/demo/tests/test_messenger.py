"""The demo company's messenger: its people, its groups, and the life in it."""

import random

import pytest

from postroad.channels.models import Channel, State
from postroad.connectors.simulated import life
from postroad.connectors.simulated.connector import Simulated
from postroad.conversations.models import Message
from postroad.demo.chat import Chatter
from postroad.demo.company import make_company, open_the_messenger
from postroad.demo.messenger import GROUPS, PLACE, fill_place
from postroad.messengers import actions, queries
from postroad.messengers.inbox import DatabaseInbox
from postroad.messengers.models import Messenger
from postroad.platform.actors import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def messenger():
    make_company()
    assert open_the_messenger()
    return Messenger.objects.get()


def test_the_company_has_a_messenger_with_its_people_and_groups_and_a_stray(messenger):
    counts = queries.room_counts(messenger)
    assert (counts.registered, counts.stray) == (len(GROUPS), 1)
    assert queries.user_counts(messenger) == queries.UserCounts(matched=16, unmatched=1)
    for one in GROUPS:
        channel = Channel.objects.get(key=one.key)
        assert (channel.state, channel.room.name) == (State.LIVE, one.name)
    assert not open_the_messenger()
    assert life.place_called(PLACE).groups.count() == len(GROUPS) + 1


def test_a_company_tries_a_messenger_with_its_own_staff(company):
    everybody = len(company.everybody()) - 1
    assert [fill_place("trial") for _ in range(2)] == [everybody, everybody]
    settings = {"place": "trial"}
    messenger = actions.connect_messenger(
        key="trial", name="试验", connector="simulated", settings=settings, secrets={}, actor=Actor.system("test")
    )
    assert actions.read_directory_of(messenger=messenger).matched == everybody


def test_people_chat_come_go_rename_and_make_groups_of_their_own(messenger):
    chatter = Chatter(random.Random(7))
    expected = ("joins", "leaves", "is called", "group of their own")
    told: list[str] = []
    while len(told) < 300 or (len(told) < 3000 and not all(any(one in line for line in told) for one in expected)):
        told.append(chatter.step())
    Simulated().read_once(DatabaseInbox("simulated"))
    actions.read_stale_rooms(messenger=messenger)
    assert Message.objects.count() > 100
    assert not Message.objects.filter(channel__audience="customers").exists()
    for one in expected:
        assert any(one in line for line in told), one
    renamed = [room for room in messenger.rooms.filter(channel__isnull=False) if room.name != room.channel.name]
    assert renamed
    assert all(room.told_changes["name"]["by"] for room in renamed)
