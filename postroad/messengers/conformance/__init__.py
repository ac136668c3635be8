"""What every messenger's connector must do, as tests: subclass `MessengerConformance` and provide a `world` fixture.

The world is the messenger as its own people use it. What the connector takes in goes into a `Box` that can be told to
be down. What a messenger cannot do (`Feature`, `Sight`, room settings) is not asked of it.
"""

from dataclasses import replace

import pytest

from postroad.messengers.conformance.callbacks import Callbacks
from postroad.messengers.conformance.direct import Direct
from postroad.messengers.conformance.faults import Faults
from postroad.messengers.conformance.hearing import Hearing
from postroad.messengers.conformance.rooms import Rooms
from postroad.messengers.conformance.saying import Saying, outgoing
from postroad.messengers.conformance.world import Box, Said, World, folded, listening
from postroad.messengers.protocol import Feature, MessengerConnector, RoomSetting, RoomSpec
from postroad.platform.ids import new_id

__all__ = ["Box", "MessengerConformance", "Said", "World", "folded", "listening", "outgoing"]


class MessengerConformance(Rooms, Saying, Hearing, Direct, Callbacks, Faults):
    """The suite. `world` is fresh for each test."""

    @pytest.fixture
    def box(self, world: World) -> Box:
        return Box([world.account])

    @pytest.fixture
    def people(self, world: World) -> list[str]:
        return [world.hire(name) for name in ("张伟", "王芳", "李娜", "Emma O'Neil")]

    @pytest.fixture
    def spec(self, people: list[str]) -> RoomSpec:
        return RoomSpec(
            key=new_id().hex, name="销售部-日常工作群", owner_id=people[0], member_ids=frozenset(people[:3])
        )

    @pytest.fixture
    def room_id(self, world: World, spec: RoomSpec) -> str:
        return world.connector.make_room(world.account, spec)

    def test_it_says_what_it_is(self, world: World) -> None:
        connector = world.connector
        assert isinstance(connector, MessengerConnector)
        assert connector.key
        assert str(connector.title)
        assert connector.longest_name > 0
        assert connector.largest_room > 1
        assert connector.room_settings <= frozenset(RoomSetting)
        assert connector.features <= frozenset(Feature)
        assert connector.features & {Feature.LISTEN, Feature.CALLBACKS} or not connector.features & {
            Feature.RECEIVE_GROUP_MESSAGES
        }

    def test_good_settings_pass_and_missing_ones_are_named(self, world: World) -> None:
        assert world.connector.validate(world.account) == {}
        problems = world.connector.validate(replace(world.account, settings={}, secrets={}))
        assert problems
        assert set(problems) <= {setting.name for setting in world.connector.settings}
        assert all(str(problem) for problem in problems.values())

    def test_it_works(self, world: World) -> None:
        health = world.connector.check(world.account)
        assert health.ok is True, health.detail

    def test_the_directory_shows_everybody_over_all_pages(self, world: World) -> None:
        hired = world.hire_many(world.many)
        snapshot = world.connector.read_directory(world.account)
        shown = [one.id.casefold() for one in snapshot.people]
        assert {one.casefold() for one in hired} <= set(shown)
        assert len(shown) == len(set(shown)), "somebody is shown twice"
        assert all(one.name for one in snapshot.people)

    def test_who_left_the_company_is_gone_or_not_active(self, world: World, people: list[str]) -> None:
        world.dismiss(people[1])
        shown = {one.id.casefold(): one.active for one in world.connector.read_directory(world.account).people}
        assert not shown.get(people[1].casefold(), False)
        assert shown[people[0].casefold()]
