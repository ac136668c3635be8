"""The DingTalk connector against the suite for messengers, on the stand-in; with and without a group template."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.connectors.dingtalk import api
from postroad.connectors.dingtalk.connector import DingTalk
from postroad.connectors.dingtalk.models import InternalGroup
from postroad.connectors.dingtalk.tests.world import account_of, callback
from postroad.messengers.conformance import MessengerConformance, Said, World, outgoing
from postroad.messengers.protocol import Account, Callback
from tests.standins.dingtalk import TEMPLATE, DingTalkStandIn, Group, sealed_event


class DingTalkWorld(World):
    many = 130

    def __init__(self, stand_in: DingTalkStandIn, template_id: str) -> None:
        self.stand_in = stand_in
        self.connector = DingTalk()
        self.account = account_of(stand_in, template_id=template_id)
        self._numbers = count(1)

    def hire(self, name: str, *, staff_no: str = "") -> str:
        user_id = staff_no or f"user{next(self._numbers):04}"
        self.stand_in.hire(user_id, name)
        return user_id

    def dismiss(self, user_id: str) -> None:
        self.stand_in.fire(user_id)

    def make_by_hand(self, name: str, *, owner: str, members: Sequence[str]) -> str:
        self.stand_in.groups["cidbyhand"] = Group(name, owner, list(members), "chatbyhand", scene=False, ours=False)
        return "cidbyhand"

    def rename_by_hand(self, room_id: str, name: str, *, by: str) -> None:
        self.stand_in.groups[room_id].name = name

    def say(self, room_id: str, user_id: str, text: str, *, reply_to: str | None = None) -> str:
        raise AssertionError("not everything that is said is heard in DingTalk")

    def seen(self, room_id: str) -> list[Said]:
        return [
            Said(
                f"sent:{one.key}",
                one.content.get("content", ""),
                dict([self.stand_in.media[one.content["mediaId"]]]) if "mediaId" in one.content else {},
            )
            for one in self.stand_in.said
            if one.where == room_id and not one.recalled
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

    def callback(self, text: str) -> Callback:
        return callback(*sealed_event("chat_update_title", {"openConversationId": "cid1", "title": text}))


@pytest.mark.usefixtures("rates", "no_pauses")
class OnTheStandIn(MessengerConformance):
    template_id = TEMPLATE

    @pytest.fixture
    def world(self, rates: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
        monkeypatch.setattr(api, "_tokens", api.Tokens())
        with DingTalkStandIn() as stand_in:
            yield DingTalkWorld(stand_in, self.template_id)
        InternalGroup.objects.all().delete()

    def test_people_can_be_mentioned(self, world: Any, people: list[str], room_id: str) -> None:
        """By name only: the app's robot has no field for it."""
        to = Recipient(RecipientRole.TO, "王芳", people[1])
        world.connector.send(world.account, room_id, outgoing(text="请看", recipients=(to,)))
        assert [one.text for one in world.seen(room_id)] == ["@王芳\n请看"]


class TestSceneGroupsConformance(OnTheStandIn):
    """Groups from a template."""


class TestInternalGroupsConformance(OnTheStandIn):
    """Groups without one."""

    template_id = ""
