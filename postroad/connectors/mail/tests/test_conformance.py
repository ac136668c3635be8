"""The mail connector passes the suite that every connector must pass, by LMTP and by SMTP. (By IMAP: tests/servers.)"""

from collections.abc import Iterator

import pytest

from postroad.channels.conformance import ConnectorConformance, Seen, World
from postroad.channels.protocol import Endpoint
from postroad.connectors.mail.connector import MailConnector
from postroad.connectors.mail.listener import ListenOn
from postroad.connectors.mail.parsing import parse_mail
from postroad.connectors.mail.tests.outside import SendingServer, TakingServer, mail
from postroad.platform.ids import new_id
from tests.servers.ports import free_port


class MailWorld(World):
    """Probes leave by our own listener's SMTP port, as if the company's server had delivered them there."""

    def __init__(self, taking: TakingServer, *, lmtp: bool) -> None:
        self.taking = taking
        self.lmtp_port, self.smtp_port = free_port(), free_port()
        self.sending = SendingServer(self.lmtp_port if lmtp else self.smtp_port, lmtp=lmtp)
        self.connector = MailConnector(
            ListenOn("127.0.0.1", self.lmtp_port, self.smtp_port, largest_mail=1_000_000, greeting="localhost")
        )
        self.endpoint = self._endpoint(self.taking.port)

    def say(self, text: str) -> None:
        self.sending.send("zhang@outside.test", self.endpoint.address, mail(text, to=self.endpoint.address))

    def seen(self) -> list[Seen]:
        return [self._seen(recipients, content) for _sender, recipients, content in self.taking.taken]

    def refuse(self, *, permanent: bool) -> None:
        self.taking.reply = "550 5.7.1 Not wanted" if permanent else "451 4.3.0 Not now"

    def break_down(self) -> None:
        self.taking.stop()

    def _seen(self, recipients: list[str], content: bytes) -> Seen:
        parsed = parse_mail(content)
        return Seen(
            external_id=parsed.message_id,
            thread_ids=(*parsed.references, parsed.in_reply_to),
            recipients=frozenset(recipients),
            subject=parsed.subject,
            text=parsed.text,
            attachments={one.name or "": one.read() for one in parsed.attachments},
        )

    def _endpoint(self, smtp_port: int) -> Endpoint:
        return Endpoint(
            channel_id=new_id(),
            key="service",
            name="客户服务",
            address="service@company.test",
            settings={
                "inbound": "listener",
                "smtp_host": "127.0.0.1",
                "smtp_port": smtp_port,
                "smtp_security": "plain",
            },
        )


class RelayingServer(TakingServer):
    """Takes mail, and delivers what is for our own domain to our listener."""

    deliver_to: SendingServer | None = None

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        reply = await super().handle_DATA(server, session, envelope)
        if reply.startswith("250") and self.deliver_to:
            for recipient in envelope.rcpt_tos:
                if recipient.endswith("@company.test"):
                    self.deliver_to.send(envelope.mail_from, recipient, envelope.content)
        return reply


class TestMailConnector(ConnectorConformance):
    @pytest.fixture(params=["lmtp", "smtp"])
    def world(self, request: pytest.FixtureRequest) -> Iterator[MailWorld]:
        with RelayingServer() as taking:
            world = MailWorld(taking, lmtp=request.param == "lmtp")
            taking.deliver_to = world.sending
            yield world
            world.sending.stop()
