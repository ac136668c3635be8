"""Who is told about rooms and their people. Capabilities register from their `apps.ready()`; messengers knows none."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from postroad.messengers.models import Room

RoomListener: TypeAlias = Callable[[Collection[UUID]], None]
PeopleListener: TypeAlias = Callable[[Collection[UUID]], None]


@dataclass(frozen=True, slots=True)
class Redaction:
    """A message of a registered room was taken back in the messenger. `external_id` as the intake keeps it."""

    room: Room
    external_id: str
    by_user_id: str | None
    at: datetime


RedactionHandler: TypeAlias = Callable[[Collection[Redaction]], None]
Listener = TypeVar("Listener", RoomListener, PeopleListener, RedactionHandler)

_room_listeners: list[RoomListener] = []
_people_listeners: list[PeopleListener] = []
_redaction_handlers: list[RedactionHandler] = []


def register_room_listener(listener: RoomListener) -> None:
    """Call `listener` with the ids of rooms that were seen to have changed, in the transaction that keeps the change.

    Found, gone and returned rooms count as changed. The listener takes the whole collection in a constant number
    of statements; what it raises undoes what was seen.
    """
    _add(listener, _room_listeners)


def register_people_listener(listener: PeopleListener) -> None:
    """Call `listener` with the ids of persons whose user in a messenger came, went or changed, in that transaction."""
    _add(listener, _people_listeners)


def register_redaction_handler(handler: RedactionHandler) -> None:
    """Call `handler` with messages taken back, in the transaction that puts it on record."""
    _add(handler, _redaction_handlers)


def tell_of_rooms(room_ids: Collection[UUID]) -> None:
    for listener in _room_listeners if room_ids else ():
        listener(room_ids)


def tell_of_people(person_ids: Collection[UUID]) -> None:
    for listener in _people_listeners if person_ids else ():
        listener(person_ids)


def tell_of_redactions(redactions: Collection[Redaction]) -> None:
    for handler in _redaction_handlers if redactions else ():
        handler(redactions)


def _add(listener: Listener, registered: list[Listener]) -> None:
    if listener in registered:
        message = f"{listener!r} is registered twice"
        raise ValueError(message)
    registered.append(listener)
