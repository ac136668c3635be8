"""Live chat on web sites as a connector: our own web server is the other system.

Visitors read their chats from the database, so a message is theirs as soon as it is written; sending it says that this
is so. Receiving is the web server's part: what visitors post comes in there.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from postroad.channels.protocol import (
    Capability,
    Directory,
    Endpoint,
    Health,
    OutgoingMessage,
    SendResult,
    Setting,
    Sink,
)
from postroad.platform.network import not_in_a_transaction

PATIENCE = timedelta(seconds=10)
UNREACHABLE = gettext_noop("Postroad's own address (POSTROAD_URL) does not answer; no site can show the chat.")


@dataclass(frozen=True, slots=True)
class WebChat:
    """`address` is where this installation's pages are, as visitors' browsers reach them."""

    address: str

    key: ClassVar[str] = "webchat"
    title: ClassVar[Any] = _("Live chat on web sites")
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.SEND, Capability.PROBE})
    settings: ClassVar[tuple[Setting, ...]] = ()

    def validate_settings(self, endpoint: Endpoint) -> dict[str, Any]:
        del endpoint
        return {}

    def send(self, endpoint: Endpoint, message: OutgoingMessage) -> SendResult:
        del endpoint
        return SendResult(f"chat-{message.message_id.hex}", datetime.now(tz=UTC))

    async def receive(self, directory: Directory, sink: Sink, stop: asyncio.Event) -> None:
        del directory, sink
        await stop.wait()

    def probe(self, endpoint: Endpoint, token: str) -> Health:
        """Ask for the chat as a visitor's browser does."""
        del token
        not_in_a_transaction()
        begun = datetime.now(tz=UTC)
        try:
            answer = httpx.get(f"{self.address}/chat/{endpoint.key}/setup/", timeout=PATIENCE.total_seconds())
        except httpx.HTTPError:
            return Health(ok=False, detail=UNREACHABLE)
        if answer.status_code != httpx.codes.OK:
            return Health(ok=False, detail=UNREACHABLE)
        return Health(ok=True, round_trip=datetime.now(tz=UTC) - begun)
