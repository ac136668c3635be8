"""What WeCom pushes to us, and what only claims to be from WeCom."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.connectors.wecom.connector import WeCom
from postroad.connectors.wecom.tests.world import account_of, callback
from postroad.messengers.protocol import CallbackRefused, DirectoryEvent, RoomMessage
from tests.standins import wecom
from tests.standins.wecom import WeComStandIn, contact_event, message_to_app, sealed_push

WECOM = WeCom()
ACCOUNT = account_of(WeComStandIn())


def read(xml, **changes):
    return WECOM.read_callback(ACCOUNT, callback(*sealed_push(xml), **changes))


def test_the_check_of_our_address_is_answered_with_the_bare_text():
    timestamp = str(int(time.time()))
    echo, signature = wecom.CALLBACKS.close(b"1616140317555161061", timestamp=timestamp, nonce="n")
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": "n", "echostr": echo}
    reply = WECOM.read_callback(ACCOUNT, callback(query))
    assert (reply.status, reply.body, reply.happenings) == (200, b"1616140317555161061", ())


@pytest.mark.parametrize(
    ("change", "fields", "users", "departments"),
    [
        ("create_user", {"user_id": "LiLei", "departments": "1,2"}, ("LiLei",), ("1", "2")),
        ("update_user", {"user_id": "LiLei", "new_user_id": "LiLei2"}, ("LiLei", "LiLei2"), ()),
        ("delete_user", {"user_id": "LiLei"}, ("LiLei",), ()),
        ("delete_party", {"departments": "7"}, (), ("7",)),
    ],
)
def test_a_changed_contact_says_whom_to_read_again(change, fields, users, departments):
    reply = read(contact_event(change, **fields))
    [event] = reply.happenings
    assert isinstance(event, DirectoryEvent)
    assert (event.user_ids, event.department_ids) == (users, departments)
    assert reply.body == b""


def test_what_a_member_writes_to_the_app_is_a_direct_message():
    [said] = read(message_to_app("LiLei", "请问 <几点> & 在哪？", "4561255354251345929")).happenings
    assert isinstance(said, RoomMessage)
    assert (said.room_id, said.sender_id, said.text) == ("direct:LiLei", "LiLei", "请问 <几点> & 在哪？")
    assert said.direct
    assert said.external_id == "4561255354251345929"


def test_the_same_push_again_is_the_same_happening():
    push = callback(*sealed_push(message_to_app("LiLei", "你好", "1")))
    first, second = (WECOM.read_callback(ACCOUNT, push) for _ in range(2))
    assert first.happenings == second.happenings


def test_other_events_are_taken_and_mean_nothing():
    assert read("<xml><MsgType>event</MsgType><Event>enter_agent</Event><CreateTime>1</CreateTime></xml>") is not None


QUERY, BODY = sealed_push(message_to_app("LiLei", "你好", "1"))
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'


@pytest.mark.parametrize(
    ("push", "reason"),
    [
        pytest.param(callback({**QUERY, "msg_signature": "0" * 40}, BODY), "signature", id="wrong signature"),
        pytest.param(callback({**QUERY, "msg_signature": ""}, BODY), "signature", id="no signature"),
        pytest.param(callback({}, BODY), "signature", id="no parameters"),
        pytest.param(callback({**QUERY, "timestamp": str(int(time.time()))[::-1]}, BODY), "signature", id="other time"),
        pytest.param(
            callback(QUERY, BODY, received_at=datetime.now(tz=UTC) + timedelta(minutes=6)), "long ago", id="replayed"
        ),
        pytest.param(
            callback(QUERY, BODY, received_at=datetime.now(tz=UTC) - timedelta(minutes=6)), "future", id="future"
        ),
        pytest.param(callback(QUERY, b"x" * (256 * 1024 + 1)), "large", id="oversized"),
        pytest.param(callback(QUERY, b"{}"), "XML", id="JSON"),
        pytest.param(callback(QUERY, b"\xff\xfe\x00"), "XML", id="bytes"),
        pytest.param(callback(QUERY, b"<xml>"), "XML", id="half"),
        pytest.param(callback(QUERY, BOMB), "XML", id="entities"),
        pytest.param(callback(QUERY, OUTSIDE), "XML", id="a file of ours"),
        pytest.param(callback(QUERY, b"<xml></xml>"), "signature", id="nothing inside"),
        pytest.param(callback({}), "signature", id="check without parameters"),
        pytest.param(callback(*sealed_push("not xml")), "XML", id="sealed nonsense"),
        pytest.param(callback(*sealed_push("<xml/>")), "time", id="sealed emptiness"),
        pytest.param(callback(*sealed_push(BOMB.decode().replace("Encrypt", "Content"))), "XML", id="sealed entities"),
    ],
)
def test_what_is_not_from_wecom_is_refused(push, reason):
    with pytest.raises(CallbackRefused, match=reason):
        WECOM.read_callback(ACCOUNT, push)


def test_without_token_and_key_every_callback_is_refused():
    bare = replace(ACCOUNT, secrets={"app_secret": "x"})
    with pytest.raises(CallbackRefused, match="not set up"):
        WECOM.read_callback(bare, callback(QUERY, BODY))


# --- settings ---


def test_good_settings_pass_and_missing_ones_are_named():
    assert WECOM.validate(replace(ACCOUNT, settings={**ACCOUNT.settings, "base_url": ""})) == {}
    assert set(WECOM.validate(replace(ACCOUNT, settings={}, secrets={}))) == {"corp_id", "app_secret", "agent_id"}


@pytest.mark.parametrize(
    "url",
    ["http://qyapi.weixin.qq.com", "ftp://x", "https://", "https://u:p@host", "https://h/?a=b", "http://10.0.0.1", "x"],
)
def test_secrets_go_nowhere_unencrypted(url):
    assert "base_url" in WECOM.validate(replace(ACCOUNT, settings={**ACCOUNT.settings, "base_url": url}))


@pytest.mark.parametrize(
    ("secrets", "wrong"),
    [
        ({"callback_token": "abc"}, {"encoding_aes_key"}),
        ({"encoding_aes_key": wecom.CALLBACK_KEY}, {"callback_token"}),
        ({"callback_token": "不行", "encoding_aes_key": "short"}, {"callback_token", "encoding_aes_key"}),
    ],
)
def test_token_and_key_of_callbacks_come_together(secrets, wrong):
    assert set(WECOM.validate(replace(ACCOUNT, secrets={"app_secret": "x", **secrets}))) == wrong
