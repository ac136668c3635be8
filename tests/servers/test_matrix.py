"""The Matrix connector against a real Synapse: the conformance suite, and what is special about Matrix."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import pytest

from postroad.channels.conformance import eventually
from postroad.channels.protocol import OutgoingAttachment, SendFailed
from postroad.connectors.matrix import directory, rooms
from postroad.connectors.matrix.health import NOT_ADMINISTRATOR, NOT_REACHED
from postroad.connectors.matrix.receiving import WRONG_TOKEN
from postroad.messengers.conformance import Box, MessengerConformance, outgoing
from postroad.messengers.protocol import (
    CallbackRefused,
    MessengerFault,
    NoSuchRoom,
    RoomChange,
    RoomEventKind,
    RoomMessage,
    RoomSetting,
    RoomSpec,
)
from postroad.platform.ids import new_id
from tests.servers.matrix import BOT_ID, MatrixWorld, Web
from tests.servers.synapse import Receiver, Synapse


@pytest.fixture
def world(synapse: Synapse, rates: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MatrixWorld]:
    # Small pages, so that there are several.
    monkeypatch.setattr(directory, "PAGE", 15)
    monkeypatch.setattr(rooms, "PAGE", 12)
    monkeypatch.setattr(rooms, "OVERLAP", 3)
    world = MatrixWorld(synapse)
    world.make_bot_administrator()
    yield world
    synapse.receiver.answer = Receiver.ignore
    world.close()


class TestMatrixConformance(MessengerConformance):
    @pytest.mark.parametrize("fault", ["query", "empty", "garbage"])
    def test_a_callback_that_is_not_genuine_is_refused(self, world: MatrixWorld, fault: str) -> None:
        """The homeserver shows a token and signs nothing: what is late or comes again is what it held back for us."""
        super().test_a_callback_that_is_not_genuine_is_refused(world, fault)


@pytest.fixture
def box(world: MatrixWorld) -> Box:
    return Box([world.account])


@pytest.fixture
def people(world: MatrixWorld) -> list[str]:
    return [world.hire(name) for name in ("张伟", "王芳", "李娜")]


@pytest.fixture
def room_id(world: MatrixWorld, people: list[str]) -> str:
    spec = RoomSpec(key=new_id().hex, name="销售部", owner_id=people[0], member_ids=frozenset(people))
    return world.connector.make_room(world.account, spec)


@contextmanager
def hearing(world: MatrixWorld, box: Box) -> Iterator[Web]:
    """The web side is up; afterwards it is down, as after a crash: Synapse finds nobody there."""
    receiver, web = world.synapse.receiver, Web(world, box)
    receiver.answer = web
    receiver.stop()
    receiver.start()
    try:
        yield web
    finally:
        receiver.stop()


@pytest.fixture(autouse=True)
def _receiver_stays(synapse: Synapse) -> Iterator[None]:
    yield
    if not synapse.receiver.is_running:
        synapse.receiver.start()


def said_in(box: Box, room_id: str) -> list[str]:
    """What is heard of one room, in order, with everything that came twice."""
    heard = (one for one in box.taken if isinstance(one, RoomMessage))
    return [one.text for one in heard if one.room_id == room_id and not one.ours]


# --- coming in ----------------------------------------------------------------------------------------------


def test_what_people_say_is_heard_with_who_when_and_to_what(world, box, people, room_id):
    with hearing(world, box) as web:
        first = world.say(room_id, people[0], "请查收 <b>")
        second = world.say(room_id, people[1], "收到", reply_to=first)
        edit = {"m.new_content": {"msgtype": "m.text", "body": "收到了"}}
        relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": second}}
        third = world.synapse.say(people[1], room_id, "* 收到了", **edit, **relation)
        eventually(lambda: len(said_in(box, room_id)) == 3, "all three are heard")
    assert not web.refused
    heard = box.messages()
    assert (heard[first].sender_id, heard[first].sender_name) == (people[0], "张伟")
    assert heard[second].reply_to == first
    assert (heard[third].text, heard[third].replaces) == ("收到了", second)


def test_what_we_say_is_marked_as_ours(world, box, people, room_id):
    with hearing(world, box):
        sent = world.connector.send(world.account, room_id, outgoing(text="来自驿道"))
        world.say(room_id, people[0], "之后")
        eventually(lambda: said_in(box, room_id) == ["之后"], "what others say is heard")
    ours = [one for one in box.taken if isinstance(one, RoomMessage) and one.room_id == room_id and one.ours]
    assert [one.external_id for one in ours] == [sent.external_id]


def test_after_downtime_nothing_is_missing_nothing_double_and_all_in_order(world, box, people, room_id):
    with hearing(world, box):
        world.say(room_id, people[0], "一")
        eventually(lambda: said_in(box, room_id) == ["一"], "the first is heard")
    for text in ("二", "三", "四"):
        world.say(room_id, people[1], text)
    assert said_in(box, room_id) == ["一"]
    with hearing(world, box):
        world.say(room_id, people[0], "五")
        eventually(lambda: len(said_in(box, room_id)) >= 5, "what was said meanwhile is heard")
    assert said_in(box, room_id) == ["一", "二", "三", "四", "五"]


def test_a_database_that_is_down_loses_nothing(world, box, people, room_id):
    with hearing(world, box):
        box.down = True
        world.say(room_id, people[0], "其间")
        box.down = False
        eventually(lambda: said_in(box, room_id) == ["其间"], "it is sent again until it is taken")


def test_a_file_is_heard_as_it_was(world, box, people, room_id):
    content = b"\x00\xff%PDF" * 1000
    uri = world.synapse.upload(content, "application/pdf")
    with hearing(world, box):
        info = {"mimetype": "application/pdf", "size": len(content)}
        world.synapse.say(people[0], room_id, "报价单.pdf", msgtype="m.file", url=uri, info=info)
        gone = f"mxc://{uri.removeprefix('mxc://').partition('/')[0]}/nothing"
        world.synapse.say(people[0], room_id, "丢了.pdf", msgtype="m.file", url=gone)
        eventually(lambda: len(said_in(box, room_id)) == 2, "both are heard")
    with_file, without = box.messages().values()
    [file] = with_file.attachments
    assert (file.name, file.content_type, file.size) == ("报价单.pdf", "application/pdf", len(content))
    assert b"".join(file.content()) == content
    assert (with_file.text, without.attachments) == ("", ())
    assert "丢了.pdf" in without.text


def test_what_is_done_to_a_room_is_told(world, box, people, room_id):
    with hearing(world, box):
        message = world.say(room_id, people[1], "广告")
        world.connector.redact(world.account, room_id, message, reason="广告")
        world.rename_by_hand(room_id, "改名了", by=people[0])
        world.synapse.act(people[2], "POST", f"/rooms/{quote(room_id)}/leave", json={})
        eventually(
            lambda: (
                {one.kind for one in box.events(room_id)}
                >= {RoomEventKind.MESSAGE_REDACTED, RoomEventKind.RENAMED, RoomEventKind.LEFT}
            ),
            "all of it is told",
        )
    told = {one.kind: one for one in box.events(room_id)}
    assert told[RoomEventKind.MESSAGE_REDACTED].external_id == message
    assert told[RoomEventKind.RENAMED].by == people[0]
    assert (told[RoomEventKind.LEFT].by, told[RoomEventKind.LEFT].user_ids) == (people[2], (people[2],))
    assert message not in {one.external_id for one in world.connector.history(world.account, room_id, since=None)}


def test_an_encrypted_room_shows_that_something_was_said_and_takes_nothing_from_us(world, box, people, room_id):
    change = RoomChange(settings={RoomSetting.ENCRYPTED: True})
    world.connector.change_room(world.account, room_id, change)
    assert world.connector.read_room(world.account, room_id).settings[RoomSetting.ENCRYPTED] is True
    with hearing(world, box):
        path = f"/rooms/{quote(room_id)}/send/m.room.encrypted/1"
        world.synapse.act(people[0], "PUT", path, json={"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEn"})
        eventually(lambda: said_in(box, room_id) == ["[encrypted]"], "that something was said is heard")
    with pytest.raises(SendFailed) as failure:
        world.connector.send(world.account, room_id, outgoing())
    assert failure.value.permanent
    with pytest.raises(MessengerFault, match="cannot be switched off"):
        world.connector.change_room(world.account, room_id, RoomChange(settings={RoomSetting.ENCRYPTED: False}))


def test_a_homeserver_with_another_token_is_refused(world, box, people, room_id):
    web = Web(world, box)
    world.account = replace(world.account, secrets={**world.account.secrets, "hs_token": "another"})
    with pytest.raises(CallbackRefused):
        world.connector.read_callback(world.account, world.callback("您好"))
    world.synapse.receiver.answer = web
    health = world.connector.check(world.account)
    assert health.ok is False
    assert health.detail == NOT_REACHED
    assert web.refused == [WRONG_TOKEN] * len(web.refused)
    assert box.taken == []


# --- going out ----------------------------------------------------------------------------------------------


def test_an_answer_that_got_lost_does_not_make_us_say_it_twice(world, room_id):
    file = OutgoingAttachment("a.txt", "text/plain", 1, b"a")
    message = outgoing(attachments=(file,))
    world.gateway.lose_answer_to = "/send/m.room.message/"
    first = world.connector.send(world.account, room_id, message)
    assert [bool(said.files) for said in world.seen(room_id)] == [False, True]
    assert world.seen(room_id)[0].external_id == first.external_id


def test_a_message_is_said_once_even_when_the_homeserver_forgot_its_transactions(world, room_id):
    message = outgoing()
    first = world.connector.send(world.account, room_id, message)
    world.synapse.stop(kill=True)
    world.synapse.start()
    second = world.connector.send(world.account, room_id, message)
    assert first.external_id == second.external_id
    assert len(world.seen(room_id)) == 1


def test_speaking_in_a_group_made_by_hand_brings_us_into_it(world, people):
    room_id = world.make_by_hand("自建群", owner=people[0], members=people[:2])
    advertising = world.say(room_id, people[1], "广告")
    world.connector.redact(world.account, room_id, advertising, reason="广告")
    sent = world.connector.send(world.account, room_id, outgoing(text="来自驿道"))
    assert [one.external_id for one in world.seen(room_id)] == [sent.external_id]
    assert [one.text for one in world.connector.history(world.account, room_id, since=None)] == ["来自驿道"]
    assert world.connector.read_room(world.account, room_id).members == frozenset(people[:2])


def test_a_reply_names_what_it_answers(world, people, room_id):
    asked = world.say(room_id, people[1], "几点?")
    sent = world.connector.send(world.account, room_id, outgoing(text="三点", thread_ids=(f"{room_id}/{asked}",)))
    path = f"/rooms/{quote(room_id)}/event/{quote(sent.external_id)}"
    content = world.synapse.act(people[0], "GET", path)["content"]
    assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}


# --- rooms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["10", "11", "12"])
def test_a_group_made_by_hand_is_taken_over(world, box, people, version):
    room_id = world.synapse.room(people[0], members=people[1:], name="自建群", room_version=version)
    before = world.connector.read_room(world.account, room_id)
    assert (before.owner_id, before.creator_id) == (people[0], people[0])
    assert before.admin_ids == {people[0]}
    change = RoomChange(name="市场部", owner_id=people[1], settings={RoomSetting.POSTING_RESTRICTED: True})
    world.connector.change_room(world.account, room_id, change)
    after = world.connector.read_room(world.account, room_id)
    assert (after.name, after.owner_id, after.members) == ("市场部", people[1], frozenset(people))
    assert after.settings[RoomSetting.POSTING_RESTRICTED] is True
    # Who made the room keeps the power that Matrix gives for good, and that is not hidden.
    assert after.admin_ids == {people[0], people[1]}
    with hearing(world, box):
        world.say(room_id, people[1], "从现在起听得见")
        eventually(lambda: said_in(box, room_id) == ["从现在起听得见"], "it is heard")
    with pytest.raises(MessengerFault) as fault:
        world.connector.change_room(world.account, room_id, RoomChange(remove_ids=frozenset(people)))
    assert fault.value.permanent
    assert people[0] in str(fault.value)
    assert world.connector.read_room(world.account, room_id).members == {people[0]}


def test_a_former_owner_is_an_ordinary_member(world, people, room_id):
    world.connector.change_room(world.account, room_id, RoomChange(owner_id=people[1]))
    state = world.connector.read_room(world.account, room_id)
    assert state.owner_id == people[1]
    assert state.admin_ids == {people[1]}
    assert BOT_ID not in state.members


def test_an_owner_cannot_hand_out_power(world, people, room_id):
    path = f"/rooms/{quote(room_id)}/state/m.room.power_levels/"
    levels = world.synapse.act(people[0], "GET", path.rstrip("/"))
    levels["users"][people[1]] = 50
    with pytest.raises(AssertionError, match="M_FORBIDDEN"):
        world.synapse.act(people[0], "PUT", path, json=levels)


def test_somebody_unknown_does_not_hold_up_the_others(world, people, room_id):
    nobody, new = "@nobody:company.test", world.hire("周杰")
    with pytest.raises(MessengerFault) as fault:
        world.connector.change_room(world.account, room_id, RoomChange(add_ids=frozenset({nobody, new})))
    assert fault.value.permanent
    assert nobody in str(fault.value)
    assert new in world.connector.read_room(world.account, room_id).members


def test_what_two_people_say_to_each_other_and_spaces_are_no_groups(world, people):
    private = world.synapse.room(people[0], members=people[1:2], is_direct=True)
    space = world.synapse.room(people[0], members=people[1:], name="公司", creation_content={"type": "m.space"})
    nameless = world.synapse.room(people[0], members=people[1:])
    found = {one.id for one in world.connector.rooms(world.account, known=())}
    assert found & {private, space, nameless} == {nameless}
    with pytest.raises(NoSuchRoom):
        world.connector.read_room(world.account, private)


def test_a_room_that_was_closed_is_made_anew_under_its_key(world, people):
    spec = RoomSpec(key="sales/east 1", name="销售部", owner_id=people[0], member_ids=frozenset(people))
    first = world.connector.make_room(world.account, spec)
    world.connector.close_room(world.account, first)
    with pytest.raises(NoSuchRoom):
        world.connector.read_room(world.account, first)
    assert first not in {one.id for one in world.connector.rooms(world.account, known=(first,))}
    second = world.connector.make_room(world.account, spec)
    assert second != first
    assert world.connector.make_room(world.account, spec) == second


def test_an_answer_that_got_lost_does_not_make_a_second_room(world, people):
    spec = RoomSpec(key=new_id().hex, name="销售部", owner_id=people[0], member_ids=frozenset(people))
    world.gateway.lose_answer_to = "/createRoom"
    room_id = world.connector.make_room(world.account, spec)
    assert world.connector.make_room(world.account, spec) == room_id
    named = [one for one in world.connector.rooms(world.account, known=()) if one.members == frozenset(people)]
    assert [one.id for one in named] == [room_id]


def test_a_bot_that_is_no_administrator_is_named(world):
    path = f"/_synapse/admin/v2/users/{quote(BOT_ID)}"
    world.synapse.call("PUT", path, json={"admin": False})
    health = world.connector.check(world.account)
    assert health.ok is False
    assert health.detail == NOT_ADMINISTRATOR
    world.make_bot_administrator()
    assert world.connector.check(world.account).ok is True


def test_history_starts_where_it_is_asked_to(world, people, room_id):
    world.say(room_id, people[0], "早先")
    since = list(world.connector.history(world.account, room_id, since=None))[-1].sent_at
    second = world.say(room_id, people[1], "后来")
    found = list(world.connector.history(world.account, room_id, since=since))
    assert [one.text for one in found] == ["早先", "后来"]
    later = found[-1].sent_at
    assert [one.external_id for one in world.connector.history(world.account, room_id, since=later)] == [second]
    assert list(world.connector.history(world.account, room_id, since=later.replace(year=later.year + 1))) == []
