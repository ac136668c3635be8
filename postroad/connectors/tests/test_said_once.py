"""Not saying a thing twice."""

import pytest

from postroad.connectors import said_once
from postroad.connectors.said_once import SaidOnce
from postroad.platform.ids import new_id


def test_what_was_said_is_not_said_again_and_keeps_its_name():
    said, message = SaidOnce(), new_id()
    with said.once(message, 0) as first:
        assert first
        first.name = "k1"
    with said.once(message, 0) as second:
        assert not second
        assert second.name == "k1"
    with said.once(message, 1) as other:
        assert other


def test_what_failed_is_said_again():
    said, message = SaidOnce(), new_id()
    with pytest.raises(OSError, match="down"), said.once(message, 0):
        raise OSError("down")
    with said.once(message, 0) as again:
        assert again


def test_it_does_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr(said_once, "MOST_KEPT", 3)
    said, messages = SaidOnce(), [new_id() for _ in range(5)]
    for message in messages:
        with said.once(message, 0):
            pass
    assert len(said._names) == 3
    with said.once(messages[-1], 0) as last:
        assert not last
