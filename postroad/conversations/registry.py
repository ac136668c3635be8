"""Who is told about messages (what comes in, what became of what went out), and who else may read them.

Capabilities register from their `apps.ready()`; conversations knows none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from postroad.channels.protocol import IncomingMessage
    from postroad.conversations.models import Conversation, Delivery, Message
    from postroad.org.models import Contact, Person

    IntakeHandler: TypeAlias = Callable[[list["Intaken"]], None]
    DeliveryHandler: TypeAlias = Callable[[list[Delivery]], None]
    ReadingRight: TypeAlias = Callable[[Person, Message], bool]


@dataclass(frozen=True, slots=True)
class Intaken:
    """A message that has just been stored, as handlers get it.

    `new_conversation` is true for the message that opened the conversation, false for those that
    continue it. `contact` is None when the sender gave no usable address.
    """

    incoming: IncomingMessage
    message: Message
    conversation: Conversation
    new_conversation: bool
    contact: Contact | None


_intake_handlers: dict[str, IntakeHandler] = {}
_delivery_handlers: dict[str, DeliveryHandler] = {}
_reading_rights: dict[str, ReadingRight] = {}


def register_handler(handler: IntakeHandler) -> None:
    """Call `handler` with each batch of new messages, inside the transaction that stores them.

    It must take the whole batch with a constant number of statements. If it raises, the batch is
    handed to it again message by message; a message it still cannot take stays stored and is
    tried again later (docs/decisions/007-intake.md).
    """
    _intake_handlers[_free_name(handler, _intake_handlers)] = handler


def register_delivery_handler(handler: DeliveryHandler) -> None:
    """Call `handler` with deliveries that have just become SENT or FAILED, in that transaction.

    A delivery may become FAILED after it was SENT: that is a bounce.
    """
    _delivery_handlers[_free_name(handler, _delivery_handlers)] = handler


def register_reading_right(right: ReadingRight) -> None:
    """Let `right` open a message to people who do not belong to its channel, such as those who work on its case."""
    _reading_rights[_free_name(right, _reading_rights)] = right


def reading_rights() -> tuple[ReadingRight, ...]:
    return tuple(_reading_rights.values())


def intake_handlers() -> tuple[tuple[str, IntakeHandler], ...]:
    return tuple(_intake_handlers.items())


def delivery_handlers() -> tuple[DeliveryHandler, ...]:
    return tuple(_delivery_handlers.values())


def _free_name(handler: Callable[..., object], taken: Mapping[str, object]) -> str:
    name = f"{handler.__module__}.{handler.__qualname__}"
    if name in taken:
        message = f"{name} is already registered"
        raise ValueError(message)
    return name
