"""When the messenger fails, forgets who we are, or has had enough of us."""

from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.channels.protocol import SendFailed
from postroad.messengers.conformance.saying import outgoing
from postroad.messengers.conformance.world import World
from postroad.messengers.protocol import (
    MessengerFault,
    NoSuchRoom,
    RoomChange,
    RoomSpec,
)
from postroad.platform.ids import new_id


class Faults:
    """What is asked when something goes wrong."""

    def test_an_outage_is_a_passing_fault_everywhere(self, world: World, spec: RoomSpec, room_id: str) -> None:
        world.break_down()
        connector, account = world.connector, world.account
        assert connector.check(account).ok is False
        assert connector.check(account).detail
        for call in (
            lambda: connector.read_directory(account),
            lambda: list(connector.rooms(account, known=[room_id])),
            lambda: connector.read_room(account, room_id),
            lambda: connector.change_room(account, room_id, RoomChange(name="x")),
            lambda: connector.make_room(account, replace(spec, key=new_id().hex)),
        ):
            with pytest.raises(MessengerFault) as fault:
                call()
            assert not fault.value.permanent
            assert not isinstance(fault.value, NoSuchRoom)
        with pytest.raises(SendFailed) as failure:
            connector.send(account, room_id, outgoing())
        assert failure.value.permanent is False
        world.recover()
        assert connector.read_room(account, room_id).id == room_id

    def test_a_token_that_expired_is_renewed_on_the_way(self, world: World, room_id: str) -> None:
        assert world.connector.read_room(world.account, room_id).id == room_id
        world.expire_tokens()
        assert world.connector.read_room(world.account, room_id).id == room_id

    def test_a_short_limit_is_waited_for_or_told(self, world: World, room_id: str) -> None:
        world.limit(timedelta(seconds=1))
        try:
            state, fault = world.connector.read_room(world.account, room_id), None
        except MessengerFault as raised:
            state, fault = None, raised
        if fault is not None:
            assert not fault.permanent
            assert fault.retry_after is not None
            assert fault.retry_after > timedelta(0)
        else:
            assert state is not None
            assert state.id == room_id

    def test_no_secret_shows(self, world: World) -> None:
        world.break_down()
        shown = [repr(world.account), world.connector.check(world.account).detail]
        with pytest.raises(MessengerFault) as fault:
            world.connector.read_directory(world.account)
        shown += [str(fault.value), repr(fault.value)]
        for secret in filter(None, world.account.secrets.values()):
            assert not any(secret in text for text in shown)
