"""What a messenger's connector does."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from postroad.channels.protocol import Health, OutgoingMessage, SendResult, Setting
from postroad.messengers.protocol.account import Account
from postroad.messengers.protocol.callbacks import Callback, CallbackReply
from postroad.messengers.protocol.happenings import Inbox, RoomMessage
from postroad.messengers.protocol.people import DirectorySource
from postroad.messengers.protocol.rooms import RoomChange, RoomSetting, RoomSpec, RoomState

USUALLY = timedelta(minutes=25)


class Sight(StrEnum):
    """Which rooms a messenger lets us see (the honest base of the observability grade)."""

    ALL_ROOMS = "all-rooms"
    OWN_ROOMS = "own-rooms"  # only those made through this account


class Feature(StrEnum):
    """What a messenger can do; what is missing is said on the page and never asked of the connector."""

    REMOVE_MEMBER = "remove-member"
    CHANGE_OWNER = "change-owner"
    CHANGE_ADMINS = "change-admins"  # who helps the owner run a room: told, and changed
    CLOSE_ROOM = "close-room"
    REDACT = "redact"  # what we said ourselves
    REDACT_OTHERS = "redact-others"  # what anybody said
    HISTORY = "history"
    RECEIVE_GROUP_MESSAGES = "receive-group-messages"  # all of them, not only those that mention us
    CALLBACKS = "callbacks"
    LISTEN = "listen"


@runtime_checkable
class MessengerConnector(DirectorySource, Protocol):
    """Code that talks to one kind of messenger. One instance per process, stateless between calls.

    Everything but `listen` is synchronous and does network: never call it in a transaction. Every call respects
    the messenger's rate limits by `platform.rates`, waits for a short delay itself, and raises
    `MessengerFault(retry_after=…)` for a long one. Calls are idempotent: a repeat after a crash changes nothing.
    """

    settings: ClassVar[tuple[Setting, ...]]
    sight: ClassVar[Sight]
    features: ClassVar[frozenset[Feature]]
    room_settings: ClassVar[frozenset[RoomSetting]]
    longest_name: ClassVar[int]
    largest_room: ClassVar[int]

    def validate(self, account: Account) -> dict[str, Any]:
        """Problems by setting name, without network; empty when the settings can work."""

    def check(self, account: Account) -> Health:
        """Whether the account works now. Does not raise when the messenger is merely broken."""

    def rooms_every(self, account: Account, *, number: int) -> timedelta:
        """How long to wait at least before all rooms are read again by the clock, when there are `number` of them.

        `USUALLY` where reading costs nothing; longer where the messenger counts calls.
        """

    def rooms(self, account: Account, *, known: Iterable[str]) -> Iterator[RoomState]:
        """All rooms in sight, fully read. `known` are the ids we keep, for messengers that cannot list."""

    def read_room(self, account: Account, room_id: str) -> RoomState:
        """Raises `NoSuchRoom`."""

    def make_room(self, account: Account, spec: RoomSpec) -> str:
        """Make the room, or find the one made before under `spec.key`; its id. Members come with `change_room`
        when the messenger limits how many may be named at once: that is the connector's business.
        """

    def change_room(self, account: Account, room_id: str, change: RoomChange) -> None:
        """Make the change. Raises `NoSuchRoom`, `MessengerFault`; what was done before a fault stays done.

        An empty change makes nothing different but that we can act and hear there, where that takes something.
        """

    def close_room(self, account: Account, room_id: str) -> None:
        """End the room, or empty it where the messenger cannot end one; one that has ended stays so."""

    def send(self, account: Account, room_id: str, message: OutgoingMessage) -> SendResult:
        """Say `message` in the room; twice with one `message_id` says it once, where the messenger allows.

        Recipients whose address is a user id are mentioned. Text above the messenger's limit is sent in parts or as a
        file. Raises `channels.protocol.SendFailed`, permanent when there is no such room.
        """

    def redact(self, account: Account, room_id: str, external_id: str, *, reason: str) -> None:
        """Take a message back; one that is taken back already stays so. Raises `MessengerFault`."""

    def history(self, account: Account, room_id: str, *, since: datetime | None) -> Iterator[RoomMessage]:
        """What was said, oldest first."""

    async def listen(self, inbox: Inbox, stop: asyncio.Event) -> None:
        """Take in what happens on all accounts until `stop` is set, where the messenger is asked (`LISTEN`).

        Survives every outage; one dead account never blocks another; resumes without loss from the cursor.
        """

    def read_callback(self, account: Account, callback: Callback) -> CallbackReply:
        """Verify and read what the messenger sent us (`CALLBACKS`). Raises `CallbackRefused`."""
