"""What people say and do in rooms."""

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from postroad.channels.conformance import eventually
from postroad.messengers.conformance.saying import TEXT, outgoing
from postroad.messengers.conformance.world import Box, World, listening
from postroad.messengers.protocol import (
    Feature,
    RoomEventKind,
)


class Hearing:
    """What is asked of hearing, where the messenger is listened to."""

    def _hears(self, world: World) -> bool:
        return {Feature.LISTEN, Feature.RECEIVE_GROUP_MESSAGES} <= world.connector.features

    def test_what_people_say_is_heard_with_who_and_when(
        self, world: World, box: Box, people: list[str], room_id: str
    ) -> None:
        if not self._hears(world):
            return
        with listening(world.connector, box):
            first = world.say(room_id, people[0], TEXT)
            second = world.say(room_id, people[1], "收到", reply_to=first)
            eventually(lambda: len(box.messages()) >= 2, "both messages are heard")  # noqa: PLR2004
            world.push_again()
        heard = box.messages()
        assert set(heard) == {first, second}
        assert heard[first].text.strip() == TEXT
        assert (heard[first].room_id, heard[second].reply_to) == (room_id, first)
        assert heard[first].sender_id.casefold() == people[0].casefold()
        assert heard[first].sender_name
        assert abs(heard[first].sent_at - datetime.now(tz=UTC)) < timedelta(minutes=5)
        assert heard[first].raw
        for file in (one for message in heard.values() for one in message.attachments):
            assert isinstance(file.content, bytes)
            assert file.sha256 == sha256(file.content).hexdigest()

    def test_what_we_say_ourselves_is_marked_as_ours(self, world: World, box: Box, room_id: str) -> None:
        if not self._hears(world):
            return
        with listening(world.connector, box):
            world.connector.send(world.account, room_id, outgoing(text="来自驿道"))
            world.say(room_id, world.hire("周杰"), "之后")
            eventually(lambda: box.texts() == ["之后"], "what others say is heard, ours is not theirs")

    def test_a_change_made_by_hand_is_told(self, world: World, box: Box, people: list[str], room_id: str) -> None:
        if not self._hears(world):
            return
        with listening(world.connector, box):
            world.rename_by_hand(room_id, "改名了", by=people[0])
            eventually(
                lambda: any(one.kind is RoomEventKind.RENAMED for one in box.events(room_id)), "the new name is told"
            )

    def test_nothing_is_lost_while_nobody_listens(
        self, world: World, box: Box, people: list[str], room_id: str
    ) -> None:
        if not self._hears(world):
            return
        with listening(world.connector, box):
            world.say(room_id, people[0], "一")
            eventually(lambda: box.texts() == ["一"], "the first is heard")
        world.say(room_id, people[0], "二")
        with listening(world.connector, box):
            world.say(room_id, people[1], "三")
            eventually(lambda: len(box.texts()) >= 3, "what was said meanwhile is heard")  # noqa: PLR2004
        assert box.texts() == sorted(["一", "二", "三"])

    def test_an_outage_of_ours_loses_nothing(self, world: World, box: Box, people: list[str], room_id: str) -> None:
        if not self._hears(world):
            return
        with listening(world.connector, box):
            world.say(room_id, people[0], "之前")
            eventually(lambda: box.texts() == ["之前"], "the first is heard")
            box.down = True
            world.say(room_id, people[0], "其间")
            time.sleep(0.5)
            assert box.texts() == ["之前"]
            box.down = False
            eventually(lambda: len(box.texts()) == 2, "it is heard after the outage")  # noqa: PLR2004

    def test_an_account_that_is_dead_holds_up_no_other(
        self, world: World, box: Box, people: list[str], room_id: str
    ) -> None:
        if not self._hears(world):
            return
        dead = world.dead_account()
        box.accounts_now.insert(0, dead)
        with listening(world.connector, box):
            world.say(room_id, people[0], "还在")
            eventually(lambda: box.texts() == ["还在"], "the living account is heard")
            eventually(lambda: dead.messenger_id in box.reports, "the dead one is reported")
        assert box.reports[dead.messenger_id].ok is False
