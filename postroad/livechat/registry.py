"""What live chat asks of those who answer: who is there, whose turn it is, how long it takes; and what may be read.

The desk and the knowledge base register from their `apps.ready()`; without them nobody is there and nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID


class Answering(Protocol):
    """Every question is about many at once and costs a constant number of queries."""

    def present(self, channel_ids: Collection[UUID]) -> dict[UUID, int]:
        """How many agents are there now, by channel."""

    def places(self) -> dict[UUID, int]:
        """The place in its queue (1: next) of every conversation in a live chat that waits for a first reply."""

    def waits(self, channel_ids: Collection[UUID]) -> dict[UUID, timedelta]:
        """How long first replies took lately, by channel; a channel with too few to tell is left out."""


class _Nobody:
    def present(self, channel_ids: Collection[UUID]) -> dict[UUID, int]:
        del channel_ids
        return {}

    def places(self) -> dict[UUID, int]:
        return {}

    def waits(self, channel_ids: Collection[UUID]) -> dict[UUID, timedelta]:
        del channel_ids
        return {}


_NOBODY = _Nobody()
_answering: Answering = _NOBODY


def register_answering(answering: Answering) -> None:
    """Say who answers chats. There is one desk; a second one is a programming error."""
    global _answering  # noqa: PLW0603 - there is one desk in an installation, by design
    if _answering is not _NOBODY:
        message = "somebody answers chats already"
        raise LookupError(message)
    _answering = answering


def answering() -> Answering:
    return _answering


@dataclass(frozen=True, slots=True)
class Help:
    """Something that anybody may read, and its address."""

    title: str
    url: str


Helping = Callable[[str, UUID], list[Help]]
"""What may answer a question asked on a channel, in the active language, best first."""


def _no_help(_question: str, _channel_id: UUID) -> list[Help]:
    return []


_helping: Helping = _no_help


def register_helping(helping: Helping) -> None:
    """Say what visitors may read before they ask. There is one knowledge base; a second one is a programming error."""
    global _helping  # noqa: PLW0603 - there is one knowledge base in an installation, by design
    if _helping is not _no_help:
        message = "somebody has something to read already"
        raise LookupError(message)
    _helping = helping


def helping() -> Helping:
    return _helping
