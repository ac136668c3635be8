"""DingTalk with the whole of Postroad: a mention comes by the stream into the archive, a change into the mirror."""

import pytest

from postroad.channels.conformance import eventually
from postroad.channels.protocol import connector_of
from postroad.conversations.models import Message
from postroad.messengers import actions
from postroad.messengers.conformance import listening, outgoing
from postroad.messengers.inbox import DatabaseInbox
from postroad.messengers.protocol import RoomSpec, messenger_of
from postroad.messengers.tests.factories import group_channel
from postroad.platform.actors import Actor
from tests.standins.dingtalk import APP_KEY, APP_SECRET, TEMPLATE, DingTalkStandIn, robot_message
from tests.standins.dingtalk_stream import event_frame, robot_frame

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor.system("test")


@pytest.fixture
def stand_in():
    with DingTalkStandIn() as running:
        for number in range(3):
            running.hire(f"user{number}", f"同事{number}")
        yield running


@pytest.fixture
def messenger(stand_in):
    return actions.connect_messenger(
        key="dingtalk",
        name="钉钉",
        connector="dingtalk",
        settings={
            "app_key": APP_KEY,
            "template_id": TEMPLATE,
            "base_url": stand_in.url,
            "old_base_url": stand_in.url,
            "events": "stream",
        },
        secrets={"app_secret": APP_SECRET},
        actor=ACTOR,
    )


@pytest.fixture
def room(company, messenger):
    spec = RoomSpec(key="sales", name="销售部群", owner_id="user0", member_ids=frozenset({"user0", "user1"}))
    made = actions.make_room(messenger=messenger, spec=spec, channel=None, actor=ACTOR)
    return actions.register_room(room=made, channel=group_channel(company), actor=ACTOR)


def test_a_mention_is_kept_once_and_a_change_marks_the_room(stand_in, messenger, room):
    mention = robot_frame(robot_message("user1", "同事1", "请问几点？", room_id=room.room_id))
    again = {**mention, "headers": {**mention["headers"], "messageId": "again"}}
    frames = [stand_in.push(mention), stand_in.push(again)]
    stand_in.groups[room.room_id].name = "改名了"
    event = {"openConversationId": room.room_id, "operator": "user0", "title": "改名了"}
    frames.append(stand_in.push(event_frame("chat_update_title", event)))
    with listening(messenger_of("dingtalk"), DatabaseInbox("dingtalk")):
        eventually(lambda: all(one.answer for one in frames), "every frame is taken")
    [message] = Message.objects.all()
    assert message.text == "请问几点？"
    actions.read_stale_rooms(messenger=messenger)
    room.refresh_from_db()
    assert room.name == "改名了"
    assert room.told_changes["name"]["by"] == "user0"


def test_what_is_said_on_the_channel_is_said_in_the_group(stand_in, messenger, room):
    from postroad.channels.queries import endpoint_of

    endpoint = endpoint_of(room.channel)
    connector_of("dingtalk").send(endpoint, outgoing(text="收到"))
    assert [(one.where, one.content["content"]) for one in stand_in.said] == [(room.room_id, "收到")]
