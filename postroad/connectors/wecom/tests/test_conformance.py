"""The WeCom connector against the suite for messengers, on the stand-in."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from postroad.connectors.wecom import api
from postroad.connectors.wecom.connector import WeCom
from postroad.connectors.wecom.tests.world import account_of, callback
from postroad.messengers.conformance import MessengerConformance, Said, World, outgoing
from postroad.messengers.protocol import Account, Callback, Happening
from tests.standins.wecom import Chat, WeComStandIn, message_to_app, sealed_push


class WeComWorld(World):
    def __init__(self, stand_in: WeComStandIn) -> None:
        self.stand_in = stand_in
        self.connector = WeCom()
        self.account = account_of(stand_in)
        self._numbers = count(1)

    def hire(self, name: str, *, staff_no: str = "") -> str:
        user_id = staff_no or f"User{next(self._numbers):04}"
        self.stand_in.hire(user_id, name)
        return user_id

    def dismiss(self, user_id: str) -> None:
        self.stand_in.fire(user_id)

    def make_by_hand(self, name: str, *, owner: str, members: Sequence[str]) -> str:
        self.stand_in.chats["byhand"] = Chat(name, owner, list(members), app="")
        return "byhand"

    def rename_by_hand(self, room_id: str, name: str, *, by: str) -> None:
        self.stand_in.chats[room_id].name = name

    def say(self, room_id: str, user_id: str, text: str, *, reply_to: str | None = None) -> str:
        raise AssertionError("nobody hears what is said in WeCom")

    def seen(self, room_id: str) -> list[Said]:
        return [
            Said(
                "",
                one.content.get("content", ""),
                dict([self.stand_in.media[one.content["media_id"]]]) if "media_id" in one.content else {},
            )
            for one in self.stand_in.said
            if one.where == room_id
        ]

    def break_down(self) -> None:
        self.stand_in.break_down()

    def recover(self) -> None:
        self.stand_in.recover()

    def limit(self, wait: timedelta) -> None:
        self.stand_in.limit("*", 0, wait.total_seconds())
        self.stand_in.windows["*"].began = time.monotonic()

    def expire_tokens(self) -> None:
        self.stand_in.revoke_tokens()

    def dead_account(self) -> Account:
        return account_of(self.stand_in, messenger_id=UUID(int=9), base_url="http://127.0.0.1:9")

    service_id = "wkAJ2GCAAA0000000000000000000001"

    def write(self, text: str) -> list[Happening]:
        self.stand_in.customers["wmAAAA"] = "刘洋"
        event = self.stand_in.write(self.service_id, "wmAAAA", text=text)
        return list(self.connector.read_callback(self.account, callback(*sealed_push(event))).happenings)

    def got(self) -> list[Said]:
        return [
            Said(
                one["msgid"],
                one[one["msgtype"]].get("content", ""),
                dict([self.stand_in.media[one[one["msgtype"]]["media_id"]]]) if one["msgtype"] != "text" else {},
            )
            for one in self.stand_in.answers
        ]

    def shut(self) -> None:
        self.stand_in.hours = -1

    def callback(self, text: str) -> Callback:
        return callback(*sealed_push(message_to_app("User0001", text, "1")))


@pytest.mark.usefixtures("rates", "no_pauses")
class TestWeComConformance(MessengerConformance):
    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
        monkeypatch.setattr(api, "_tokens", api.Tokens())
        with WeComStandIn() as stand_in:
            stand_in.accounts[WeComWorld.service_id] = []
            yield WeComWorld(stand_in)

    def test_what_is_said_arrives_as_it_was_and_once(self, world: Any, room_id: str) -> None:
        """As the suite has it, but WeCom gives messages in groups no id, and so cannot be asked for one."""
        message = outgoing()
        first, again = (world.connector.send(world.account, room_id, message) for _ in range(2))
        assert first.external_id == again.external_id
        [said] = world.seen(room_id)
        assert said.text == message.text
        other = world.connector.send(world.account, room_id, outgoing())
        assert other.external_id != first.external_id

    def test_people_can_be_mentioned(self, world: Any, people: list[str], room_id: str) -> None:
        """By name only: the interface for groups has no field for it (document 90248)."""
        from postroad.channels.protocol import Recipient, RecipientRole

        to = (
            Recipient(RecipientRole.TO, "王芳", f"{people[1].lower()}@{world.account.key}"),
            Recipient(RecipientRole.TO, "外人", "somebody@outside.test"),
        )
        world.connector.send(world.account, room_id, outgoing(text="请看", recipients=to))
        assert [one.text for one in world.seen(room_id)] == ["@王芳\n请看"]

    def test_a_closed_room_is_gone_or_empty(self, world: Any, people: list[str], room_id: str) -> None:
        """WeCom keeps two members in a group whatever one does."""
        for _ in range(2):
            world.connector.close_room(world.account, room_id)
        state = world.connector.read_room(world.account, room_id)
        assert state.owner_id == people[0]
        assert len(state.members) == 2
