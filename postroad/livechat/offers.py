"""Chats that were offered to somebody who tried another way in vain; whoever keeps the cases makes the offers.

The desk registers from its `apps.ready()`; without it nothing is offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from postroad.channels.models import Channel
from postroad.livechat.models import Visit
from postroad.org.models import Contact


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer that can be taken: whom it was made to, as far as known, and what it is about, in the active language.

    `visit`: it has been taken already, in another browser perhaps. `offer` is the keeper's own.
    """

    offer: Any
    about: str
    name: str = ""
    mail: str = ""
    contact: Contact | None = None
    visit: Visit | None = None


class Offers(Protocol):
    def offered(self, channel: Channel, code: str) -> Offered:
        """The offer behind the code of a link, locked. Raises NotFound for one that is over or was never made."""

    def taken(self, offered: Offered, visit: Visit) -> None:
        """The chat has been opened; its conversation has begun."""

    def left(self, visit: Visit) -> None:
        """The visitor wants the answer by mail."""


_offers: list[Offers] = []


def register_offers(offers: Offers) -> None:
    """Say who makes offers; a second one is a programming error."""
    if _offers:
        message = "somebody makes offers already"
        raise LookupError(message)
    _offers.append(offers)


def offers() -> Offers | None:
    return _offers[0] if _offers else None
