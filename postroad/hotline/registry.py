"""What the hotline must ask and tell the desk, which lies above it and registers here from its `apps.ready()`.

A missed call becomes a message; what case the desk makes of it, only the desk knows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from postroad.clock.models import Deadline
    from postroad.hotline.models import Call
    from postroad.org.models import Contact, Person
    from postroad.platform.actors import Actor


@dataclass(frozen=True, slots=True)
class CaseStanding:
    """How the case of a conversation stands; `promise` is that of calling back, while it is owed."""

    number: int
    subject: str
    url: str
    state: str
    finished: bool
    assignee: Person | None
    opened_at: datetime
    promise: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledBack:
    """That somebody turned to a caller who had reached nobody. `settled`: nothing more is to be done on the case.

    `needed` False: no call was needed, so what was promised is dropped, for the reason in `note`.
    """

    conversation_id: UUID
    at: datetime
    person: Person | None
    actor: Actor
    settled: bool
    needed: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenCall:
    """That a customer was spoken to at `at`, as `conversation_id` tells; `person` says which case it was about."""

    conversation_id: UUID
    at: datetime
    person: Person

    @property
    def actor(self) -> Actor:
        return self.person.as_actor()


@dataclass(frozen=True, slots=True)
class OtherWay:
    """What a caller whom nobody answered is offered: `text`, in their language, says all of it.

    `url` is the link to take it by, "" where none is needed.
    """

    text: str
    url: str
    expires_at: datetime


class CaseKeeper(Protocol):
    """Who keeps the cases."""

    def offer_other_way(self, conversation_ids: Collection[UUID]) -> dict[UUID, OtherWay]:
        """What the callers of these conversations are offered for the telephone system to say, made now if it is due.

        In transactions of its own. Asked again, it says the same until the offer is taken or over.
        """

    def cases_of(self, conversation_ids: Collection[UUID]) -> dict[UUID, CaseStanding]:
        """The case of each conversation now, with what is owed on it. A constant number of queries."""

    def latest_of(self, contact: Contact, *, reader: Person, limit: int) -> list[CaseStanding]:
        """The newest cases of a contact that the reader may see."""

    def open_of(self, contact: Contact, *, reader: Person) -> list[CaseStanding]:
        """The newest cases of a contact that are open, and on which the reader may work."""

    def add_call(self, number: int, told: SpokenCall) -> None:
        """Put a call with the open case of that number. Raises Conflict where it was finished or merged meanwhile."""

    def spoken_to(self, conversation_id: UUID, *, person: Person) -> None:
        """The case that has just been opened is that of somebody `person` has spoken to: no call back is owed."""

    def called_back(self, told: CalledBack) -> None:
        """Keep, or drop, the promise of calling back. Called inside the transaction; repeating it does no harm."""


CallListener = Callable[[list["Call"]], None]
"""Called with calls that have just been spoken to their end, in the transaction in which that was told."""

_listeners: list[CallListener] = []
_keepers: list[CaseKeeper] = []


def register_call_listener(listener: CallListener) -> None:
    """Hear of calls that were spoken and are over, tests left out; of one told anew it may hear again."""
    _listeners.append(listener)


def calls_spoken(calls: list[Call]) -> None:
    """Tell the listeners; called by the actions of this package only."""
    for listener in _listeners if calls else ():
        listener(calls)


def register_case_keeper(keeper: CaseKeeper) -> None:
    """Name who keeps the cases; a second one is a programming error."""
    if _keepers:
        message = "a keeper of cases is already registered"
        raise ValueError(message)
    _keepers.append(keeper)


def case_keeper() -> CaseKeeper:
    """Who keeps the cases. Raises LookupError without one."""
    if not _keepers:
        message = "nobody keeps cases: postroad.desk is not installed"
        raise LookupError(message)
    return _keepers[0]
