"""One LISTEN connection for each web process, fanning out to every open page's stream.

The notification is only a wake-up. What is new is asked of the table itself, by snapshot: an event is new when the
snapshot of the last look could not see the transaction that wrote it. So nothing is lost when transactions commit out
of order, when notifications arrive in bursts, or when the database restarts.
"""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connections

from postroad.platform.realtime import CHANNEL, KEPT

log = logging.getLogger(__name__)

# Several changes at once are one look at the table; nobody sees the twentieth of a second.
GATHER_SECONDS = 0.05
# A look without being woken: it finds a connection that has died silently.
LOOK_SECONDS = 20.0
RECONNECT_SECONDS = 1.0
# A page without a position was rendered a moment ago, and may have missed what happened since.
FRESH_PAGE_SECONDS = 20
# A position this near to the end of what is kept is too old to be answered from the table.
OLDEST_POSITION_SECONDS = KEPT.total_seconds() - 60

NEW_TOPICS = """
    WITH now AS (SELECT pg_current_snapshot() AS snapshot)
    SELECT DISTINCT now.snapshot::text, event.topic
    FROM now LEFT JOIN platform_liveevent event
      ON event.transaction_id >= pg_snapshot_xmin(%(since)s::pg_snapshot)::text::bigint
     AND NOT pg_visible_in_snapshot(event.transaction_id::text::xid8, %(since)s::pg_snapshot)
"""
RECENT_TOPICS = """
    WITH now AS (SELECT pg_current_snapshot() AS snapshot)
    SELECT DISTINCT now.snapshot::text, event.topic
    FROM now LEFT JOIN platform_liveevent event ON event.at >= now() - make_interval(secs => %(seconds)s)
"""
# A restored database counts its transactions anew: a snapshot from before says nothing about it.
IS_KNOWN = "SELECT pg_snapshot_xmax(%(since)s::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())"


@dataclass(frozen=True)
class Position:
    """How far a stream has seen: the moment, and the database's snapshot of that moment.

    Written `<seconds>~<xmin>:<xmax>:<running transactions>`; the browser keeps it and hands it back.
    """

    seconds: int
    snapshot: str

    FORM = re.compile(r"(\d{1,12})~(\d{1,20}:\d{1,20}:[\d,]{0,8000})")

    @classmethod
    def read(cls, text: str) -> Position | None:
        """The position that the browser hands back; None when it is none of ours or too old to continue from."""
        match = cls.FORM.fullmatch(text)
        if not match or time.time() - int(match[1]) > OLDEST_POSITION_SECONDS:
            return None
        return cls(seconds=int(match[1]), snapshot=match[2])

    @classmethod
    def now(cls, snapshot: str) -> Position:
        return cls(seconds=int(time.time()), snapshot=snapshot)

    def __str__(self) -> str:
        return f"{self.seconds}~{self.snapshot}"


@dataclass(eq=False)
class Stream:
    """One open page: the topics it listens to, and those of them that changed since it was last told."""

    owner: Any
    topics: frozenset[str]
    changed: set[str] = field(default_factory=set)
    position: Position | None = None
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, topics: Iterable[str], position: Position) -> None:
        self.position = position
        if mine := self.topics.intersection(topics):
            self.changed |= mine
            self.awake.set()

    def take(self) -> list[str]:
        """What changed since the last call, and be quiet until the next change."""
        changed, self.changed = sorted(self.changed), set()
        self.awake.clear()
        return changed


class Hub:
    """The streams of one event loop; it listens as long as there is one."""

    def __init__(self) -> None:
        self.closing = False
        self.streams: set[Stream] = set()
        # There may be thousands: who owns one, and whom a topic concerns, is looked up, not searched for.
        self._owners: Counter[Any] = Counter()
        self._listeners: dict[str, set[Stream]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._snapshot: str | None = None

    def streams_of(self, owner: Any) -> int:
        return self._owners[owner]

    async def join(self, stream: Stream) -> None:
        """From the return on, the stream is told of every change.

        Raises:
            TimeoutError: the database does not answer.
        """
        self.streams.add(stream)
        self._owners[stream.owner] += 1
        for topic in stream.topics:
            self._listeners[topic].add(stream)
        if self._task is None:
            self._listening.clear()
            self._snapshot = None
            self._task = asyncio.create_task(self._listen(), name="live hub")
        try:
            await asyncio.wait_for(self._listening.wait(), timeout=5)
        except BaseException:
            self.leave(stream)
            raise

    def leave(self, stream: Stream) -> None:
        if stream not in self.streams:
            return
        self.streams.discard(stream)
        self._owners[stream.owner] -= 1
        if not self._owners[stream.owner]:
            del self._owners[stream.owner]
        for topic in stream.topics:
            self._listeners[topic].discard(stream)
            if not self._listeners[topic]:
                del self._listeners[topic]
        if not self.streams and self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self) -> None:
        """Ends every stream, so that the server need not wait for pages that never finish."""
        self.closing = True
        for stream in self.streams:
            stream.awake.set()

    async def _listen(self) -> None:
        while True:
            try:
                async with await connect() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    await self._look(connection)
                    self._listening.set()
                    while True:
                        async for _notification in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                            pass  # however many came at once, they are one look
                        await asyncio.sleep(GATHER_SECONDS)
                        await self._look(connection)
            except psycopg.Error as error:
                log.warning("live updates wait for the database: %s", error)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _look(self, connection: psycopg.AsyncConnection) -> None:
        """Tells the streams what became visible since the last look; the first look only takes its bearings."""
        if self._snapshot is None:
            self._snapshot = await snapshot_of(connection)
            return
        self._snapshot, topics = await ask(connection, NEW_TOPICS, since=self._snapshot)
        position = Position.now(self._snapshot)
        for stream in self.streams:
            stream.position = position
        for topic in topics & self._listeners.keys():
            for stream in self._listeners[topic]:
                stream.tell((topic,), position)


async def catch_up(stream: Stream, text: str) -> None:
    """Tells a stream that has joined what changed before it did.

    `text` is the position that the browser handed back, or empty for a page that was rendered just now. After a
    position too old, or not of this database, everything may have changed.
    """
    position = Position.read(text)
    async with await connect() as connection:
        if not text:
            snapshot, topics = await ask(connection, RECENT_TOPICS, seconds=FRESH_PAGE_SECONDS)
        elif position and await _is_known(connection, position.snapshot):
            snapshot, topics = await ask(connection, NEW_TOPICS, since=position.snapshot)
        else:
            snapshot, topics = await snapshot_of(connection), set(stream.topics)
    stream.tell(topics, Position.now(snapshot))


async def _is_known(connection: psycopg.AsyncConnection, snapshot: str) -> bool:
    try:
        row = await (await connection.execute(IS_KNOWN, {"since": snapshot})).fetchone()
    except psycopg.DataError:
        return False
    return bool(row and row[0])


async def snapshot_of(connection: psycopg.AsyncConnection) -> str:
    row = await (await connection.execute("SELECT pg_current_snapshot()::text")).fetchone()
    assert row is not None
    return str(row[0])


async def ask(connection: psycopg.AsyncConnection, query: str, **values: Any) -> tuple[str, set[str]]:
    """The snapshot of this look, and the topics it found."""
    rows = await (await connection.execute(query, values)).fetchall()
    return rows[0][0], {topic for _snapshot, topic in rows if topic is not None}


async def connect() -> psycopg.AsyncConnection:
    """A connection of its own to Django's database, each statement by itself."""
    parameters = connections["default"].get_connection_params()
    for belongs_to_django in ("cursor_factory", "context"):
        parameters.pop(belongs_to_django, None)
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub_of_this_process() -> Hub:
    """The hub of the running event loop; a web process has one."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
        _close_on_shutdown(_hubs[loop], loop)
    return _hubs[loop]


def _close_on_shutdown(hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
    """Stands before the server's own signal handlers: the server waits for its connections, and ours never end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(received: int, frame: FrameType | None, before: Any = before) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(hub.close)
            if callable(before):
                before(received, frame)

        try:
            signal.signal(number, handle)
        except ValueError:  # not the main thread: whoever runs the loop there ends it
            return
