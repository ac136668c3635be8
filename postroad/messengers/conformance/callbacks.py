"""The messenger's own requests to us."""

from dataclasses import replace
from datetime import timedelta

import pytest

from postroad.messengers.conformance.world import World
from postroad.messengers.protocol import (
    CallbackRefused,
    Feature,
)


class Callbacks:
    """What is asked of a connector that takes callbacks."""

    def test_a_genuine_callback_is_read(self, world: World) -> None:
        if Feature.CALLBACKS not in world.connector.features:
            return
        reply = world.connector.read_callback(world.account, world.callback("您好"))
        assert reply.status == 200  # noqa: PLR2004
        assert reply.happenings

    @pytest.mark.parametrize("fault", ["body", "query", "early", "late", "empty", "garbage"])
    def test_a_callback_that_is_not_genuine_is_refused(self, world: World, fault: str) -> None:
        if Feature.CALLBACKS not in world.connector.features:
            return
        callback = world.callback("您好")
        forged = {
            "body": replace(callback, body=callback.body.replace(b"a", b"b").replace(b"A", b"C") + b" "),
            "query": replace(callback, query={}, headers={}),
            "early": replace(callback, received_at=callback.received_at - timedelta(days=1)),
            "late": replace(callback, received_at=callback.received_at + timedelta(days=1)),
            "empty": replace(callback, body=b""),
            "garbage": replace(callback, body=b"\xff\x00<xml><" * 100),
        }[fault]
        with pytest.raises(CallbackRefused) as refusal:
            world.connector.read_callback(world.account, forged)
        assert refusal.value.reason
        assert 400 <= refusal.value.status < 500  # noqa: PLR2004
