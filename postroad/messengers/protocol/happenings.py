"""What happens in a messenger, and where it is put."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from postroad.channels.protocol import Health, IncomingAttachment
from postroad.messengers.protocol.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomMessage:
    """Something said in a room. `external_id` is unique in the room. `ours`: we sent it ourselves.

    `direct`: said to us alone, not in a group. `replaces`: external id of the message that this one edits.

    In a direct chat, besides: `service_id`, the service account it was said to (needed only in what may be the first
    message of a room); `unreadable`, that it is encrypted and we hold no key; `by_staff`, that one of our own people
    wrote it in the messenger itself; `bounce_of`, that it tells that our message of this external id did not arrive,
    `text` being the reason.
    """

    room_id: str
    external_id: str
    sender_id: str
    sender_name: str
    sent_at: datetime
    text: str
    raw: bytes = field(repr=False)
    html: str | None = None
    reply_to: str | None = None
    replaces: str | None = None
    mentions: tuple[str, ...] = ()
    attachments: tuple[IncomingAttachment, ...] = ()
    ours: bool = False
    direct: bool = False
    service_id: str = ""
    unreadable: bool = False
    by_staff: bool = False
    bounce_of: str | None = None


class RoomEventKind(StrEnum):
    MADE = "made"
    RENAMED = "renamed"
    OWNER_CHANGED = "owner-changed"
    JOINED = "joined"
    LEFT = "left"
    SETTINGS_CHANGED = "settings-changed"
    CLOSED = "closed"
    MESSAGE_REDACTED = "message-redacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEvent:
    """Something that changed about a room. `by` is the user id of who did it, where the messenger tells.

    Which room, and that it changed, is what counts: the room is read anew. `external_id`: of this event, or,
    for a redaction, of the message taken back.
    """

    kind: RoomEventKind
    room_id: str
    at: datetime
    by: str | None = None
    user_ids: tuple[str, ...] = ()
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEvent:
    """Somebody or something in the directory changed: go and read it again."""

    at: datetime
    user_ids: tuple[str, ...] = ()
    department_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectNews:
    """There is something to fetch for a service account (`DirectChats.fetch`), with `token`.

    `room_id` and `user_id` are set when somebody has begun a direct chat: whatever comes from that room from now on
    belongs to it, however soon it comes.
    """

    service_id: str
    at: datetime
    token: str
    room_id: str = ""
    user_id: str = ""


Happening: TypeAlias = RoomMessage | RoomEvent | DirectoryEvent | DirectNews


class Inbox(Protocol):
    """Where a connector puts what happened. Synchronous; call it from a thread.

    Returns only when everything is committed together with the cursor; what comes twice is kept once. Raises
    `channels.protocol.TemporarilyUnavailable` when the fault is ours and passing: keep it, try again later. A
    message that cannot be stored for good is kept aside by the inbox and does not raise.
    """

    def accounts(self) -> tuple[Account, ...]:
        """The connector's accounts in use, now."""

    def take(
        self, account: Account, happenings: Sequence[Happening], *, cursor: Mapping[str, Any] | None = None
    ) -> None: ...

    def cursor(self, account: Account) -> Mapping[str, Any] | None:
        """The last committed cursor."""

    def report(self, account: Account, health: Health) -> None:
        """Record that the connection of an account failed or works again (only changes are kept)."""
