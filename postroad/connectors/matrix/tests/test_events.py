"""Reading pushed events: what each means, and that nothing people put into them can stop us."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.connectors.matrix.events import ENCRYPTED_TEXT, file_of, read_event, read_message, senders
from postroad.messengers.protocol import DirectoryEvent, RoomEventKind, RoomMessage

BOT, LI, WANG = (f"@{name}:company.test" for name in ("postroad", "li", "wang"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KINDS = [
    "m.room.message",
    "m.room.encrypted",
    "m.sticker",
    "m.room.member",
    "m.room.power_levels",
    "m.room.redaction",
    "m.room.name",
    "m.reaction",
    "org.example",
]
FIELDS = [
    "body",
    "msgtype",
    "format",
    "formatted_body",
    "m.relates_to",
    "m.new_content",
    "m.mentions",
    "url",
    "file",
    "info",
    "membership",
    "users",
    "redacts",
]


def event_of(kind="m.room.message", content=None, **fields):
    return {
        "type": kind,
        "event_id": "$one",
        "room_id": "!room",
        "sender": LI,
        "origin_server_ts": 1_700_000_000_000,
        "content": {"msgtype": "m.text", "body": "您好"} if content is None else content,
        **fields,
    }


def read(event):
    return list(read_event(event, bot_id=BOT, names={LI: "李"}))


def test_a_message_is_who_when_where_and_what():
    [message] = read(event_of())
    assert isinstance(message, RoomMessage)
    assert (message.room_id, message.external_id, message.sender_id, message.sender_name) == ("!room", "$one", LI, "李")
    assert message.sent_at.isoformat() == "2023-11-14T22:13:20+00:00"
    assert (message.text, message.html, message.reply_to, message.replaces, message.ours) == (
        "您好",
        None,
        None,
        None,
        False,
    )
    assert json.loads(message.raw) == event_of()


def test_a_message_that_comes_again_has_the_same_original():
    [first] = read(event_of(age=5, unsigned={"age": 5}, user_id=LI))
    [again] = read(event_of(age=99, unsigned={"age": 99, "m.relations": {"m.thread": {}}}))
    assert first == again


def test_formatted_text_mentions_and_what_it_answers():
    content = {
        "msgtype": "m.text",
        "body": "王: 好",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>好</b>",
        "m.mentions": {"user_ids": [WANG, 7, WANG], "room": True},
        "m.relates_to": {"m.in_reply_to": {"event_id": "$before"}},
    }
    [message] = read(event_of(content=content))
    assert (message.html, message.mentions, message.reply_to) == ("<b>好</b>", (WANG, "@room"), "$before")


def test_an_edit_is_its_new_content_and_names_what_it_replaces():
    content = {
        "msgtype": "m.text",
        "body": "* 三点",
        "m.new_content": {"msgtype": "m.text", "body": "三点"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$before"},
    }
    [message] = read(event_of(content=content))
    assert (message.text, message.replaces) == ("三点", "$before")


def test_what_is_encrypted_is_said_to_be():
    [message] = read(event_of("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA"}))
    assert message.text == ENCRYPTED_TEXT


def test_ours_are_marked():
    assert [one.ours for one in read(event_of(sender=BOT))] == [True]


@pytest.mark.parametrize("content", [{}, None, [], "x"])
def test_what_was_taken_back_is_no_message(content):
    assert read_message({**event_of(), "content": content}, bot_id=BOT, names={}) is None


def test_a_file_is_named_and_its_name_is_no_text():
    content = {
        "msgtype": "m.file",
        "body": "a.pdf",
        "url": "mxc://company.test/1",
        "info": {"mimetype": "application/pdf", "size": 7},
    }
    file = file_of(event_of(content=content))
    assert (file.name, file.content_type, file.size, file.encrypted) == ("a.pdf", "application/pdf", 7, False)
    assert read(event_of(content=content))[0].text == ""
    captioned = {**content, "filename": "a.pdf", "body": "请看"}
    assert read(event_of(content=captioned))[0].text == "请看"
    assert file_of(event_of(content={**content, "url": "https://elsewhere.example/"})) is None


@pytest.mark.parametrize(
    ("was", "now", "kinds"),
    [
        (None, "join", [RoomEventKind.JOINED]),
        ("invite", "join", [RoomEventKind.JOINED]),
        ("join", "leave", [RoomEventKind.LEFT]),
        ("join", "ban", [RoomEventKind.LEFT]),
        ("invite", "leave", []),
        (None, "invite", []),
        ("join", "join", []),
    ],
)
def test_coming_and_going(was, now, kinds):
    before = {"unsigned": {"prev_content": {"membership": was}}} if was else {}
    happened = read(event_of("m.room.member", {"membership": now}, state_key=WANG, **before))
    assert [one.kind for one in happened] == kinds
    assert all((one.user_ids, one.by) == ((WANG,), LI) for one in happened)


def test_a_new_name_of_a_person_is_news_of_the_directory():
    before = {"unsigned": {"prev_content": {"membership": "join", "displayname": "李"}}}
    [happened] = read(event_of("m.room.member", {"membership": "join", "displayname": "李四"}, state_key=LI, **before))
    assert isinstance(happened, DirectoryEvent)
    assert happened.user_ids == (LI,)


def test_power_is_about_owners_or_about_settings():
    before = {"unsigned": {"prev_content": {"users": {LI: 100}}}, "state_key": ""}
    [owner] = read(event_of("m.room.power_levels", {"users": {LI: 100, WANG: 90}}, **before))
    [setting] = read(event_of("m.room.power_levels", {"users": {LI: 100}, "events_default": 50}, **before))
    assert (owner.kind, setting.kind) == (RoomEventKind.OWNER_CHANGED, RoomEventKind.SETTINGS_CHANGED)


@pytest.mark.parametrize("where", ["top", "content"])
def test_a_redaction_names_what_is_taken_back(where):
    event = event_of("m.room.redaction", {"reason": "广告"}, **({"redacts": "$bad"} if where == "top" else {}))
    if where == "content":
        event["content"]["redacts"] = "$bad"
    [happened] = read(event)
    assert (happened.kind, happened.external_id, happened.by) == (RoomEventKind.MESSAGE_REDACTED, "$bad", LI)


def test_what_does_not_concern_us_is_nothing():
    assert (
        read(event_of("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$a", "key": "👍"}}))
        == []
    )
    assert read(event_of("m.room.name", {"name": "x"})) == []  # without a state key it is no state
    assert read({}) == []


@given(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(KINDS) | JSON,
            "content": st.dictionaries(st.sampled_from(FIELDS) | st.text(), JSON, max_size=6) | JSON,
        },
        optional={
            "event_id": st.just("$a") | JSON,
            "room_id": st.just("!r") | JSON,
            "sender": st.just(LI) | JSON,
            "state_key": st.just(WANG) | JSON,
            "origin_server_ts": JSON,
            "unsigned": st.fixed_dictionaries({"prev_content": JSON}) | JSON,
            "redacts": JSON,
        },
    )
)
def test_anything_is_read_as_something_or_nothing(event):
    for happened in read(event):
        assert getattr(happened, "room_id", "!r")
    assert all(isinstance(one, str) for one in senders([event]))
    file_of(event)
