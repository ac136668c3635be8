"""What every connector must do, as tests: subclass `ConnectorConformance` and provide a `world` fixture.

The world is the outside as the connector's other end sees it: a mail server, a messenger. The suite needs no
database; what the connector delivers goes into a `Store` that can be told to be down or to choke on a message.
"""

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from postroad.channels.protocol import (
    Capability,
    Connector,
    Cursor,
    Endpoint,
    EndpointState,
    Health,
    IncomingMessage,
    OutgoingAttachment,
    OutgoingMessage,
    Receipt,
    Recipient,
    RecipientRole,
    SendFailed,
    TemporarilyUnavailable,
)
from postroad.platform.ids import new_id

PATIENCE_SECONDS = 60
STOP_WITHIN_SECONDS = 20
POISON = "poison-4711"
TEXT = "您好，请报价。\nPlease quote: 3 × “A&B” <b>"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as the outside received it."""

    external_id: str
    thread_ids: tuple[str, ...]
    recipients: frozenset[str]
    subject: str
    text: str
    attachments: Mapping[str, bytes]


class World(ABC):
    """The other side of a connector."""

    connector: Connector
    endpoint: Endpoint

    @abstractmethod
    def say(self, text: str) -> None:
        """Somebody outside says `text` to the endpoint; like any real system, it keeps trying until it is taken."""

    @abstractmethod
    def seen(self) -> list[Seen]:
        """What has come out of the connector, in order."""

    @abstractmethod
    def refuse(self, *, permanent: bool) -> None:
        """Refuse everything that is sent from now on."""

    @abstractmethod
    def break_down(self) -> None:
        """Make the other side unreachable for sending and probing."""


@dataclass(slots=True)
class Store:
    """A sink and a directory in memory, with the promises of the real ones."""

    endpoints_now: list[Endpoint]
    down: bool = False
    choke_on: str = ""
    calls: int = 0
    messages: dict[tuple[UUID, str], IncomingMessage] = field(default_factory=dict)
    probes: list[str] = field(default_factory=list)
    cursors: dict[tuple[UUID, str], Mapping[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sink(self, batch: Sequence[IncomingMessage], *, cursors: Sequence[Cursor] = ()) -> list[Receipt]:
        with self._lock:
            self.calls += 1
            if self.down:
                raise TemporarilyUnavailable("down for the test")
            if self.choke_on and any(self.choke_on in message.text for message in batch):
                raise ValueError("this message cannot be stored")
            receipts = [self._keep(message) for message in batch]
            for cursor in cursors:
                self.cursors[cursor.channel_id, cursor.name] = cursor.value
            return receipts

    def endpoints(self) -> tuple[Endpoint, ...]:
        if self.down:
            raise TemporarilyUnavailable("down for the test")
        return tuple(self.endpoints_now)

    def cursor(self, channel_id: UUID, name: str) -> Mapping[str, Any] | None:
        return self.cursors.get((channel_id, name))

    def report(self, channel_id: UUID, health: Health) -> None:
        """Nothing to note here."""

    def texts(self) -> list[str]:
        with self._lock:
            return sorted(message.text.strip() for message in self.messages.values())

    def _keep(self, message: IncomingMessage) -> Receipt:
        if message.probe:
            self.probes.append(message.probe)
            return Receipt(message.channel_id, message.external_id, None, created=False)
        known = (message.channel_id, message.external_id) in self.messages
        self.messages.setdefault((message.channel_id, message.external_id), message)
        return Receipt(message.channel_id, message.external_id, new_id(), created=not known)


@contextmanager
def receiving(connector: Connector, store: Store) -> Iterator[None]:
    """Runs the connector's receiving side; leaving stops it, which must not take long."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(connector.receive(store, store.sink, stop))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_WITHIN_SECONDS)
        assert not thread.is_alive(), "the connector does not stop"
        assert not failures, failures


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Waits until `holds`; fails with `what` when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def outgoing(endpoint: Endpoint, **changes: Any) -> OutgoingMessage:
    """A message to one person outside."""
    message = OutgoingMessage(
        message_id=new_id(),
        channel_id=endpoint.channel_id,
        recipients=(Recipient(RecipientRole.TO, "张三", "zhang@outside.test"),),
        subject="报价",
        text=TEXT,
        created_at=datetime.now(tz=UTC),
        sender_name="客户服务",
    )
    return replace(message, **changes)


class ConnectorConformance:
    """The suite. `world` is fresh for each test."""

    @pytest.fixture
    def store(self, world: World) -> Store:
        return Store([world.endpoint])

    def test_it_says_what_it_is(self, world: World) -> None:
        assert isinstance(world.connector, Connector)
        assert world.connector.key
        assert str(world.connector.title)
        assert world.connector.capabilities <= frozenset(Capability)

    def test_good_settings_pass_and_missing_ones_are_named(self, world: World) -> None:
        assert world.connector.validate_settings(world.endpoint) == {}
        bare = replace(world.endpoint, settings={}, secrets={})
        required = {setting.name for setting in world.connector.settings if setting.required}
        problems = world.connector.validate_settings(bare)
        assert problems
        assert all(str(problem) for problem in problems.values())
        assert set(problems) <= {"address"} | {setting.name for setting in world.connector.settings}
        assert not required or set(problems) & required

    def test_what_is_sent_arrives_as_it_was(self, world: World) -> None:
        file = OutgoingAttachment("报价单 (1).txt", "text/plain", 6, b"\x00\xff\r\n.\n")
        message = outgoing(
            world.endpoint, thread_ids=("first@outside.test", "second@outside.test"), attachments=(file,)
        )
        result = world.connector.send(world.endpoint, message)
        [seen] = world.seen()
        assert seen.external_id == result.external_id
        assert seen.thread_ids[-1] == "second@outside.test"
        assert seen.recipients == {"zhang@outside.test"}
        assert seen.text.strip() == TEXT
        assert seen.attachments == {file.name: file.content}

    def test_sending_again_carries_the_same_external_id(self, world: World) -> None:
        message = outgoing(world.endpoint)
        first, second = (world.connector.send(world.endpoint, message) for _ in range(2))
        assert first.external_id == second.external_id
        other = world.connector.send(world.endpoint, outgoing(world.endpoint))
        assert other.external_id != first.external_id

    def test_a_subject_stays_a_subject(self, world: World) -> None:
        subject = "Hello\r\nBcc: victim@outside.test\r\n\r\nbody\u2028x\x00"
        world.connector.send(world.endpoint, outgoing(world.endpoint, subject=subject))
        [seen] = world.seen()
        assert seen.recipients == {"zhang@outside.test"}
        assert seen.text.strip() == TEXT

    @pytest.mark.parametrize("permanent", [True, False])
    def test_a_refusal_says_whether_trying_again_helps(self, world: World, *, permanent: bool) -> None:
        world.refuse(permanent=permanent)
        with pytest.raises(SendFailed) as failure:
            world.connector.send(world.endpoint, outgoing(world.endpoint))
        assert failure.value.permanent is permanent
        assert failure.value.reason

    def test_an_outage_is_not_permanent(self, world: World) -> None:
        world.break_down()
        with pytest.raises(SendFailed) as failure:
            world.connector.send(world.endpoint, outgoing(world.endpoint))
        assert failure.value.permanent is False

    def test_what_is_said_comes_in_once(self, world: World, store: Store) -> None:
        with receiving(world.connector, store):
            world.say(TEXT)
            world.say("second")
            eventually(lambda: len(store.messages) == 2, "two messages come in")  # noqa: PLR2004
        assert store.texts() == sorted([TEXT, "second"])
        for message in store.messages.values():
            assert message.channel_id == world.endpoint.channel_id
            assert message.external_id
            assert message.content_digest
            assert message.received_at.tzinfo is not None

    def test_a_database_that_is_down_loses_nothing(self, world: World, store: Store) -> None:
        with receiving(world.connector, store):
            world.say("before")
            eventually(lambda: store.texts() == ["before"], "the first message comes in")
            store.down = True
            world.say("during")
            time.sleep(0.5)
            assert store.texts() == ["before"]
            store.down = False
            eventually(lambda: store.texts() == ["before", "during"], "the message comes in after the outage")

    def test_one_message_that_cannot_be_stored_does_not_hold_up_the_others(self, world: World, store: Store) -> None:
        store.choke_on = POISON
        with receiving(world.connector, store):
            world.say("first")
            world.say(POISON)
            world.say("last")
            eventually(lambda: store.texts() == ["first", "last"], "the messages around it come in")
        assert not any(POISON in text for text in store.texts())

    def test_after_a_restart_nothing_is_missing_and_nothing_double(self, world: World, store: Store) -> None:
        with receiving(world.connector, store):
            world.say("one")
            eventually(lambda: store.texts() == ["one"], "the first message comes in")
        world.say("two")
        with receiving(world.connector, store):
            world.say("three")
            eventually(lambda: len(store.messages) >= 3, "what was said meanwhile comes in")  # noqa: PLR2004
        assert store.texts() == ["one", "three", "two"]

    def test_a_suspended_channel_takes_nothing_until_it_is_resumed(self, world: World, store: Store) -> None:
        store.endpoints_now = [replace(world.endpoint, state=EndpointState.DEFERRED)]
        with receiving(world.connector, store):
            world.say("wait for me")
            time.sleep(0.5)
            assert store.texts() == []
            store.endpoints_now = [world.endpoint]
            eventually(lambda: store.texts() == ["wait for me"], "it comes in when the channel is resumed")

    @pytest.mark.parametrize("state", [EndpointState.TRIAL, EndpointState.OPEN])
    def test_a_probe_comes_back_and_is_no_message(self, world: World, store: Store, state: EndpointState) -> None:
        if Capability.PROBE not in world.connector.capabilities:
            pytest.skip(f"the connector {world.connector.key} cannot be probed")
        endpoint = replace(world.endpoint, state=state)
        store.endpoints_now = [endpoint]
        token = new_id().hex
        with receiving(world.connector, store):
            health = world.connector.probe(endpoint, token)
            assert health.ok is not False, health.detail
            eventually(lambda: store.probes == [token] or health.ok is True, "the probe comes back")
        assert store.messages == {}

    def test_a_probe_of_a_broken_channel_says_so(self, world: World) -> None:
        if Capability.PROBE not in world.connector.capabilities:
            pytest.skip(f"the connector {world.connector.key} cannot be probed")
        world.break_down()
        health = world.connector.probe(world.endpoint, "probe-token-0123456789")
        assert health.ok is False
        assert health.detail
