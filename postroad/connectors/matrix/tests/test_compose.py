"""What we say as Matrix events."""

import json
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from postroad.channels.protocol import OutgoingAttachment, OutgoingMessage, Recipient, RecipientRole
from postroad.connectors.matrix.compose import SAID_BY_US, compose
from postroad.connectors.matrix.sending import transaction_id
from postroad.messengers.protocol import Account
from postroad.platform.ids import new_id

ACCOUNT = Account(messenger_id=UUID(int=1), key="chat")
LARGEST_EVENT = 65_536


def message_of(**fields) -> OutgoingMessage:
    return OutgoingMessage(
        **{
            "message_id": UUID(int=7),
            "channel_id": UUID(int=2),
            "recipients": (),
            "subject": "",
            "text": "您好",
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
            **fields,
        }
    )


def test_each_part_carries_our_id_and_its_number():
    file = OutgoingAttachment("报价单.pdf", "application/pdf", 1, b"x")
    picture = OutgoingAttachment("图.png", "image/png", 1, b"x")
    parts = compose(ACCOUNT, message_of(attachments=(file, picture)))
    assert [part.content["msgtype"] for part in parts] == ["m.text", "m.file", "m.image"]
    assert [part.content[SAID_BY_US] for part in parts] == [
        {"id": str(UUID(int=7)), "part": number} for number in range(3)
    ]
    assert [part.file for part in parts] == [None, file, picture]


def test_only_the_first_part_answers_and_alerts():
    people = (
        Recipient(RecipientRole.TO, "李", "@li:company.test"),
        Recipient(RecipientRole.TO, "王", "@wang:company.test@chat"),
        Recipient(RecipientRole.TO, "客户", "zhang@outside.test"),
    )
    first, second = compose(ACCOUNT, message_of(text="字" * 10_000, recipients=people, thread_ids=("!room/$asked",)))
    assert first.content["m.mentions"] == {"user_ids": ["@li:company.test", "@wang:company.test"]}
    assert first.content["m.relates_to"] == {"m.in_reply_to": {"event_id": "$asked"}}
    assert "m.mentions" not in second.content
    assert "m.relates_to" not in second.content


def test_an_answer_to_something_of_elsewhere_is_no_reply():
    [part] = compose(ACCOUNT, message_of(thread_ids=("mail@outside.test",)))
    assert "m.relates_to" not in part.content


def test_machines_give_notices():
    [part] = compose(ACCOUNT, message_of(automatic=True))
    assert part.content["msgtype"] == "m.notice"


def test_formatted_text_is_sent_unless_it_is_too_long():
    [part] = compose(ACCOUNT, message_of(html="<b>您好</b>"))
    assert (part.content["format"], part.content["formatted_body"]) == ("org.matrix.custom.html", "<b>您好</b>")
    [plain] = compose(ACCOUNT, message_of(html="<b>x</b>" * 10_000))
    assert "formatted_body" not in plain.content


@given(st.text(max_size=200), st.integers(1, 400))
def test_a_text_of_any_length_fits_into_events_and_comes_out_whole(text, times):
    parts = compose(ACCOUNT, message_of(text=text * times))
    said = "".join(part.content["body"] for part in parts)
    shown = (character for character in text if character in "\t\n" or character >= " ")
    assert said == "".join(character for character in shown if character != "\x7f") * times
    assert all(len(json.dumps(part.content, ensure_ascii=False).encode()) < LARGEST_EVENT - 4096 for part in parts)


def test_transaction_ids_differ_in_everything_that_tells_events_apart():
    room, message = "!a", str(new_id())
    made = {
        transaction_id("postroad-a", room, message, "0"),
        transaction_id("postroad-b", room, message, "0"),
        transaction_id("postroad-a", "!b", message, "0"),
        transaction_id("postroad-a", room, message, "1"),
        transaction_id("postroad-a", room, str(new_id()), "0"),
        # What is joined must not run together.
        transaction_id("postroad-a", room + message, "", "0"),
    }
    assert len(made) == 6
    assert transaction_id("postroad-a", room, message, "0") in made
