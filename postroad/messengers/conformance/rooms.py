"""Rooms: made, changed, seen and closed."""

from dataclasses import replace

import pytest

from postroad.messengers.conformance.world import World, folded
from postroad.messengers.protocol import (
    Feature,
    MessengerFault,
    NoSuchRoom,
    RoomChange,
    RoomSetting,
    RoomSpec,
    Sight,
)
from postroad.platform.ids import new_id

HAN_AND_EMOJI = "华东区·推进群🚀 & <b>"


class Rooms:
    """What is asked of a messenger's rooms."""

    def test_a_room_is_made_as_specified_and_only_once(self, world: World, spec: RoomSpec, room_id: str) -> None:
        assert world.connector.make_room(world.account, spec) == room_id
        state = world.connector.read_room(world.account, room_id)
        assert (state.id, state.name) == (room_id, spec.name)
        assert folded([state.owner_id or spec.owner_id]) == folded([spec.owner_id])
        assert folded(spec.member_ids) <= folded(state.members)
        other = world.connector.make_room(world.account, replace(spec, key=new_id().hex))
        assert other != room_id

    @pytest.mark.parametrize("pattern", [HAN_AND_EMOJI, "群"])
    def test_names_stay_as_they_are_up_to_the_longest(self, world: World, spec: RoomSpec, pattern: str) -> None:
        longest = world.connector.longest_name
        name = (pattern * longest)[:longest] if pattern == "群" else pattern[:longest]
        room_id = world.connector.make_room(world.account, replace(spec, key=new_id().hex, name=name))
        assert world.connector.read_room(world.account, room_id).name == name

    def test_a_large_room_is_made_and_emptied_in_as_many_calls_as_it_takes(self, world: World) -> None:
        crowd = world.hire_many(min(world.many, world.connector.largest_room - 1))
        spec = RoomSpec(key=new_id().hex, name="全员群", owner_id=crowd[0], member_ids=frozenset(crowd))
        room_id = world.connector.make_room(world.account, spec)
        assert folded(crowd) <= folded(world.connector.read_room(world.account, room_id).members)
        if Feature.REMOVE_MEMBER in world.connector.features:
            change = RoomChange(remove_ids=frozenset(crowd[3:]))
            world.connector.change_room(world.account, room_id, change)
            left = folded(world.connector.read_room(world.account, room_id).members)
            assert left & folded(crowd) == folded(crowd[:3])

    def test_a_room_changes_as_asked_and_the_same_change_again_changes_nothing(
        self, world: World, people: list[str], room_id: str
    ) -> None:
        removing = frozenset(people[1:2]) if Feature.REMOVE_MEMBER in world.connector.features else frozenset[str]()
        change = RoomChange(name=HAN_AND_EMOJI, add_ids=frozenset(people[3:]), remove_ids=removing)
        states = []
        for _ in range(2):
            world.connector.change_room(world.account, room_id, change)
            states.append(world.connector.read_room(world.account, room_id))
        assert states[0].name == states[1].name == HAN_AND_EMOJI
        assert states[0].members == states[1].members
        assert folded(states[0].members) & folded(people) == folded(people) - folded(removing)

    def test_an_owner_can_be_replaced_and_removed_at_once(self, world: World, people: list[str], room_id: str) -> None:
        if Feature.CHANGE_OWNER not in world.connector.features:
            return
        removing = frozenset(people[:1]) if Feature.REMOVE_MEMBER in world.connector.features else frozenset[str]()
        world.connector.change_room(world.account, room_id, RoomChange(owner_id=people[3], remove_ids=removing))
        state = world.connector.read_room(world.account, room_id)
        assert folded([state.owner_id or ""]) == folded([people[3]])
        assert folded([people[3]]) <= folded(state.members)
        assert not folded(removing) & folded(state.members)

    def test_administrators_come_and_go_beside_the_owner(self, world: World, people: list[str], room_id: str) -> None:
        if Feature.CHANGE_ADMINS not in world.connector.features:
            return
        owner = world.connector.read_room(world.account, room_id).owner_id
        for _ in range(2):
            world.connector.change_room(world.account, room_id, RoomChange(promote_ids=frozenset(people[1:3])))
            state = world.connector.read_room(world.account, room_id)
            assert folded(state.admin_ids) - folded([owner or ""]) == folded(people[1:3])
        world.connector.change_room(world.account, room_id, RoomChange(demote_ids=frozenset(people[1:2])))
        state = world.connector.read_room(world.account, room_id)
        assert folded(state.admin_ids) - folded([owner or ""]) == folded(people[2:3])
        assert state.owner_id == owner

    def test_every_declared_setting_can_be_set_and_read(self, world: World, room_id: str) -> None:
        for setting in sorted(world.connector.room_settings - {RoomSetting.ENCRYPTED}):
            for value in ["你好 hello"] if setting == RoomSetting.TOPIC else [True, False]:
                world.connector.change_room(world.account, room_id, RoomChange(settings={setting: value}))
                state = world.connector.read_room(world.account, room_id)
                assert state.settings[setting] == value, setting

    def test_all_rooms_in_sight_are_read(self, world: World, people: list[str], room_id: str) -> None:
        by_hand = world.make_by_hand("周五聚餐", owner=people[0], members=people[:2])
        rooms = {one.id: one for one in world.connector.rooms(world.account, known=[room_id])}
        assert room_id in rooms
        assert (by_hand in rooms) == (world.connector.sight is Sight.ALL_ROOMS)
        assert rooms[room_id] == world.connector.read_room(world.account, room_id)

    def test_a_room_that_is_not_there_is_named_as_such(self, world: World, room_id: str) -> None:
        missing = room_id[:-4] + "0000" if not room_id.endswith("0000") else room_id[:-4] + "1111"
        with pytest.raises(NoSuchRoom):
            world.connector.read_room(world.account, missing)
        with pytest.raises(MessengerFault):
            world.connector.change_room(world.account, missing, RoomChange(name="x"))

    def test_a_closed_room_is_gone_or_empty(self, world: World, people: list[str], room_id: str) -> None:
        if Feature.CLOSE_ROOM not in world.connector.features:
            return
        for _ in range(2):
            world.connector.close_room(world.account, room_id)
        try:
            state = world.connector.read_room(world.account, room_id)
        except NoSuchRoom:
            return
        assert len(folded(state.members) & folded(people)) <= 1
