"""WeCom with the whole of Postroad: the stand-in calls our address over HTTP; people and groups come into the mirror."""

import time
import urllib.request
from urllib.parse import urlencode

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.protocol import TemporarilyUnavailable
from postroad.messengers import actions
from postroad.messengers.jobs import Job
from postroad.messengers.models import RefusedCallback
from postroad.messengers.protocol import RoomSpec
from postroad.platform.actors import Actor
from tests.standins.wecom import (
    AGENT,
    CALLBACK_KEY,
    CALLBACK_TOKEN,
    CORP,
    SECRET,
    WeComStandIn,
    contact_event,
    sealed_push,
)

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor.system("test")


@pytest.fixture
def stand_in(live_server):
    with WeComStandIn() as running:
        running.callback_url = f"{live_server.url}/messengers/wecom/callback/"
        yield running


@pytest.fixture
def messenger(stand_in):
    return actions.connect_messenger(
        key="wecom",
        name="企业微信",
        connector="wecom",
        settings={"corp_id": CORP, "agent_id": AGENT, "base_url": stand_in.url},
        secrets={"app_secret": SECRET, "callback_token": CALLBACK_TOKEN, "encoding_aes_key": CALLBACK_KEY},
        actor=ACTOR,
    )


def directory_readings():
    return ProcrastinateJob.objects.filter(task_name=Job.READ_DIRECTORY, status="todo").count()


def refusals():
    return dict(RefusedCallback.objects.values_list("reason", "count"))


def test_a_changed_contact_has_the_directory_read_again(stand_in, messenger):
    ProcrastinateJob.objects.all().delete()
    assert stand_in.push(contact_event("create_user", user_id="LiLei"))
    assert directory_readings() == 1
    assert refusals() == {}


def test_a_push_that_we_cannot_store_is_pushed_again(stand_in, messenger, monkeypatch):
    ProcrastinateJob.objects.all().delete()
    genuine, tries = actions.receive_callback, []

    def down_twice(**call):
        tries.append(call)
        if len(tries) < 3:
            raise TemporarilyUnavailable("down for the test")
        return genuine(**call)

    monkeypatch.setattr(actions, "receive_callback", down_twice)
    assert stand_in.push(contact_event("delete_user", user_id="LiLei"))
    assert len(tries) == 3
    assert directory_readings() == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"msg_signature": "0" * 40}, 403),
        ({"timestamp": str(int(time.time()) - 3600)}, 403),
        ({}, 400),
    ],
)
def test_a_forged_push_is_refused_counted_and_not_stored(stand_in, messenger, change, status):
    ProcrastinateJob.objects.all().delete()
    query, body = sealed_push(contact_event("create_user", user_id="LiLei"))
    url = f"{stand_in.callback_url}?{urlencode({**query, **change})}"
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(urllib.request.Request(url, data=body if change else b"no xml", method="POST"))
    refusal.value.close()
    assert refusal.value.code == status
    assert directory_readings() == 0
    assert sum(refusals().values()) == 1


def test_people_and_groups_come_into_the_mirror(stand_in, messenger):
    for number in range(5):
        stand_in.hire(f"User{number}", f"同事{number}")
    actions.read_directory_of(messenger=messenger)
    assert messenger.users.count() == 5
    spec = RoomSpec(key="sales", name="销售部群", owner_id="User0", member_ids=frozenset({"User0", "User1"}))
    room = actions.make_room(messenger=messenger, spec=spec, channel=None, actor=ACTOR)
    stand_in.chats[room.room_id].name = "改名了"
    stand_in.chats[room.room_id].members.append("User2")
    actions.read_rooms(messenger=messenger)
    room.refresh_from_db()
    assert room.name == "改名了"
    assert set(room.members.values_list("user_id", flat=True)) == {"User0", "User1", "User2"}
