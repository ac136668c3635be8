"""The mail connector against a real Dovecot: the conformance suite by IMAP, and what is special about mailboxes."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroad.channels.conformance import POISON, ConnectorConformance, Store, eventually, receiving
from postroad.channels.protocol import Endpoint, Health
from postroad.connectors.mail import imap
from postroad.connectors.mail.connector import MailConnector
from postroad.connectors.mail.imap import Watcher
from postroad.connectors.mail.listener import ListenOn
from postroad.connectors.mail.tests.outside import TakingServer, mail
from postroad.connectors.mail.tests.test_conformance import MailWorld
from postroad.platform.ids import new_id
from tests.servers.mailservers import PASSWORD, Dovecot


class Delivering(TakingServer):
    """Takes mail, and puts what is for the company's domain into its mailbox."""

    def __init__(self, dovecot: Dovecot) -> None:
        super().__init__()
        self._dovecot = dovecot

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        reply = await super().handle_DATA(server, session, envelope)
        if reply.startswith("250"):
            for recipient in envelope.rcpt_tos:
                if recipient.endswith("@company.test"):
                    self._dovecot.deliver(recipient, envelope.content, envelope.mail_from)
        return reply


def endpoint_for(dovecot: Dovecot, *, smtp_port: int = 1, **settings) -> Endpoint:
    """A mailbox of its own, open since before the test."""
    name = f"box{new_id().hex}"
    return Endpoint(
        channel_id=new_id(),
        key=name,
        name="客户服务",
        address=f"{name}@company.test",
        open_since=datetime.now(tz=UTC) - timedelta(minutes=5),
        settings={
            "inbound": "imap",
            "imap_host": "127.0.0.1",
            "imap_port": dovecot.imap_port,
            "imap_security": "plain",
            "imap_user": name,
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "smtp_security": "plain",
            **settings,
        },
        secrets={"imap_password": PASSWORD},
    )


class ImapWorld(MailWorld):
    def __init__(self, dovecot: Dovecot, taking: TakingServer) -> None:
        self.taking, self.dovecot = taking, dovecot
        self.connector = MailConnector(ListenOn("127.0.0.1", None, None, largest_mail=1, greeting="localhost"))
        self.endpoint = endpoint_for(dovecot, smtp_port=taking.port)

    def say(self, text: str) -> None:
        self.dovecot.deliver(self.endpoint.address, mail(text, to=self.endpoint.address))


class TestMailConnectorByImap(ConnectorConformance):
    @pytest.fixture
    def world(self, dovecot: Dovecot) -> Iterator[ImapWorld]:
        with Delivering(dovecot) as taking:
            yield ImapWorld(dovecot, taking)


class Reports(Store):
    """A store that remembers what was reported of the connection."""

    __slots__ = ("reports",)

    def __init__(self, endpoints: list[Endpoint]) -> None:
        super().__init__(endpoints)
        self.reports: list[Health] = []

    def report(self, channel_id, health):
        self.reports.append(health)


@contextmanager
def watching(endpoint: Endpoint, store: Store) -> Iterator[Watcher]:
    watcher = Watcher(endpoint, store, store.sink)
    thread = threading.Thread(target=watcher.run, daemon=True)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_mail_that_arrives_while_idle_comes_in_without_asking(dovecot, monkeypatch):
    monkeypatch.setattr(imap, "RENEW_IDLE_SECONDS", 3600)
    monkeypatch.setattr(imap, "POLL_SECONDS", 3600)
    endpoint = endpoint_for(dovecot)
    store = Reports([endpoint])
    with watching(endpoint, store):
        eventually(lambda: bool(store.reports), "the mailbox is open and idle")
        for text in ("one", "two"):
            dovecot.deliver(endpoint.address, mail(text, to=endpoint.address))
            eventually(lambda text=text: text in store.texts(), "the server's word brings it in")


def test_mail_that_the_server_told_of_during_a_search_is_not_waited_for(dovecot, monkeypatch):
    """RFC 3501, 7.3.1: EXISTS comes with any answer, and IDLE does not say it again."""
    monkeypatch.setattr(imap, "RENEW_IDLE_SECONDS", 3600)
    endpoint = endpoint_for(dovecot)
    store = Reports([endpoint])
    look, looked = Watcher._new_uids, []

    def look_while_one_arrives(watcher, client, position):
        found = look(watcher, client, position)
        if not looked:
            looked.append(found)
            dovecot.deliver(endpoint.address, mail("between", to=endpoint.address))
            client.search("ALL")  # whose answer may end with the news
        return found

    monkeypatch.setattr(Watcher, "_new_uids", look_while_one_arrives)
    with watching(endpoint, store):
        eventually(lambda: store.texts() == ["between"], "it comes in although IDLE says nothing")
    assert looked == [[]]


class InOnePiece(socketserver.BaseRequestHandler):
    """Stands before a mail server; its first consent to IDLE is passed on together with what it says next."""

    def handle(self) -> None:
        server = self.server
        with socket.create_connection(("127.0.0.1", server.behind)) as behind:
            threading.Thread(target=self._ask, args=(behind,), daemon=True).start()
            while said := behind.recv(65536):
                if said.startswith(b"+ ") and not server.consented.is_set():
                    server.consented.set()
                    said += behind.recv(65536)
                self.request.sendall(said)

    def _ask(self, behind: socket.socket) -> None:
        with suppress(OSError):
            while asked := self.request.recv(65536):
                behind.sendall(asked)
            behind.shutdown(socket.SHUT_WR)


@contextmanager
def telling_in_one_piece(port: int) -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), InOnePiece) as server:
        server.daemon_threads, server.behind, server.consented = True, port, threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_mail_that_the_server_told_of_with_its_consent_to_idle_is_not_waited_for(dovecot, monkeypatch):
    """The library waits at the socket, from which both came at once."""
    monkeypatch.setattr(imap, "RENEW_IDLE_SECONDS", 3600)
    with telling_in_one_piece(dovecot.imap_port) as server:
        endpoint = endpoint_for(dovecot, imap_port=server.server_address[1])
        with watching(endpoint, store := Reports([endpoint])):
            assert server.consented.wait(20)
            dovecot.deliver(endpoint.address, mail("at once", to=endpoint.address))
            eventually(lambda: store.texts() == ["at once"], "it comes in although the first IDLE hears nothing")


def test_mails_that_were_taken_in_are_marked_moved_or_left(dovecot):
    for after, expected in (("seen", True), ("leave", False)):
        endpoint = endpoint_for(dovecot, imap_after=after)
        store = Store([endpoint])
        dovecot.deliver(endpoint.address, mail("x", to=endpoint.address))
        with watching(endpoint, store):
            eventually(lambda store=store: store.texts() == ["x"], "it comes in")
        with dovecot.mailbox(endpoint.key) as client:
            assert bool(client.search("SEEN")) is expected

    endpoint = endpoint_for(dovecot, imap_after="move", imap_processed_folder="Postroad 已收")
    store = Store([endpoint])
    dovecot.deliver(endpoint.address, mail("x", to=endpoint.address))
    with watching(endpoint, store):
        eventually(lambda: len(dovecot.mails_in(endpoint.key, "Postroad 已收")) == 1, "it is moved")
    assert dovecot.mails_in(endpoint.key) == []
    assert store.texts() == ["x"]


def test_a_rebuilt_mailbox_is_read_again_and_nothing_is_double(dovecot):
    endpoint = endpoint_for(dovecot)
    store = Store([endpoint])
    for number in range(3):
        dovecot.deliver(endpoint.address, mail(f"mail {number}", to=endpoint.address))
    with watching(endpoint, store):
        eventually(lambda: len(store.messages) == 3, "all come in")
    cursor = store.cursors[endpoint.channel_id, "imap:INBOX"]
    store.cursors[endpoint.channel_id, "imap:INBOX"] = {**cursor, "validity": 1, "next_uid": 999}
    dovecot.deliver(endpoint.address, mail("new", to=endpoint.address))
    with watching(endpoint, store):
        eventually(lambda: "new" in store.texts(), "the new one comes in under the new numbering")
    assert len(store.messages) == 4


def test_mail_from_before_the_channel_went_into_service_is_left_alone(dovecot):
    endpoint = endpoint_for(dovecot)
    dovecot.deliver(endpoint.address, mail("old", to=endpoint.address))
    with dovecot.mailbox(endpoint.key) as client:
        client.append("INBOX", mail("older", to=endpoint.address), msg_time=datetime(2024, 1, 1, tzinfo=UTC))
    endpoint = replace(endpoint, open_since=datetime.now(tz=UTC) - timedelta(hours=1))
    store = Store([endpoint])
    with watching(endpoint, store):
        eventually(lambda: store.texts() == ["old"], "what came since comes in")
    with dovecot.mailbox(endpoint.key) as client:
        assert len(client.search("UNSEEN")) == 1


def test_a_large_mail_comes_in_whole(dovecot):
    endpoint = endpoint_for(dovecot)
    store = Store([endpoint])
    content = mail("x" * 70, to=endpoint.address)[:-2] + (b"0123456789" * 7 + b"\r\n") * 40_000
    dovecot.deliver(endpoint.address, content)
    sizes = []

    def sink(batch, *, cursors=()):
        sizes.extend(sum(map(len, message.raw())) for message in batch)
        return store.sink(batch, cursors=cursors)

    watcher = Watcher(endpoint, store, sink)
    thread = threading.Thread(target=watcher.run, daemon=True)
    thread.start()
    eventually(lambda: len(store.messages) == 1, "it comes in")
    watcher.stop.set()
    thread.join(20)
    assert sizes[0] >= len(content)


def test_a_stuck_mail_stays_in_the_mailbox_and_is_tried_again(dovecot):
    endpoint = endpoint_for(dovecot)
    store = Reports([endpoint])
    store.choke_on = POISON
    for text in ("first", POISON, "last"):
        dovecot.deliver(endpoint.address, mail(text, to=endpoint.address))
    with watching(endpoint, store):
        eventually(lambda: store.texts() == ["first", "last"], "the others come in")
        eventually(lambda: bool(store.reports) and store.reports[-1].ok is False, "the owner is told")
    assert store.cursors[endpoint.channel_id, "imap:INBOX"]["stuck"] == [2]
    store.choke_on = ""
    with watching(endpoint, store):
        eventually(lambda: len(store.messages) == 3, "it comes in when it can")
        eventually(lambda: store.reports[-1].ok is True, "all is well again")


def test_a_wrong_password_is_reported_and_mended_without_a_restart(dovecot, monkeypatch):
    monkeypatch.setattr("postroad.connectors.mail.mailboxes.LOOK_SECONDS", 0.1)
    endpoint = endpoint_for(dovecot)
    store = Reports([replace(endpoint, secrets={"imap_password": "wrong"})])
    dovecot.deliver(endpoint.address, mail("x", to=endpoint.address))
    connector = MailConnector(ListenOn("127.0.0.1", None, None, largest_mail=1, greeting="localhost"))
    with receiving(connector, store):
        eventually(lambda: any(report.ok is False for report in store.reports), "the failure is reported")
        assert store.texts() == []
        store.endpoints_now = [endpoint]
        eventually(lambda: store.texts() == ["x"], "the mended channel works")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mailbox_is_read_over_a_connection_whose_certificate_is_trusted(dovecot, monkeypatch, security):
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    endpoint = endpoint_for(dovecot, imap_host="localhost", imap_port=port, imap_security=security)
    dovecot.deliver(endpoint.address, mail("sealed", to=endpoint.address))
    with watching(endpoint, mistrusting := Reports([endpoint])):
        eventually(
            lambda: any(report.ok is False for report in mistrusting.reports), "an unknown authority is reported"
        )
    assert mistrusting.texts() == []
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.authority))
    with watching(endpoint, store := Reports([endpoint])):
        eventually(lambda: store.texts() == ["sealed"], "it comes in")
