"""A connector to a system that lives in this process: for tests and for trying things without any account.

What is sent lies in `sent`; what is `post`ed comes in. It keeps the protocol's promises like any other
connector and passes the same conformance suite.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from postroad.channels.protocol import (
    Capability,
    Cursor,
    Directory,
    Endpoint,
    EndpointState,
    Health,
    IncomingMessage,
    OutgoingMessage,
    SendFailed,
    SendResult,
    Setting,
    Sink,
    TemporarilyUnavailable,
)

TICK_SECONDS = 0.02
CURSOR = "memory"


@dataclass(slots=True)
class MemoryConnector:
    """`fault`, when set, is raised by the next sendings; `broken` makes probes fail."""

    sent: list[tuple[Endpoint, OutgoingMessage]] = field(default_factory=list)
    fault: SendFailed | None = None
    broken: bool = False
    _posted: dict[UUID, list[IncomingMessage]] = field(default_factory=dict)
    _waiting_probes: deque[IncomingMessage] = field(default_factory=deque)

    key: ClassVar[str] = "memory"
    title: ClassVar[Any] = _("In memory")
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)
    settings: ClassVar[tuple[Setting, ...]] = (Setting("room", _("Room"), required=True),)

    def validate_settings(self, endpoint: Endpoint) -> dict[str, Any]:
        return {} if endpoint.settings.get("room") else {"room": _("Name the room.")}

    def send(self, endpoint: Endpoint, message: OutgoingMessage) -> SendResult:
        if self.fault is not None:
            raise self.fault
        self.sent.append((endpoint, message))
        return SendResult(f"memory-{message.message_id.hex}", datetime.now(tz=UTC))

    def post(self, message: IncomingMessage) -> None:
        """Somebody says `message`; it stays until it is read, and is read again by a connector that forgot."""
        self._posted.setdefault(message.channel_id, []).append(message)

    async def receive(self, directory: Directory, sink: Sink, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.to_thread(self.read_once, directory, sink)
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    def read_once(self, directory: Directory, sink: Sink) -> None:
        """Reads what was posted since the committed cursor, one by one past a message that cannot be stored."""
        try:
            while self._waiting_probes:
                sink([self._waiting_probes[0]])
                self._waiting_probes.popleft()
            for endpoint in directory.endpoints():
                if endpoint.state == EndpointState.OPEN:
                    self._read_channel(endpoint.channel_id, directory, sink)
        except TemporarilyUnavailable:
            return

    def _read_channel(self, channel_id: UUID, directory: Directory, sink: Sink) -> None:
        done = int((directory.cursor(channel_id, CURSOR) or {}).get("read", 0))
        unread = self._posted.get(channel_id, [])[done:]
        if not unread:
            return
        if self._stored(sink, unread, self._cursor(channel_id, done + len(unread))):
            return
        for number, message in enumerate(unread, start=done + 1):
            cursor = self._cursor(channel_id, number)
            if not self._stored(sink, [message], cursor):
                sink([], cursors=[cursor])

    def _stored(self, sink: Sink, messages: list[IncomingMessage], cursor: Cursor) -> bool:
        try:
            sink(messages, cursors=[cursor])
        except TemporarilyUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the messages behind it must come in
            return False
        return True

    def _cursor(self, channel_id: UUID, read: int) -> Cursor:
        return Cursor(channel_id, CURSOR, {"read": read})

    def probe(self, endpoint: Endpoint, token: str) -> Health:
        if self.broken:
            return Health(ok=False, detail="broken")
        self._waiting_probes.append(
            IncomingMessage(
                channel_id=endpoint.channel_id,
                external_id=f"probe-{token}",
                content_digest=sha256(token.encode()).hexdigest(),
                sender_name="",
                sender_address=endpoint.address,
                received_at=datetime.now(tz=UTC),
                raw=token.encode(),
                probe=token,
            )
        )
        return Health(ok=None)
