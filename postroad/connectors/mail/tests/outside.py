"""The outside world of the mail tests: a server that takes our mail, and one that sends us theirs and does not give up."""

import asyncio
import queue
import smtplib
import threading
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.servers.ports import free_port


class Closing(Controller):
    """aiosmtpd's server, which in the end closes the connections that its clients left open."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._conversations: list[SMTP] = []

    def factory(self) -> SMTP:
        conversation = super().factory()
        self._conversations.append(conversation)
        return conversation

    def stop(self, no_assert: bool = False) -> None:
        if self.loop.is_running():
            asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(10)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        for conversation in self._conversations:
            if conversation.transport is not None:
                conversation.transport.abort()
        # The sockets are closed in the loop's next turn.
        await asyncio.sleep(0)
        await asyncio.sleep(0)


class TakingServer:
    """An SMTP server that keeps what it is given, or refuses it with `reply`."""

    def __init__(self, port: int | None = None) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.reply = ""
        self._controller = Closing(self, hostname="127.0.0.1", port=port or free_port())

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name aiosmtpd calls
        if self.reply:
            return self.reply
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 2.0.0 Taken"

    @property
    def port(self) -> int:
        return self._controller.port

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._controller.server is not None:
            self._controller.stop(no_assert=True)


class SendingServer:
    """Sends mails to our listener one by one, each again and again until it is taken, like a mail server's queue."""

    def __init__(self, port: int, *, lmtp: bool) -> None:
        self._port, self._lmtp = port, lmtp
        self._queue: queue.Queue[tuple[str, str, bytes] | None] = queue.Queue()
        self._stopped = threading.Event()
        self._waiting: list[tuple[str, str, bytes]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send(self, sender: str, recipient: str, content: bytes) -> None:
        self._queue.put((sender, recipient, content))

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopped.is_set():
            while not self._queue.empty():
                self._waiting.append(self._queue.get())
            self._waiting = [mail for mail in self._waiting if not self._try(mail)]
            time.sleep(0.05)

    def _try(self, mail: tuple[str, str, bytes]) -> bool:
        sender, recipient, content = mail
        kind = smtplib.LMTP if self._lmtp else smtplib.SMTP
        try:
            with kind("127.0.0.1", self._port, local_hostname="outside.test") as client:
                return client.sendmail(sender, [recipient], content) == {}
        except (smtplib.SMTPException, OSError):
            return False


def mail(text: str, *, to: str, sender: str = "zhang@outside.test", **headers: str) -> bytes:
    """A plain mail as a person's mail program writes it."""
    message = EmailMessage()
    message["From"] = f"张三 <{sender}>"
    message["To"] = to
    message["Subject"] = "询价"
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain="outside.test")
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
