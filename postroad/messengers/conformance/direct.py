"""Chats with people outside."""

from typing import cast

import pytest

from postroad.channels.protocol import OutgoingAttachment, SendFailed
from postroad.messengers.conformance.saying import TEXT, outgoing
from postroad.messengers.conformance.world import World
from postroad.messengers.protocol import (
    DirectChat,
    DirectChats,
    DirectNews,
    Happening,
    MessengerFault,
    RoomMessage,
)


class Direct:
    """What is asked of a connector that has direct chats."""

    def _written(self, world: World, text: str) -> list[RoomMessage]:
        """What a customer has written, with all that is to be fetched."""
        direct, found = cast("DirectChats", world.connector), list[Happening]()
        for one in world.write(text):
            found.append(one)
            cursor, more = "", isinstance(one, DirectNews)
            while more:
                assert isinstance(one, DirectNews)
                fetched = direct.fetch(world.account, one.service_id, token=one.token, cursor=cursor)
                found += fetched.happenings
                cursor, more = fetched.cursor, fetched.more
        return [one for one in found if isinstance(one, RoomMessage) and not one.ours]

    def _chat(self, world: World, message: RoomMessage) -> DirectChat:
        return DirectChat(service_id=world.service_id, room_id=message.room_id, user_id=message.sender_id)

    def test_what_a_customer_writes_is_told_with_who_and_where(self, world: World) -> None:
        if not isinstance(world.connector, DirectChats):
            return
        assert world.connector.service_problem(world.account, world.service_id) == ""
        assert world.connector.service_problem(world.account, "no such thing!")
        world.connector.open_service(world.account, world.service_id, name="售前咨询")
        message = self._written(world, TEXT)[-1]
        assert message.text.strip() == TEXT
        assert message.room_id
        assert message.sender_id
        assert message.sender_name
        assert not message.by_staff
        assert message.raw

    def test_an_answer_reaches_the_customer_once(self, world: World) -> None:
        if not isinstance(world.connector, DirectChats):
            return
        world.connector.open_service(world.account, world.service_id, name="售前咨询")
        chat, answer = self._chat(world, self._written(world, "在吗？")[-1]), outgoing()
        first, again = (world.connector.send_direct(world.account, chat, answer) for _ in range(2))
        assert first.external_id == again.external_id
        assert [one.text.strip() for one in world.got()] == [TEXT]

    def test_a_file_reaches_the_customer_as_it_was(self, world: World) -> None:
        if not isinstance(world.connector, DirectChats):
            return
        world.connector.open_service(world.account, world.service_id, name="售前咨询")
        chat = self._chat(world, self._written(world, "请发报价单")[-1])
        content = b"\x00\xff" + "报价".encode() * 1000
        file = OutgoingAttachment("报价单.bin", "application/octet-stream", len(content), content)
        world.connector.send_direct(world.account, chat, outgoing(attachments=(file,)))
        assert {name: data for one in world.got() for name, data in one.files.items()} == {file.name: content}

    def test_what_cannot_reach_the_customer_is_refused_for_good(self, world: World) -> None:
        if not isinstance(world.connector, DirectChats):
            return
        world.connector.open_service(world.account, world.service_id, name="售前咨询")
        chat = self._chat(world, self._written(world, "再见")[-1])
        world.shut()
        with pytest.raises(SendFailed) as failure:
            world.connector.send_direct(world.account, chat, outgoing())
        assert failure.value.permanent

    def test_an_outage_lets_an_answer_wait(self, world: World) -> None:
        if not isinstance(world.connector, DirectChats):
            return
        world.connector.open_service(world.account, world.service_id, name="售前咨询")
        chat = self._chat(world, self._written(world, "在吗？")[-1])
        world.break_down()
        with pytest.raises(SendFailed) as failure:
            world.connector.send_direct(world.account, chat, outgoing())
        assert not failure.value.permanent
        with pytest.raises(MessengerFault):
            world.connector.open_service(world.account, world.service_id, name="售前咨询")
