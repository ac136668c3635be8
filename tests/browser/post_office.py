"""The mail server of the outside world: takes what Postroad sends, and brings our own domain's mail back to it."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from postroad.connectors.mail.tests.outside import Closing
from tests.servers.ports import free_port

WAIT_SECONDS = 60
RETRY_SECONDS = 0.5
PERMANENT = 500


@dataclass(frozen=True)
class Letter:
    """A mail as it was handed over: the envelope and the parsed message."""

    sender: str
    addressees: tuple[str, ...]
    message: EmailMessage


class PostOffice:
    """Use as a context manager; listens at `port`. Every mail for somebody outside lies in `letters`."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self._port_of_ours = 0
        self._domain = ""
        self.port = free_port()
        self._controller = Closing(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    def deliver_to(self, port: int, *, domain: str) -> None:
        """From now on mail for `domain` goes on to the SMTP server at `port`, as a company's own server would do it."""
        self._port_of_ours, self._domain = port, domain

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = bytes(envelope.content or b"")
        ours = [one for one in envelope.rcpt_tos if one.lower().endswith(f"@{self._domain}")]
        others = tuple(one for one in envelope.rcpt_tos if one not in ours)
        if ours and self._domain:
            await server.loop.run_in_executor(None, self._send_on, envelope.mail_from or "", ours, content)
        if others:
            message = message_from_bytes(content, policy=policy.default)
            self.letters.append(Letter(envelope.mail_from or "", others, message))
        return "250 taken"

    def post(self, message: EmailMessage) -> None:
        """A customer's mail, handed to our server as the company's own mail server would."""
        self._send_on(str(message["From"]), [str(message["To"])], message.as_bytes())

    def letter_to(self, address: str, *, after: int = 0) -> Letter:
        """The first mail to `address` among those that came after the first `after`; waits for it."""
        return _awaited(
            lambda: next((one for one in self.letters[after:] if address in one.addressees), None),
            f"no mail to {address} came",
        )

    def _send_on(self, sender: str, addressees: list[str], content: bytes) -> None:
        """Hand a mail over, as a mail server does it: asked to come again later, it comes again."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", self._port_of_ours, timeout=WAIT_SECONDS) as connection:
                    connection.sendmail(parseaddr(sender)[1], addressees, content)
            except smtplib.SMTPResponseException as answer:
                if answer.smtp_code >= PERMANENT or time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_SECONDS)
            else:
                return


def _awaited(find: Callable[[], Letter | None], complaint: str) -> Letter:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := find():
            return found
        time.sleep(0.1)
    raise AssertionError(complaint)
