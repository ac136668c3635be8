"""Postroad's own pages and jobs with a real Synapse: what is pushed to the callback page is stored, once."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.db import connections
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.channels.conformance import eventually
from postroad.conversations.models import Message
from postroad.messengers import actions, tasks
from postroad.messengers.jobs import Job
from postroad.messengers.models import Messenger, Room
from postroad.messengers.protocol import RoomSpec
from postroad.messengers.tests.factories import ACTOR, group_channel
from postroad.platform.ids import new_id
from tests.servers.matrix import BOT_ID, KEY, MatrixWorld
from tests.servers.synapse import Pushed, Receiver, Synapse

pytestmark = pytest.mark.django_db(transaction=True)


def _page(pushed: Pushed) -> tuple[int, bytes]:
    """What the installation's callback page answers."""
    given = {name: value for name, value in pushed.headers.items() if name.lower() == "authorization"}
    try:
        answer = Client().generic(
            pushed.method, pushed.path, pushed.body, content_type="application/json", headers=given
        )
        return answer.status_code, answer.content
    finally:
        connections.close_all()  # of this thread


@pytest.fixture
def world(synapse: Synapse) -> Iterator[MatrixWorld]:
    world = MatrixWorld(synapse)
    synapse.receiver.answer = _page
    world.make_bot_administrator()
    yield world
    synapse.receiver.answer = Receiver.ignore
    if not synapse.receiver.is_running:
        synapse.receiver.start()
    world.close()


@pytest.fixture
def messenger(world: MatrixWorld, company) -> Messenger:
    messenger = actions.connect_messenger(
        key=KEY,
        name="公司 Matrix",
        connector="matrix",
        settings={**world.account.settings, "staff_no_in_user_name": True},
        secrets=dict(world.account.secrets),
        actor=ACTOR,
    )
    for person in (company.owner, company.agent):
        world.hire(person.name, staff_no=person.staff_no.lower())
    actions.read_directory_of(messenger=messenger)
    return messenger


def user_id_of(person) -> str:
    return f"@{person.staff_no.lower()}:company.test"


def make_room(messenger: Messenger, company) -> Room:
    people = frozenset({user_id_of(company.owner), user_id_of(company.agent)})
    channel = group_channel(company)
    spec = RoomSpec(key=new_id().hex, name=channel.name, owner_id=user_id_of(company.owner), member_ids=people)
    return actions.make_room(messenger=messenger, spec=spec, channel=channel, actor=ACTOR)


def texts_in(room: Room) -> list[str]:
    return list(Message.objects.filter(channel=room.channel).order_by("id").values_list("text", flat=True))


def test_people_are_known_by_their_user_names(messenger, company):
    known = dict(messenger.users.exclude(person=None).values_list("person__staff_no", "user_id"))
    assert known[company.owner.staff_no] == user_id_of(company.owner)
    assert not messenger.users.filter(user_id=BOT_ID).exists()
    assert actions.check_messenger(messenger=messenger).ok is True


def test_what_is_said_is_stored_once_over_a_downtime(world, messenger, company):
    room = make_room(messenger, company)
    assert room.owner_user_id == user_id_of(company.owner)
    world.say(room.room_id, user_id_of(company.agent), "一")
    eventually(lambda: texts_in(room) == ["一"], "the first is stored")
    world.synapse.receiver.stop()
    world.say(room.room_id, user_id_of(company.agent), "二")
    world.say(room.room_id, user_id_of(company.owner), "三")
    world.synapse.receiver.start()
    eventually(lambda: len(texts_in(room)) >= 3, "what was said meanwhile is stored")
    assert texts_in(room) == ["一", "二", "三"]


def test_a_group_made_by_hand_is_heard_from_when_it_is_a_channel(world, messenger, company):
    people = [user_id_of(company.owner), user_id_of(company.agent)]
    room_id = world.make_by_hand("自建群", owner=people[0], members=people)
    actions.read_rooms(messenger=messenger)
    room = messenger.rooms.select_related("messenger", "channel").get(room_id=room_id)
    world.say(room_id, people[0], "还没登记")
    room = actions.register_room(room=room, channel=group_channel(company), actor=ACTOR)
    jobs = list(ProcrastinateJob.objects.filter(task_name=Job.ENTER_ROOM).values_list("args", flat=True))
    assert jobs == [{"messenger_id": str(messenger.pk), "room_id": room_id}]
    tasks.enter_room(**jobs[0])
    world.say(room_id, people[1], "登记以后")
    eventually(lambda: texts_in(room) == ["登记以后"], "what is said from then on is stored")


def test_a_transaction_that_comes_again_is_harmless(world, messenger, company):
    room, pushed = make_room(messenger, company), []

    def keep_and_refuse(one: Pushed) -> tuple[int, bytes]:
        """Stored, but the answer is lost: the homeserver sends it again."""
        answer = _page(one)
        if "广播" in one.body.decode() and len(pushed) < 2:
            pushed.append(one)
            return 502, b""
        return answer

    world.synapse.receiver.answer = keep_and_refuse
    world.say(room.room_id, user_id_of(company.owner), "广播")
    eventually(lambda: len(pushed) == 2, "it comes again")
    assert _page(pushed[0])[0] == 200
    assert texts_in(room) == ["广播"]


def test_a_rename_by_hand_marks_the_room_and_tells_who_did_it(world, messenger, company):
    room = make_room(messenger, company)
    world.rename_by_hand(room.room_id, "改名了", by=user_id_of(company.owner))

    def told() -> bool:
        """By whom it was done; Postroad's own naming is told before."""
        room.refresh_from_db()
        return room.told_changes.get("name", {}).get("by") == user_id_of(company.owner)

    eventually(told, "the change is told")
    actions.read_stale_rooms(messenger=messenger)
    room.refresh_from_db()
    assert room.name == "改名了"


def test_a_stranger_without_the_token_is_refused_and_counted(messenger):
    path = f"/messengers/{KEY}/callback/_matrix/app/v1/transactions/{quote('1')}"
    answer = Client().generic("PUT", path, b'{"events": []}', headers={"authorization": "Bearer guessed"})
    assert answer.status_code == 403
    assert messenger.refused_callbacks.get().count == 1
