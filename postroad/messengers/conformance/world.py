"""The other side of a messenger's connector, and the inbox that it fills, as the suite needs them."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from postroad.channels.protocol import Health, TemporarilyUnavailable
from postroad.messengers.protocol import Account, Callback, Happening, MessengerConnector, RoomEvent, RoomMessage

STOP_WITHIN_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the people in the room see it."""

    external_id: str
    text: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    mentions: frozenset[str] = frozenset()


class World(ABC):
    """The messenger's own side. `many`: how many people make a large room here without tiring anybody."""

    connector: MessengerConnector
    account: Account
    many: int = 250

    @abstractmethod
    def hire(self, name: str, *, staff_no: str = "") -> str:
        """Somebody new in the directory; their user id."""

    def hire_many(self, count: int) -> list[str]:
        return [self.hire(f"同事{number:04}") for number in range(count)]

    @abstractmethod
    def dismiss(self, user_id: str) -> None:
        """Somebody leaves the company: not in the directory any more, or not active."""

    @abstractmethod
    def make_by_hand(self, name: str, *, owner: str, members: Sequence[str]) -> str:
        """Somebody makes a group in the messenger; its id."""

    @abstractmethod
    def rename_by_hand(self, room_id: str, name: str, *, by: str) -> None:
        """The owner renames a group in the messenger."""

    @abstractmethod
    def say(self, room_id: str, user_id: str, text: str, *, reply_to: str | None = None) -> str:
        """Somebody says something in a room; the message's external id."""

    @abstractmethod
    def seen(self, room_id: str) -> list[Said]:
        """What the connector has said in a room, in order, as long as it was not taken back."""

    @abstractmethod
    def break_down(self) -> None:
        """The messenger is unreachable from now on."""

    @abstractmethod
    def recover(self) -> None:
        """The messenger is there again."""

    @abstractmethod
    def limit(self, wait: timedelta) -> None:
        """The messenger answers “too often” until `wait` has passed."""

    def expire_tokens(self) -> None:  # noqa: B027 - not every messenger has tokens
        """Every token the messenger ever gave out is void; nothing to do where there are none."""

    @abstractmethod
    def dead_account(self) -> Account:
        """Another account of the same connector whose messenger is down for good."""

    def push_again(self) -> None:  # noqa: B027 - not every messenger pushes
        """The messenger delivers once more what it last delivered; nothing to do where it is asked instead."""

    # --- direct chats, where the connector has them (`DirectChats`) ---

    service_id: str = ""

    def write(self, text: str) -> list[Happening]:
        """A customer writes to the service account; what the messenger tells us of it, before anything is fetched."""
        pytest.fail(f"a connector with direct chats needs a customer who writes {text!r}")

    def got(self) -> list[Said]:
        """What the customer has got."""
        pytest.fail("a connector with direct chats needs a customer who reads")

    def shut(self) -> None:
        """The customer leaves, or does whatever else lets nothing reach them any more."""
        pytest.fail("a connector with direct chats needs a customer who leaves")

    def callback(self, text: str) -> Callback:
        """A genuine callback of now (`CALLBACKS`), about somebody who says `text` where it is heard."""
        pytest.fail(f"a connector that is called needs a genuine callback about {text!r}")


@dataclass(slots=True)
class Box:
    """An inbox in memory, with the promises of the real one."""

    accounts_now: list[Account]
    down: bool = False
    taken: list[Happening] = field(default_factory=list)
    cursors: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    reports: dict[UUID, Health] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accounts(self) -> tuple[Account, ...]:
        self._require_up()
        return tuple(self.accounts_now)

    def take(
        self, account: Account, happenings: Sequence[Happening], *, cursor: Mapping[str, Any] | None = None
    ) -> None:
        self._require_up()
        with self._lock:
            self.taken.extend(happenings)
            if cursor is not None:
                self.cursors[account.messenger_id] = cursor

    def cursor(self, account: Account) -> Mapping[str, Any] | None:
        self._require_up()
        return self.cursors.get(account.messenger_id)

    def report(self, account: Account, health: Health) -> None:
        self.reports[account.messenger_id] = health

    def messages(self) -> dict[str, RoomMessage]:
        """What others said, each once, by external id."""
        with self._lock:
            return {one.external_id: one for one in self.taken if isinstance(one, RoomMessage) and not one.ours}

    def texts(self) -> list[str]:
        return sorted(one.text for one in self.messages().values())

    def events(self, room_id: str) -> list[RoomEvent]:
        with self._lock:
            return [one for one in self.taken if isinstance(one, RoomEvent) and one.room_id == room_id]

    def _require_up(self) -> None:
        if self.down:
            raise TemporarilyUnavailable("down for the test")


@contextmanager
def listening(connector: MessengerConnector, box: Box) -> Iterator[None]:
    """Runs the connector's listening side; leaving stops it, which must not take long."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(connector.listen(box, stop))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_WITHIN_SECONDS)
        assert not thread.is_alive(), "the connector does not stop"
        assert not failures, failures


def folded(user_ids: Iterable[str]) -> set[str]:
    """User ids as they are compared."""
    return {one.casefold() for one in user_ids}
