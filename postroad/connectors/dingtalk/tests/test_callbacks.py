"""What DingTalk pushes to us, and what only claims to be from DingTalk."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.connectors.dingtalk.callbacks import robot_signature
from postroad.connectors.dingtalk.connector import DingTalk
from postroad.connectors.dingtalk.tests.world import account_of, callback
from postroad.messengers.protocol import CallbackRefused, DirectoryEvent, RoomEventKind
from tests.standins.dingtalk import APP_SECRET, CALLBACKS, DingTalkStandIn, robot_message, sealed_event

DINGTALK = DingTalk()
ACCOUNT = account_of(DingTalkStandIn(), events="http", base_url="", old_base_url="")


def robot_call(said=None, *, timestamp=None, **changes):
    timestamp = timestamp or str(int(time.time() * 1000))
    content = json.dumps(said or robot_message("lilei", "李雷", "你好", room_id="cid1", message_id="m1")).encode()
    headers = {"Timestamp": timestamp, "Sign": robot_signature(APP_SECRET, timestamp)}
    return replace(callback({}, content, headers=headers, path="robot"), **changes)


@pytest.mark.parametrize(
    ("secret", "timestamp", "signature"),
    [
        ("this is a secret", "1577262236757", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
        ("SEC000000", "1700000000000", "A+KC3I4p0mgxsFnN5H+cnrVpt7UWSBbevMlmsBlxam4="),
    ],
)
def test_the_robots_signature_is_as_documented(secret, timestamp, signature):
    assert robot_signature(secret, timestamp) == signature


def test_the_answer_to_an_event_is_the_sealed_word_success():
    reply = DINGTALK.read_callback(ACCOUNT, callback(*sealed_event("check_url", {})))
    body = json.loads(reply.body)
    assert set(body) == {"msg_signature", "timeStamp", "nonce", "encrypt"}
    plain = CALLBACKS.open(
        signature=body["msg_signature"], timestamp=body["timeStamp"], nonce=body["nonce"], encrypted=body["encrypt"]
    )
    assert plain == b"success"
    assert reply.happenings == ()


def test_changed_contacts_and_groups_say_what_to_read_again():
    [contacts] = DINGTALK.read_callback(
        ACCOUNT, callback(*sealed_event("user_leave_org", {"userId": ["a", "b"]}))
    ).happenings
    assert isinstance(contacts, DirectoryEvent)
    assert contacts.user_ids == ("a", "b")
    event = {"openConversationId": "cid1", "chatId": "chat1", "operator": "wangfang", "userId": ["lilei"]}
    [group] = DINGTALK.read_callback(ACCOUNT, callback(*sealed_event("chat_quit", event))).happenings
    assert (group.kind, group.room_id, group.by, group.user_ids) == (RoomEventKind.LEFT, "cid1", "wangfang", ("lilei",))
    assert group.external_id


def test_times_may_come_in_milliseconds():
    query, body = sealed_event("check_url", {}, at=time.time())
    milliseconds = query["timestamp"] + "123"
    encrypted = json.loads(body)["encrypt"]
    signature = CALLBACKS._signature(milliseconds, query["nonce"], encrypted)
    push = callback({"signature": signature, "timestamp": milliseconds, "nonce": query["nonce"]}, body)
    assert DINGTALK.read_callback(ACCOUNT, push).status == 200


def test_a_mention_of_the_robot_is_a_message():
    [said] = DINGTALK.read_callback(ACCOUNT, robot_call()).happenings
    assert (said.room_id, said.sender_id, said.sender_name, said.text) == ("cid1", "lilei", "李雷", "你好")
    assert said.external_id == "m1"
    assert not said.direct
    [alone] = DINGTALK.read_callback(ACCOUNT, robot_call(robot_message("lilei", "李雷", "在吗"))).happenings
    assert (alone.direct, alone.room_id) == (True, "direct:lilei")


QUERY, BODY = sealed_event("user_add_org", {"userId": ["a"]})
LATER = datetime.now(tz=UTC) + timedelta(minutes=6)
EARLIER = datetime.now(tz=UTC) - timedelta(minutes=6)


@pytest.mark.parametrize(
    ("push", "reason"),
    [
        pytest.param(callback({**QUERY, "msg_signature": "0" * 40}, BODY), "signature", id="wrong signature"),
        pytest.param(callback({}, BODY), "signature", id="no parameters"),
        pytest.param(callback(QUERY, BODY, received_at=LATER), "long ago", id="replayed"),
        pytest.param(callback(QUERY, BODY, received_at=EARLIER), "future", id="future"),
        pytest.param(callback(QUERY, b"x" * (256 * 1024 + 1)), "large", id="oversized"),
        pytest.param(callback(QUERY, b"<xml/>"), "JSON", id="XML"),
        pytest.param(callback(QUERY, b"[" * 100_000), "JSON", id="deep"),
        pytest.param(callback(QUERY, b"[]"), "JSON", id="a list"),
        pytest.param(callback(QUERY, b"{}"), "signature", id="nothing inside"),
        pytest.param(callback(QUERY), "JSON", id="no body"),
        pytest.param(callback(*sealed_event("chat_quit", {})), "lacks", id="no group"),
        pytest.param(
            callback(*sealed_event("chat_quit", {"openConversationId": "c", "timeStamp": "x"})), "lacks", id="no time"
        ),
        pytest.param(robot_call(headers={}), "signature", id="robot: no signature"),
        pytest.param(robot_call(received_at=LATER), "long ago", id="robot: replayed"),
        pytest.param(robot_call(received_at=EARLIER), "future", id="robot: future"),
        pytest.param(robot_call(body=b"no json"), "JSON", id="robot: no JSON"),
        pytest.param(robot_call({"msgId": "1"}), "lacks", id="robot: half"),
    ],
)
def test_what_is_not_from_dingtalk_is_refused(push, reason):
    with pytest.raises(CallbackRefused, match=reason):
        DINGTALK.read_callback(ACCOUNT, push)


def test_without_token_and_key_every_event_is_refused():
    with pytest.raises(CallbackRefused, match="not set up"):
        DINGTALK.read_callback(replace(ACCOUNT, secrets={"app_secret": "x"}), callback(QUERY, BODY))


# --- settings ---


def test_good_settings_pass_and_missing_ones_are_named():
    assert DINGTALK.validate(ACCOUNT) == {}
    bare = replace(ACCOUNT, settings={"events": "http"}, secrets={})
    assert set(DINGTALK.validate(bare)) == {"app_key", "app_secret", "callback_token", "encoding_aes_key"}
    streamed = replace(ACCOUNT, settings={**ACCOUNT.settings, "events": "stream"}, secrets={"app_secret": "x"})
    assert DINGTALK.validate(streamed) == {}


@pytest.mark.parametrize("name", ["base_url", "old_base_url"])
def test_secrets_go_nowhere_unencrypted(name):
    unsafe = replace(ACCOUNT, settings={**ACCOUNT.settings, name: "http://api.dingtalk.com"})
    assert set(DINGTALK.validate(unsafe)) == {name}
