"""What passes between Postroad and a connector: messages in, messages out, health, and the registries.

Plain data and two registries; nothing here touches the database. A connector (mail, a messenger, the
telephone system) imports this module and `platform`, and nothing else of Postroad.

Words used throughout:

*external id*
    The message's name in its own system, unique within a channel. For mail it is the Message-ID without angle
    brackets; a message that has none gets one made of its content (`sha256:…`). See `IncomingMessage`.
*endpoint*
    A registered channel as its connector sees it: address, settings, secrets.
*sink*
    Where a connector puts what it received. It returns only when everything is committed.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

Content: TypeAlias = bytes | Callable[[], Iterator[bytes]]
"""Bytes, or a function that yields them in pieces (large content; may be called more than once)."""

SUBJECT_TOKEN = re.compile(r"\[(PR-[0-9]{1,12}(?:-[a-z0-9]{4,12})?)\]")
"""How a case is named in a subject line: `[PR-1234]`, or with a check suffix `[PR-1234-k7wq]`. Group 1 is the token."""


def chunks_of(content: Content) -> Iterator[bytes]:
    """The pieces of `content`, whichever form it has."""
    if isinstance(content, bytes):
        yield content
    else:
        yield from content()


# --- coming in ----------------------------------------------------------------------------------------------


class RecipientRole(StrEnum):
    TO = "to"
    CC = "cc"
    BCC = "bcc"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One addressee. `address` is lower case."""

    role: RecipientRole
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class IncomingAttachment:
    """A part of a received message beside its visible text; inline images and attached messages count."""

    name: str
    content_type: str
    size: int
    sha256: str
    content: Content = field(repr=False)
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One address a bounce speaks of. `permanent` is False for "still trying"."""

    address: str
    permanent: bool
    status: str = ""
    diagnostic: str = ""


class AutoKind(StrEnum):
    """Why a message was not written by a person for us (`IncomingMessage.auto`)."""

    REPLY = "auto-reply"
    BOUNCE = "bounce"
    LIST = "list"
    CALENDAR = "calendar"
    RECORD = "record"
    """That something was said elsewhere (an answered call): kept with the customer's history, nobody waits for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """One message as it arrived on one channel.

    `(channel_id, external_id)` names it: the same message coming in twice (two ways in, a retry after a
    crash) has the same name and is stored once. Two *different* messages under one external id happen
    (senders that reuse Message-IDs): when a stored message has this `external_id` but another
    `content_digest`, the message is stored under `distinct_id` instead, so that nothing is dropped as a false
    duplicate.

    `thread_ids` are external ids of earlier messages, oldest first, the one replied to last. `sender_address`
    and `reply_address` (where an answer goes: the sender, unless the message says otherwise) are lower case,
    "" when unknown. `received_at` and `sent_at` are aware; `sent_at` is what the sender claims and may be
    nonsense, or None. `text` is the visible body, `reply_text` the body without quoted history and signature;
    `html` is as received, not sanitised. `auto` is an `AutoKind` value or None. `may_autorespond` is the only
    thing to ask before answering by machine. `bounce_of` is the external id of our own message that could
    not be delivered.
    `sender_person_id` is set where the connector's side knows which of our people wrote, `sender_contact_id` where it
    knows the outside contact by something else than a mail address (a telephone number); `sender_is_contact` False
    keeps anybody else from becoming an outside contact (a chat group of the staff).
    `probe` is set on Postroad's own health probe, which is never stored.
    """

    channel_id: UUID
    external_id: str
    content_digest: str
    sender_name: str
    sender_address: str
    received_at: datetime
    raw: Content = field(repr=False)
    sent_at: datetime | None = None
    reply_address: str = ""
    recipients: tuple[Recipient, ...] = ()
    thread_ids: tuple[str, ...] = ()
    subject_token: str | None = None
    subject: str = ""
    text: str = ""
    reply_text: str = ""
    html: str | None = None
    attachments: tuple[IncomingAttachment, ...] = ()
    auto: str | None = None
    may_autorespond: bool = False
    bounce_of: str | None = None
    failed_recipients: tuple[FailedRecipient, ...] = ()
    problems: tuple[str, ...] = ()
    sender_person_id: UUID | None = None
    sender_contact_id: UUID | None = None
    sender_is_contact: bool = True
    probe: str | None = None

    @property
    def distinct_id(self) -> str:
        """The external id under which this is kept when another message already holds `external_id`."""
        return f"{self.external_id}#{self.content_digest[:16]}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a message is committed. `message_id` is None for what is not kept (a health probe)."""

    channel_id: UUID
    external_id: str
    message_id: UUID | None
    created: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a connector has read, committed together with what it read. `value` is JSON."""

    channel_id: UUID
    name: str
    value: Mapping[str, Any]


class TemporarilyUnavailable(Exception):  # noqa: N818 - reads as the sentence it raises
    """The sink cannot store anything at the moment (database down, disk full): keep the messages, try again later."""


class Sink(Protocol):
    """Stores a batch in one transaction and returns one receipt per message, in order, once it is committed.

    Raises `TemporarilyUnavailable` when the fault is ours and passing; any other exception means that
    something in this batch cannot be stored, and nothing of it was. May be called from any thread.
    """

    def __call__(self, batch: Sequence[IncomingMessage], *, cursors: Sequence[Cursor] = ()) -> list[Receipt]: ...


# --- going out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutgoingAttachment:
    name: str
    content_type: str
    size: int
    content: Content = field(repr=False)
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to be sent. Sending the same `message_id` twice carries the same external id.

    `thread_ids` are the external ids of the conversation so far, oldest first, the one answered last.
    `automatic` marks what no person wrote (receipts, notices); robots do not answer such mail.
    `sender_address` is set where it is not the channel's own, `answers_to` where answers go elsewhere.
    """

    message_id: UUID
    channel_id: UUID
    recipients: tuple[Recipient, ...]
    subject: str
    text: str
    created_at: datetime
    sender_name: str = ""
    sender_address: str = ""
    answers_to: str = ""
    subject_token: str | None = None
    html: str | None = None
    attachments: tuple[OutgoingAttachment, ...] = ()
    thread_ids: tuple[str, ...] = ()
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class SendResult:
    """The other system has taken the message. `refused` are addressees it would not take while it took others."""

    external_id: str
    accepted_at: datetime
    refused: tuple[FailedRecipient, ...] = ()


class SendFailed(Exception):  # noqa: N818
    """The message was not taken. `permanent` says that trying again the same way is useless."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


# --- health -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Health:
    """What a probe found. `ok` None: the probe is under way and will be closed when it comes in through the sink."""

    ok: bool | None
    detail: str = ""
    round_trip: timedelta | None = None


# --- connectors ---------------------------------------------------------------------------------------------


class Capability(StrEnum):
    SEND = "send"
    RECEIVE = "receive"
    PROBE = "probe"


class SettingKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - the name of a kind of field


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a connector must know of a channel. Labels are lazily translated strings.

    `only_if` names an earlier setting and the value it must have for this one to mean anything.
    """

    name: str
    label: Any
    kind: SettingKind = SettingKind.TEXT
    required: bool = False
    default: str | int | bool = ""
    choices: tuple[tuple[str, Any], ...] = ()
    help_text: Any = ""
    only_if: tuple[str, str] | None = None


class EndpointState(StrEnum):
    """`TRIAL`: approved, only probes pass. `OPEN`: in service. `DEFERRED`: suspended, senders are asked to wait."""

    TRIAL = "trial"
    OPEN = "open"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A channel as its connector sees it. `open_since`: messages older than this are none of our business."""

    channel_id: UUID
    key: str
    name: str
    address: str
    state: EndpointState = EndpointState.OPEN
    open_since: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> tuple[object, ...]:
        """Changes exactly when a connection made for this endpoint has to be made anew."""
        return (
            self.address,
            self.state,
            self.open_since,
            repr(sorted(self.settings.items())),
            hash(frozenset(self.secrets.items())),
        )


class Directory(Protocol):
    """What a receiving connector may ask Postroad. Synchronous; asks the database; call it from a thread."""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The connector's channels that are approved, live or suspended, now."""

    def cursor(self, channel_id: UUID, name: str) -> Mapping[str, Any] | None:
        """The last committed value of a cursor."""

    def report(self, channel_id: UUID, health: Health) -> None:
        """Record that the connection of a channel failed or works again (only changes are kept)."""


@runtime_checkable
class Connector(Protocol):
    """Code that talks to one kind of outside system. One instance per process, stateless between calls.

    `send` and `probe` are synchronous and do network: never call them in a transaction. `receive` runs until
    `stop` is set, survives every outage of the other side, and never lets one bad message or one dead channel
    block another.
    """

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Any: ...
    @property
    def capabilities(self) -> frozenset[Capability]: ...
    @property
    def settings(self) -> tuple[Setting, ...]: ...

    def validate_settings(self, endpoint: Endpoint) -> dict[str, Any]:
        """Problems by setting name (`address` for the address itself); empty when the settings can work."""

    def send(self, endpoint: Endpoint, message: OutgoingMessage) -> SendResult:
        """Hand `message` over to the other system. Raises `SendFailed`."""

    async def receive(self, directory: Directory, sink: Sink, stop: asyncio.Event) -> None:
        """Take in what arrives on all endpoints until `stop` is set; then finish what is half done and return."""

    def probe(self, endpoint: Endpoint, token: str) -> Health:
        """Send a probe named `token` round the channel. Does not raise when the channel is merely broken."""


_connectors: dict[str, Connector] = {}


def register_connector(connector: Connector) -> None:
    """Make a connector known. Called from `apps.ready()`; a second connector under one key is a programming error."""
    if _connectors.setdefault(connector.key, connector) is not connector:
        message = f"connector {connector.key!r} is registered twice"
        raise ValueError(message)


def connectors() -> tuple[Connector, ...]:
    """All registered connectors, by key."""
    return tuple(_connectors[key] for key in sorted(_connectors))


def connector_of(key: str) -> Connector:
    """The connector registered under `key`. Raises `LookupError`."""
    try:
        return _connectors[key]
    except KeyError:
        message = f"no connector is registered under {key!r}"
        raise LookupError(message) from None


# --- the one way in -----------------------------------------------------------------------------------------


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


class Taken(Protocol):
    """What the intake says of one message: the stored message and whether it is new."""

    @property
    def message(self) -> _HasId: ...
    @property
    def created(self) -> bool: ...


Intake: TypeAlias = Callable[[Sequence[IncomingMessage]], Sequence[Taken]]

_intake: Intake | None = None


def register_intake(intake: Intake) -> None:
    """Name the one function that stores incoming messages (conversations does, from `apps.ready()`)."""
    global _intake  # noqa: PLW0603 - there is one intake in a process, by design
    if _intake is not None and _intake is not intake:
        message = "an intake is already registered"
        raise ValueError(message)
    _intake = intake


def deliver(batch: Sequence[IncomingMessage]) -> list[Receipt]:
    """Hand `batch` to the intake and return its receipts in order. Joins the caller's transaction, if there is one."""
    if _intake is None:
        message = "no intake is registered: postroad.conversations is not installed"
        raise LookupError(message)
    return [
        Receipt(incoming.channel_id, incoming.external_id, taken.message.id, taken.created)
        for incoming, taken in zip(batch, _intake(batch), strict=True)
    ]
