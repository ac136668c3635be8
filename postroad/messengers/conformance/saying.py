"""Messages of ours in rooms."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from postroad.channels.protocol import OutgoingAttachment, OutgoingMessage, Recipient, RecipientRole, SendFailed
from postroad.messengers.conformance.world import World, folded
from postroad.messengers.protocol import (
    Feature,
)
from postroad.platform.ids import new_id

TEXT = "请查收：报价 “A&B” <b>\n第二行 🚀"


def outgoing(**changes: Any) -> OutgoingMessage:
    message = OutgoingMessage(
        message_id=new_id(),
        channel_id=new_id(),
        recipients=(),
        subject="",
        text=TEXT,
        created_at=datetime.now(tz=UTC),
    )
    return replace(message, **changes)


class Saying:
    """What is asked of saying something."""

    def test_what_is_said_arrives_as_it_was_and_once(self, world: World, room_id: str) -> None:
        message = outgoing()
        first, again = (world.connector.send(world.account, room_id, message) for _ in range(2))
        assert first.external_id == again.external_id
        [said] = world.seen(room_id)
        assert said.external_id == first.external_id
        assert said.text.strip() == TEXT
        other = world.connector.send(world.account, room_id, outgoing())
        assert other.external_id != first.external_id

    def test_a_long_text_arrives_whole(self, world: World, room_id: str) -> None:
        text = "".join(f"第{number}行：一二三四五六七八九十\n" for number in range(2000))
        world.connector.send(world.account, room_id, outgoing(text=text))
        said = world.seen(room_id)
        parts = "".join(one.text for one in said) + "".join(
            content.decode() for one in said for content in one.files.values()
        )
        for number in (0, 999, 1999):
            assert f"第{number}行：一二三四五六七八九十" in parts

    def test_a_file_arrives_as_it_was(self, world: World, room_id: str) -> None:
        content = b"\x00\xff" + "报价".encode() * 1000
        file = OutgoingAttachment("报价单 (1).bin", "application/octet-stream", len(content), content)
        world.connector.send(world.account, room_id, outgoing(attachments=(file,)))
        files = {name: data for one in world.seen(room_id) for name, data in one.files.items()}
        assert files == {file.name: content}

    def test_people_can_be_mentioned(self, world: World, people: list[str], room_id: str) -> None:
        recipient = Recipient(RecipientRole.TO, "王芳", people[1])
        world.connector.send(world.account, room_id, outgoing(recipients=(recipient,)))
        assert folded(one for said in world.seen(room_id) for one in said.mentions) == folded([people[1]])

    def test_saying_in_a_room_that_is_not_there_is_useless(self, world: World, room_id: str) -> None:
        missing = room_id[:-4] + "0000" if not room_id.endswith("0000") else room_id[:-4] + "1111"
        with pytest.raises(SendFailed) as failure:
            world.connector.send(world.account, missing, outgoing())
        assert failure.value.permanent is True

    def test_a_message_can_be_taken_back(self, world: World, room_id: str) -> None:
        if Feature.REDACT not in world.connector.features:
            return
        sent = world.connector.send(world.account, room_id, outgoing(text="误发"))
        for _ in range(2):
            world.connector.redact(world.account, room_id, sent.external_id, reason="误发")
        assert not any("误发" in said.text for said in world.seen(room_id))

    def test_what_was_said_can_be_read_from_the_beginning(self, world: World, people: list[str], room_id: str) -> None:
        if Feature.HISTORY not in world.connector.features:
            return
        told = [world.say(room_id, people[number % 3], f"第{number}句") for number in range(5)]
        history = list(world.connector.history(world.account, room_id, since=None))
        others = [one for one in history if not one.ours]
        assert [one.external_id for one in others] == told
        assert [one.text for one in others] == [f"第{number}句" for number in range(5)]
