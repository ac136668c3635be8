"""The connector in memory passes the suite that every connector must pass."""

from hashlib import sha256

import pytest

from postroad.channels.conformance import ConnectorConformance, Seen, World, outgoing
from postroad.channels.memory import MemoryConnector
from postroad.channels.protocol import Endpoint, IncomingMessage, SendFailed, chunks_of
from postroad.channels.tests.factories import incoming
from postroad.platform.ids import new_id


class MemoryWorld(World):
    def __init__(self) -> None:
        self.connector: MemoryConnector = MemoryConnector()
        self.endpoint = Endpoint(channel_id=new_id(), key="room", name="房间", address="", settings={"room": "A"})

    def say(self, text: str) -> None:
        self.connector.post(self._message(text))

    def seen(self) -> list[Seen]:
        return [
            Seen(
                external_id=f"memory-{message.message_id.hex}",
                thread_ids=message.thread_ids,
                recipients=frozenset(one.address for one in message.recipients),
                subject=message.subject,
                text=message.text,
                attachments={one.name: b"".join(chunks_of(one.content)) for one in message.attachments},
            )
            for _endpoint, message in self.connector.sent
        ]

    def refuse(self, *, permanent: bool) -> None:
        self.connector.fault = SendFailed("refused for the test", permanent=permanent)

    def break_down(self) -> None:
        self.refuse(permanent=False)
        self.connector.broken = True

    def _message(self, text: str) -> IncomingMessage:
        digest = sha256(text.encode()).hexdigest()
        return incoming(
            self.endpoint.channel_id, text=text, external_id=digest, content_digest=digest, raw=text.encode()
        )


class TestMemoryConnector(ConnectorConformance):
    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld()


def test_it_shows_what_was_sent_with_the_endpoint():
    world = MemoryWorld()
    world.connector.send(world.endpoint, outgoing(world.endpoint))
    assert world.connector.sent[0][0] == world.endpoint
