"""The LMTP and SMTP listener, spoken to over real sockets."""

import asyncio
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from postroad.channels.conformance import Store, eventually
from postroad.channels.protocol import Endpoint, EndpointState, Sink, chunks_of
from postroad.connectors.mail import listener as listening
from postroad.connectors.mail import spool
from postroad.connectors.mail.listener import Listener, ListenOn, PortTaken
from postroad.connectors.mail.tests.outside import mail
from postroad.platform.ids import new_id
from tests.servers.ports import free_port

LARGEST = 3_000_000
SERVICE = Endpoint(channel_id=new_id(), key="service", name="客服", address="service@company.test")
SALES = Endpoint(channel_id=new_id(), key="sales", name="销售", address="sales@company.test")


class Running:
    """A listener on its own thread, with its ports."""

    def __init__(self, store: Store, sink: Sink | None = None) -> None:
        self.store, self.sink = store, sink or store.sink
        self._ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        async def serve() -> None:
            on = ListenOn("127.0.0.1", 0, 0, largest_mail=LARGEST, greeting="mail.company.test")
            async with Listener(on, self.store, self.sink) as listener:
                self.lmtp, self.smtp = listener.ports
                self._ready.set()
                await self._stop.wait()

        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(serve())

    def stop(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def store() -> Store:
    return Store([SERVICE, SALES])


@pytest.fixture
def running(store: Store) -> Iterator[Running]:
    listener = Running(store)
    yield listener
    listener.stop()


@contextmanager
def lmtp(running: Running) -> Iterator[smtplib.LMTP]:
    with smtplib.LMTP("127.0.0.1", running.lmtp, local_hostname="outside.test") as client:
        yield client


def talk(port: int, sent: bytes) -> bytes:
    """Everything the server says when all of `sent` comes at once."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        said = b""
        while piece := connection.recv(65536):
            said += piece
        return said


def test_what_is_taken_is_stored_byte_for_byte(running, store):
    content = b"From: a@outside.test\r\nTo: service@company.test\r\n\r\n.dot\r\n..dots\r\nbare\nlf \xe6\xad\xa3\xff\r\n"
    with lmtp(running) as client:
        client.sendmail("a@outside.test", ["service@company.test"], content, mail_options=["BODY=8BITMIME"])
    [message] = store.messages.values()
    assert message.raw == content
    assert message.channel_id == SERVICE.channel_id


def test_250_is_said_only_after_the_commit(store):
    committed_before_reply = []
    sink, said = store.sink, threading.Event()

    def slow_sink(batch, *, cursors=()):
        time.sleep(0.3)
        committed_before_reply.append(not said.is_set())
        return sink(batch, cursors=cursors)

    other = Running(store, slow_sink)
    with lmtp(other) as client:
        client.sendmail("a@outside.test", ["service@company.test"], mail("x", to="service@company.test"))
        said.set()
    other.stop()
    assert committed_before_reply == [True]
    assert len(store.messages) == 1


def test_each_lmtp_recipient_has_its_own_reply(running, store):
    said = talk(
        running.lmtp,
        b"LHLO outside.test\r\nMAIL FROM:<a@outside.test>\r\nRCPT TO:<service@company.test>\r\n"
        b"RCPT TO:<nobody@company.test>\r\nRCPT TO:<SALES+PR-77@Company.TEST>\r\nDATA\r\n"
        b"Message-ID: <1@x>\r\n\r\nhello\r\n.\r\nQUIT\r\n",
    )
    replies = [line[:9] for line in said.splitlines() if line[:3] in {b"250", b"550"}]
    assert replies[-5:] == [b"250 2.1.5", b"550 5.1.1", b"250 2.1.5", b"250 2.0.0", b"250 2.0.0"]
    assert {(message.channel_id, message.subject_token) for message in store.messages.values()} == {
        (SERVICE.channel_id, None),
        (SALES.channel_id, "PR-77"),
    }


def test_smtp_speaks_of_failure_when_one_recipient_failed(running, store):
    store.choke_on = "poison"
    with smtplib.SMTP("127.0.0.1", running.smtp, local_hostname="outside.test") as client:
        with pytest.raises(smtplib.SMTPDataError) as failure:
            client.sendmail("a@outside.test", ["service@company.test"], mail("poison", to="service@company.test"))
        assert failure.value.smtp_code == 451
        client.rset()
        client.sendmail("a@outside.test", ["service@company.test"], mail("good", to="service@company.test"))
    assert store.texts() == ["good"]


def test_a_mail_that_cannot_be_stored_does_not_fail_its_batch_mates(running, store):
    store.choke_on = "poison"
    replies = {}

    def deliver(text: str) -> None:
        with lmtp(running) as client:
            try:
                client.sendmail("a@outside.test", ["service@company.test"], mail(text, to="service@company.test"))
                replies[text] = 250
            except smtplib.SMTPDataError as error:
                replies[text] = error.smtp_code

    texts = [f"good {number}" for number in range(12)] + ["poison"]
    threads = [threading.Thread(target=deliver, args=[text]) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert replies == {text: 451 if text == "poison" else 250 for text in texts}
    assert len(store.messages) == 12


def test_concurrent_mails_share_commits(store):
    count = 60

    def slow(batch, *, cursors=()):
        time.sleep(0.05)
        return store.sink(batch, cursors=cursors)

    other = Running(store, slow)

    def deliver() -> None:
        with lmtp(other) as client:
            client.sendmail("a@outside.test", ["service@company.test"], mail("x", to="service@company.test"))

    threads = [threading.Thread(target=deliver) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    other.stop()
    assert len(store.messages) == count
    assert store.calls < count / 2


def test_a_database_that_is_down_makes_the_sender_wait(running, store):
    with lmtp(running) as client:
        client.sendmail("a@outside.test", ["service@company.test"], mail("x", to="service@company.test"))
        store.down = True
        with pytest.raises(smtplib.SMTPDataError) as failure:
            client.sendmail("a@outside.test", ["service@company.test"], mail("y", to="service@company.test"))
    assert failure.value.smtp_code == 451


def test_a_directory_that_was_never_read_makes_the_sender_wait(store):
    store.down = True
    other = Running(store)
    with lmtp(other) as client, pytest.raises(smtplib.SMTPRecipientsRefused) as failure:
        client.sendmail("a@outside.test", ["service@company.test"], mail("y", to="service@company.test"))
    other.stop()
    assert failure.value.recipients["service@company.test"][0] == 451


def test_a_full_disk_makes_the_sender_wait(running, store, monkeypatch):
    def full(self, piece):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool.RawMail, "write", full)
    with lmtp(running) as client, pytest.raises(smtplib.SMTPDataError) as failure:
        client.sendmail("a@outside.test", ["service@company.test"], mail("y", to="service@company.test"))
    assert failure.value.smtp_code == 452
    assert failure.value.smtp_error.startswith(b"4.3.1")


@pytest.mark.parametrize(("state", "code"), [(EndpointState.DEFERRED, 450), (EndpointState.TRIAL, 450)])
def test_a_channel_that_is_not_in_service_asks_for_patience(running, store, state, code):
    store.endpoints_now = [replace(SERVICE, state=state)]
    with lmtp(running) as client:
        client.ehlo_or_helo_if_needed()
        with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)) as failure:
            client.sendmail("a@outside.test", ["service@company.test"], mail("y", to="service@company.test"))
    error = failure.value
    got = error.smtp_code if isinstance(error, smtplib.SMTPDataError) else next(iter(error.recipients.values()))[0]
    assert got == code
    assert store.messages == {}


def test_the_size_limit_is_announced_and_held(running, store):
    with lmtp(running) as client:
        client.ehlo_or_helo_if_needed()
        assert int(client.esmtp_features["size"]) == LARGEST
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            client.sendmail("a@outside.test", ["service@company.test"], b"x" * (LARGEST + 1))
        assert refusal.value.smtp_code == 552


def test_a_sender_that_lies_about_the_size_is_refused_at_the_end(running, store):
    with lmtp(running) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("a@outside.test")
        client.rcpt("service@company.test")
        code, _text = client.data(b"Subject: x\r\n\r\n" + b"0123456789\r\n" * (LARGEST // 10))
        assert code == 552
        assert client.noop()[0] == 250
    assert store.messages == {}


def test_a_large_mail_goes_through_a_file_and_leaves_none_behind(store, settings):
    body = b"0123456789abcdef" * 4 + b"\r\n"
    content = b"From: a@outside.test\r\n\r\n" + body * (2_000_000 // len(body))
    paths = []
    sink = store.sink

    def look(batch, *, cursors=()):
        paths.extend((settings.HOME / "spool").glob("mail-*"))
        stored = b"".join(chunks_of(batch[0].raw))
        assert stored == content
        return sink(batch, cursors=cursors)

    other = Running(store, look)
    with lmtp(other) as client:
        client.sendmail("a@outside.test", ["service@company.test"], content)
    other.stop()
    assert len(paths) == 1
    assert not paths[0].exists()


def test_a_mail_of_one_very_long_line_is_taken(running, store):
    content = b"Subject: x\r\n\r\n" + b"a" * 700_000 + b"\r\n"
    with lmtp(running) as client:
        client.sendmail("a@outside.test", ["service@company.test"], content)
    [message] = store.messages.values()
    assert message.raw == content


def test_whatever_the_bytes_there_is_a_message(running, store):
    for junk in (b"", b"\r\n", b"\x00\xff\xfe", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x", b":::\r\n"):
        with lmtp(running) as client:
            client.sendmail("", ["service@company.test"], junk)
    assert len(store.messages) == 5


def test_two_mails_in_one_write_are_two_mails(running, store):
    one = b"MAIL FROM:<>\r\nRCPT TO:<service@company.test>\r\nDATA\r\n"
    said = talk(
        running.lmtp,
        b"LHLO outside.test\r\n"
        + one
        + b"Message-ID: <1@x>\r\n\r\nfirst\r\n.\r\n"
        + one
        + b"Message-ID: <2@x>\r\n\r\nsecond\r\n.\r\nQUIT\r\n",
    )
    assert said.count(b"250 2.0.0 Taken") == 2
    assert said.rstrip().splitlines()[-1].startswith(b"221")
    assert {message.external_id for message in store.messages.values()} == {"1@x", "2@x"}


def test_a_mail_in_circles_is_refused(running, store):
    content = b"Received: from a by b\r\n" * 120 + mail("x", to="service@company.test")
    with lmtp(running) as client, pytest.raises(smtplib.SMTPDataError) as failure:
        client.sendmail("a@outside.test", ["service@company.test"], content)
    assert failure.value.smtp_code == 554
    assert store.messages == {}


def test_a_peer_that_says_nothing_is_hung_up_on(store, monkeypatch):
    monkeypatch.setattr(listening, "IDLE_SECONDS", 0.2)
    other = Running(store)
    with socket.create_connection(("127.0.0.1", other.smtp), timeout=20) as connection:
        connection.sendall(b"EHLO outside.test\r\n")
        while connection.recv(65536):
            pass
    other.stop()


def test_beyond_the_limit_of_connections_one_is_asked_to_come_back(store, monkeypatch):
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 2)
    other = Running(store)
    held = [smtplib.SMTP("127.0.0.1", other.smtp, local_hostname="x") for _ in range(2)]
    with pytest.raises(smtplib.SMTPConnectError) as refusal:
        smtplib.SMTP("127.0.0.1", other.smtp, local_hostname="x")
    assert refusal.value.smtp_code == 421
    held.pop().quit()
    eventually(lambda: _connects(other.smtp), "there is room again")
    held.pop().quit()
    other.stop()


def _connects(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port, local_hostname="x").quit()
    except smtplib.SMTPException:
        return False
    return True


def test_stopping_finishes_the_mail_that_is_under_way_and_closes_the_idle(store):
    sink = store.sink
    begun = threading.Event()

    def slow(batch, *, cursors=()):
        begun.set()
        time.sleep(0.5)
        return sink(batch, cursors=cursors)

    other = Running(store, slow)
    idle = smtplib.SMTP("127.0.0.1", other.smtp, local_hostname="x")
    replies = []

    def deliver() -> None:
        client = smtplib.LMTP("127.0.0.1", other.lmtp, local_hostname="outside.test")
        client.sendmail("a@outside.test", ["service@company.test"], mail("x", to="service@company.test"))
        replies.append(250)
        client.close()

    sender = threading.Thread(target=deliver)
    sender.start()
    assert begun.wait(10)
    other.stop()
    sender.join(10)
    assert replies == [250]
    assert len(store.messages) == 1
    code, _text = idle.docmd("NOOP") if idle.sock else (421, b"")
    assert code in {421, -1}
    idle.close()


def test_a_port_that_is_taken_is_named(store):
    port = free_port()

    async def listen() -> None:
        on = ListenOn("127.0.0.1", port, None, largest_mail=LARGEST, greeting="x")
        async with Listener(on, store, store.sink):
            pass

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        with pytest.raises(PortTaken, match=str(port)):
            asyncio.run(listen())
