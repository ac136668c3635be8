"""Listening to DingTalk's stream: real WebSockets to the stand-in."""

import time
from uuid import UUID

import pytest

from postroad.channels.conformance import eventually
from postroad.connectors.dingtalk import stream
from postroad.connectors.dingtalk.connector import DingTalk
from postroad.connectors.dingtalk.tests.world import account_of
from postroad.messengers.conformance import Box, listening
from postroad.messengers.protocol import DirectoryEvent, RoomEvent, RoomEventKind
from tests.standins.dingtalk import robot_message
from tests.standins.dingtalk_stream import event_frame, robot_frame, system_frame

DINGTALK = DingTalk()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(stream, "LOOK_FOR_ACCOUNTS_SECONDS", 0.1)
    monkeypatch.setattr(stream, "SHORTEST_PAUSE", 0.05)
    monkeypatch.setattr(stream, "LONGEST_PAUSE", 0.2)


@pytest.fixture
def account(stand_in):
    return account_of(stand_in)


@pytest.fixture
def box(account):
    return Box([account])


def said(text, **changes):
    return robot_frame(robot_message("lilei", "李雷", text, room_id="cid1", **changes))


def test_events_and_mentions_come_in_and_are_acknowledged(stand_in, box):
    frames = [
        stand_in.push(said("你好")),
        stand_in.push(event_frame("chat_update_title", {"openConversationId": "cid1", "operator": "wangfang"})),
        stand_in.push(event_frame("user_add_org", {"userId": ["new"]})),
    ]
    with listening(DINGTALK, box):
        eventually(lambda: all(one.answer for one in frames), "every frame is acknowledged")
    assert box.texts() == ["你好"]
    assert [(one.kind, one.by) for one in box.events("cid1")] == [(RoomEventKind.RENAMED, "wangfang")]
    assert ("new",) in [one.user_ids for one in box.taken if isinstance(one, DirectoryEvent)]
    assert [one.answer["code"] for one in frames] == [200, 200, 200]
    assert [one.deliveries for one in frames] == [1, 1, 1]
    assert box.reports[box.accounts_now[0].messenger_id].ok is True


def test_what_cannot_be_committed_is_asked_for_again(stand_in, box):
    with listening(DINGTALK, box):
        eventually(lambda: stand_in.connections == 1 and bool(box.reports), "it listens")
        box.down = True
        message = stand_in.push(said("其间"))
        event = stand_in.push(event_frame("chat_quit", {"openConversationId": "cid1", "userId": ["a"]}))
        eventually(lambda: message.deliveries > 1 and event.deliveries > 1, "both are delivered again")
        assert box.texts() == []
        box.down = False
        eventually(lambda: box.texts() == ["其间"] and bool(box.events("cid1")), "both come in after the outage")
    eventually(lambda: message.answer is not None and message.answer["code"] == 200, "it is acknowledged at last")


def test_frames_twice_have_the_same_name(stand_in, box):
    frame = said("一次", message_id="m1")
    with listening(DINGTALK, box):
        pushed = [stand_in.push(frame), stand_in.push({**frame, "headers": {**frame["headers"], "messageId": "x"}})]
        eventually(lambda: all(one.answer for one in pushed), "both are acknowledged")
    assert list(box.messages()) == ["m1"]


def test_when_asked_to_it_comes_anew_with_a_fresh_ticket(stand_in, box):
    with listening(DINGTALK, box):
        eventually(lambda: stand_in.connections == 1, "it listens")
        stand_in.push(system_frame("disconnect", {"reason": "maintenance"}))
        eventually(lambda: stand_in.connections == 2, "it comes anew")
        stand_in.push(said("之后"))
        eventually(lambda: box.texts() == ["之后"], "it hears on")


def test_a_ping_of_the_application_is_echoed(stand_in, box):
    ping = stand_in.push(system_frame("ping", {"opaque": "0xff"}))
    with listening(DINGTALK, box):
        eventually(lambda: ping.answer is not None, "the ping is answered")
    assert ping.answer["data"] == ping.content["data"]


def test_it_survives_an_outage_and_hears_what_was_kept(stand_in, box):
    with listening(DINGTALK, box):
        stand_in.push(said("之前"))
        eventually(lambda: box.texts() == ["之前"], "the first comes in")
        stand_in.break_down()
        eventually(lambda: box.reports[box.accounts_now[0].messenger_id].ok is False, "the outage is reported")
        stand_in.push(said("其间"))
        stand_in.recover()
        eventually(lambda: box.texts() == ["之前", "其间"], "what was kept comes in")
        eventually(lambda: box.reports[box.accounts_now[0].messenger_id].ok is True, "its end is reported")


def test_a_fresh_start_reads_the_directory_anew(stand_in, box):
    with listening(DINGTALK, box):
        eventually(lambda: any(isinstance(one, DirectoryEvent) for one in box.taken), "the directory is read anew")


def test_nonsense_does_not_end_the_stream(stand_in, box):
    for frame in (
        {"type": "EVENT", "headers": {"messageId": "1", "eventType": "chat_quit"}, "data": "{}"},
        {"type": "EVENT", "headers": {"messageId": "2", "eventType": "chat_quit"}, "data": "no json"},
        {"type": "CALLBACK", "headers": {"messageId": "3", "topic": stream.ROBOT_MESSAGES}, "data": "[]"},
        {"type": "SOMETHING", "headers": {"messageId": "4"}, "data": None},
    ):
        stand_in.push(frame)
    stand_in.push(said("仍在"))
    with listening(DINGTALK, box):
        eventually(lambda: box.texts() == ["仍在"], "what makes sense comes in")
    assert stand_in.connections == 1
    assert not any(isinstance(one, RoomEvent) for one in box.taken)


def test_a_dead_account_holds_up_no_other_and_is_reported(stand_in, box):
    dead = account_of(stand_in, messenger_id=UUID(int=9), base_url="http://127.0.0.1:9")
    box.accounts_now.insert(0, dead)
    with listening(DINGTALK, box):
        stand_in.push(said("还在"))
        eventually(lambda: box.texts() == ["还在"], "the living account is heard")
        eventually(lambda: dead.messenger_id in box.reports, "the dead one is reported")
    assert box.reports[dead.messenger_id].ok is False


def test_accounts_come_and_go_and_some_want_no_stream(stand_in, box, account):
    box.accounts_now = [account_of(stand_in, events="http")]
    with listening(DINGTALK, box):
        stand_in.push(said("现在"))
        time.sleep(0.5)
        assert stand_in.connections == 0
        box.accounts_now = [account]
        eventually(lambda: box.texts() == ["现在"], "the new account is heard")
        box.accounts_now = []
        eventually(lambda: stand_in.listeners == 0, "the account that went is not listened to")


def test_an_endpoint_that_is_not_encrypted_is_refused(stand_in, box, monkeypatch):
    monkeypatch.setattr(type(stand_in), "_open_stream", lambda _self, _body: {"endpoint": "ws://x.test", "ticket": "t"})
    with listening(DINGTALK, box):
        eventually(lambda: bool(box.reports), "it is reported")
    assert "not encrypted" in box.reports[box.accounts_now[0].messenger_id].detail
