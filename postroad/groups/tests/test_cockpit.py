"""A channel's page as its owner's cockpit: what differs, what is due, what went wrong, and how it stands."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postroad.channels.events import Event as ChannelEvent
from postroad.connectors.simulated import life
from postroad.groups.tests.factories import applied, group_of, room_of
from postroad.ledger.actions import record
from postroad.messengers import actions as messengers
from postroad.messengers.tests.factories import place_of
from postroad.org.tests.cast import sign_in
from postroad.platform.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system("test")


@pytest.fixture
def channel(messenger, template, company):
    applied(messenger)
    return group_of(company.sales).channel


def page(client, channel):
    return client.get(channel.get_absolute_url()).content.decode()


def rename(messenger, channel, name):
    room = room_of(channel)
    group = place_of(messenger).groups.get(room_id=room.room_id)
    life.rename(group, name, by="somebody")
    messengers.refresh_room(room=room)


def test_a_group_in_order_says_so_in_every_panel(client, company, channel):
    sign_in(client, company.department_head)
    shown = page(client, channel)
    for words in ("未关闭的差异", "该群与声明一致", "待办事项", "对照标准", "故障", "最近 90 天没有出过问题"):
        assert words in shown, words


def test_what_differs_stands_on_the_page_with_both_sides(client, company, messenger, channel):
    rename(messenger, channel, "吃瓜群")
    sign_in(client, company.department_head)
    shown = page(client, channel)
    assert "吃瓜群" in shown
    assert "该群与声明一致" not in shown


def test_an_incident_is_shown_from_when_until_when(client, company, channel):
    record(ChannelEvent.HEALTH_FAILED, actor=SYSTEM, subject=channel, data={"detail": "no answer"})
    sign_in(client, company.department_head)
    assert "尚未结束" in page(client, channel)
    record(ChannelEvent.HEALTH_RECOVERED, actor=SYSTEM, subject=channel)
    shown = page(client, channel)
    assert "no answer" in shown
    assert "尚未结束" not in shown


def test_who_does_not_keep_the_group_sees_nothing_of_it(client, company, channel):
    sign_in(client, company.stranger)
    assert "未关闭的差异" not in page(client, channel)


def test_the_page_asks_the_same_however_much_differs(client, company, messenger, channel):
    sign_in(client, company.department_head)
    page(client, channel)
    with CaptureQueriesContext(connection) as before:
        page(client, channel)
    rename(messenger, channel, "吃瓜群")
    with CaptureQueriesContext(connection) as after:
        page(client, channel)
    assert len(after) <= len(before) + 1
