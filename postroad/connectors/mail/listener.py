"""The embedded LMTP (RFC 2033) and SMTP (RFC 5321) listener. It says 250 when a mail is committed, not before."""

import asyncio
import errno
import logging
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from postroad.channels.protocol import Directory, Endpoint, EndpointState, Sink, TemporarilyUnavailable
from postroad.connectors.mail.addressbook import AddressBook
from postroad.connectors.mail.compose import PROBE_HEADER
from postroad.connectors.mail.dotted import DottedContent
from postroad.connectors.mail.gather import Gatherer
from postroad.connectors.mail.lanes import Lanes, Outcome
from postroad.connectors.mail.receive import Arrival, HeaderBlock, goes_in_circles
from postroad.connectors.mail.spool import RawMail, sweep_spool

log = logging.getLogger(__name__)

READ_BYTES = 256 * 1024
MOST_RECIPIENTS = 100
MOST_CONNECTIONS = 1000
MOST_COMMANDS = 5000
IDLE_SECONDS = 120
WHOLE_MAIL_SECONDS = 30 * 60
STOP_SECONDS = 10

PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,255})>(?=\s|$)")

TAKEN = "250 2.0.0 Taken and stored"
REPLIES = {
    Outcome.STORED: TAKEN,
    Outcome.UNAVAILABLE: "451 4.3.0 Cannot store mail at the moment, try again later",
    Outcome.FAILED: "451 4.3.0 This mail could not be stored, try again later",
}
NO_SPACE = "452 4.3.1 No space to store mail at the moment, try again later"
TOO_LARGE = "552 5.3.4 This mail is larger than we take"
IN_CIRCLES = "554 5.4.6 This mail goes in circles: too many Received headers"
NOT_YET_OPEN = "450 4.2.1 This mailbox is not yet in service, try again later"
SUSPENDED = "450 4.2.1 This mailbox is out of service at the moment, try again later"
UNKNOWN = "550 5.1.1 No such mailbox here"


@dataclass(frozen=True, slots=True)
class ListenOn:
    """Where the listener listens; port 0 takes a free one, None none at all. `processes` store mails; see `Lanes`."""

    host: str
    lmtp_port: int | None
    smtp_port: int | None
    largest_mail: int
    greeting: str
    processes: int = 0
    certificate: Path | None = None
    certificate_key: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """What STARTTLS (RFC 3207) is offered with; without a certificate it is not. Raises OSError."""
        if self.certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.certificate_key)
        return context


class Reception:
    """What the SMTP conversation asks: is this address ours, and is this mail stored."""

    def __init__(self, directory: Directory, lanes: Lanes) -> None:
        self._book = AddressBook(directory)
        self._gatherer = Gatherer(lanes)
        self._under_way: set[asyncio.Task[list[str]]] = set()

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: "Addressed", address: str, options: list[str]
    ) -> str:
        del server, session, options
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            endpoint = await self._book.find(address)
        except TemporarilyUnavailable:
            return REPLIES[Outcome.UNAVAILABLE]
        if endpoint is None:
            return UNKNOWN
        if endpoint.state == EndpointState.DEFERRED:
            return SUSPENDED
        envelope.rcpt_tos.append(address)
        envelope.endpoints.append(endpoint)
        return "250 2.1.5 Recipient taken"

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_exception(self, error: Exception) -> str:
        log.error("an SMTP conversation failed", exc_info=error)
        return "451 4.3.0 Something went wrong here, try again later"

    async def take(self, recipients: Sequence[tuple[str, Endpoint]], raw: RawMail) -> list[str]:
        """One reply per recipient, given when the mail is committed for it. Closes `raw`.

        A peer that goes away meanwhile does not stop it: the mail is stored, and once, if it comes again.
        """
        task = asyncio.create_task(self._take(recipients, raw))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _take(self, recipients: Sequence[tuple[str, Endpoint]], raw: RawMail) -> list[str]:
        try:
            if goes_in_circles(raw.content):
                return [IN_CIRCLES] * len(recipients)
            received_at = datetime.now(tz=UTC)
            return list(await asyncio.gather(*(self._take_for(one, raw, received_at) for one in recipients)))
        finally:
            raw.close()

    async def _take_for(self, recipient: tuple[str, Endpoint], raw: RawMail, received_at: datetime) -> str:
        address, endpoint = recipient
        if endpoint.state == EndpointState.TRIAL and not HeaderBlock.of(raw.content).values(PROBE_HEADER):
            return NOT_YET_OPEN
        return REPLIES[await self._gatherer.put(Arrival(endpoint, raw, received_at, address))]

    async def close(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._gatherer.close()


class Addressed(Envelope):
    """An envelope that knows the channels its recipients belong to."""

    def __init__(self) -> None:
        super().__init__()
        self.endpoints: list[Endpoint] = []


class Conversation(SMTP):
    """One connection. `DATA` is read in large pieces into bounded memory and answered after the commit."""

    # The stream's buffer; aiosmtpd's own limit of one line would stop and start the transport for each.
    line_length_limit = READ_BYTES

    def __init__(
        self,
        reception: Reception,
        open_conversations: "OpenConversations",
        *,
        on: ListenOn,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(
            reception,
            data_size_limit=on.largest_mail,
            enable_SMTPUTF8=True,
            hostname=on.greeting,
            ident="Postroad",
            timeout=IDLE_SECONDS,
            command_call_limit=MOST_COMMANDS,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            tls_context=tls,
            loop=asyncio.get_running_loop(),
        )
        self._reception = reception
        self._open_conversations = open_conversations
        self._reading_mail = False
        self._last_mail = False

    def _create_envelope(self) -> Envelope:
        return Addressed()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The common form at a glance; the full grammar, which costs as much as reading the mail, for the rest."""
        if plain := PLAIN_ADDRESS.match(arg or ""):
            return plain.group(1), arg[plain.end() :]
        address: tuple[str | None, str | None] = super()._getaddr(arg)
        return address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Called again when STARTTLS has changed the transport.
        if self not in self._open_conversations and len(self._open_conversations) >= MOST_CONNECTIONS:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
            self._last_mail = True
        self._open_conversations.add(self)
        super().connection_made(transport)
        if self._last_mail:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._open_conversations.discard(self)
        super().connection_lost(error)

    def finish(self) -> None:
        """Says goodbye: at once when idle, after its reply when a mail is under way."""
        self._last_mail = True
        if not self._reading_mail and isinstance(self.transport, asyncio.WriteTransport):
            self.transport.write(b"421 4.3.2 Closing for now, try again later\r\n")
            self.transport.close()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        assert isinstance(envelope, Addressed)
        if not envelope.endpoints:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self._reading_mail = True
        try:
            for reply in await self._receive_mail(envelope):
                await self.push(reply)
        finally:
            self._reading_mail = False
            self.envelope = self._create_envelope()
        if self._last_mail:
            self.finish()

    async def _receive_mail(self, envelope: Addressed) -> list[str]:
        raw = RawMail()
        try:
            async with asyncio.timeout(WHOLE_MAIL_SECONDS):
                fault = await self._read_content(raw)
        except TimeoutError:
            fault = "421 4.4.2 Too slow"
            self._last_mail = True
        except BaseException:
            raw.close()
            raise
        recipients = list(zip(envelope.rcpt_tos, envelope.endpoints, strict=True))
        if fault:
            raw.close()
            return self._replies([fault] * len(recipients))
        # The commit takes what it takes; the peer is not idle meanwhile.
        self._reset_timeout(WHOLE_MAIL_SECONDS)
        replies = self._replies(await self._reception.take(recipients, raw))
        self._reset_timeout()
        return replies

    def _replies(self, replies: list[str]) -> list[str]:
        """SMTP has one reply for all: success only if every recipient's was; a repeated mail is stored once."""
        return [next((reply for reply in replies if reply != TAKEN), TAKEN)]

    async def _read_content(self, raw: RawMail) -> str | None:
        """Reads to the end of the content. Returns the reply that refuses it, or None."""
        content, fault = DottedContent(), None
        while not content.ended:
            piece = await self._reader.read(READ_BYTES)
            if not piece:
                raise ConnectionResetError("the peer went away in the middle of a mail")
            self._reset_timeout()
            decoded = content.feed(piece)
            if fault is None:
                fault = self._keep(raw, decoded)
        # What was read beyond the end are the next commands (RFC 2920).
        self._reader.feed_data(content.rest)
        with suppress(OSError):
            raw.finish()
            return fault
        return fault or NO_SPACE

    def _keep(self, raw: RawMail, piece: bytes) -> str | None:
        if self.data_size_limit and raw.size + len(piece) > self.data_size_limit:
            raw.discard()
            return TOO_LARGE
        try:
            raw.write(piece)
        except OSError as error:
            log.error("cannot keep an incoming mail: %s", error)  # noqa: TRY400 - the reason is in the error
            raw.discard()
            return NO_SPACE
        return None


class LocalConversation(Conversation, LMTP):
    """LMTP: the same with LHLO, and one reply per recipient."""

    def _replies(self, replies: list[str]) -> list[str]:
        return replies


class OpenConversations(set[Conversation]):
    """The connections there are at the moment; `gone` is set while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()
        self.gone.set()

    def add(self, conversation: Conversation) -> None:
        super().add(conversation)
        self.gone.clear()

    def discard(self, conversation: object) -> None:
        super().discard(conversation)
        if not self:
            self.gone.set()


class Listener:
    """The listening sockets. `async with Listener(…)`; leaving waits for the mails that are under way."""

    def __init__(self, on: ListenOn, directory: Directory, sink: Sink) -> None:
        self._on = on
        self._reception = Reception(directory, Lanes(sink, processes=on.processes))
        self._conversations = OpenConversations()
        self._servers: list[asyncio.Server] = []

    @property
    def ports(self) -> list[int]:
        """The ports in use: LMTP, then SMTP."""
        return [server.sockets[0].getsockname()[1] for server in self._servers]

    async def __aenter__(self) -> Self:
        sweep_spool()
        tls = self._on.tls()
        for port, kind in ((self._on.lmtp_port, LocalConversation), (self._on.smtp_port, Conversation)):
            if port is not None:
                self._servers.append(await self._listen(port, kind, tls))
        return self

    async def __aexit__(self, *exc: object) -> None:
        for server in self._servers:
            server.close()
        for conversation in list(self._conversations):
            conversation.finish()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._conversations.gone.wait()
        await self._reception.close()

    async def _listen(self, port: int, kind: type[Conversation], tls: ssl.SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        make = partial(kind, self._reception, self._conversations, on=self._on, tls=tls)
        try:
            return await loop.create_server(make, self._on.host, port, backlog=512)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(f"{self._on.host}:{port}") from error
            raise


class PortTaken(OSError):  # noqa: N818 - reads as the sentence it raises
    """Another program already listens where the mail listener should."""
