"""Reads for all visitors' streams of one event loop, in one thread with one connection.

Who asks while an answer is on its way is answered together by the next few queries, however many they are: so a
thousand pages that come back at once after a restart cost little more than one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseError
from django.db import connection

from postroad.livechat import queries
from postroad.livechat.actions import visitors_are_there
from postroad.livechat.admission import Admitted, Knock, Refused, admit
from postroad.livechat.models import Visit
from postroad.livechat.queries import Look, Turns
from postroad.web.hub import Stream

log = logging.getLogger(__name__)

BEAT_SECONDS = 15.0
# Whose turn it is and who is there is read so often at most, for all chats.
TURNS_SECONDS = 1.0
TURNS_PAUSE = 10
MOST_AT_ONCE = 250

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Together(Generic[Question, Answer]):
    """Questions that come while others are being answered wait, and are answered in one go by `answer`."""

    def __init__(self, answer: Callable[[list[Question]], Awaitable[list[Answer]]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                answers = await self._answer([question for question, _future in batch])
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                for _question, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_question, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


@dataclass(eq=False)
class Reader:
    """`there` are the streams with the visits they show."""

    there: dict[Stream, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="livechat")
        self._looks = Together[tuple[UUID, UUID | None], Look](self._look_at_all)
        self._knocks = Together[Knock, Admitted | Refused](lambda knocks: self.run(admit, knocks))
        self._turns, self._turns_at = Turns(), 0.0
        self._reading_turns = Together[None, Turns](self._read_turns)
        self._beating: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Ends the thread, with its connection; the loop has ended."""
        self._thread.submit(_close_connection)
        self._thread.shutdown()

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _run, function, *arguments)

    async def admit(self, knock: Knock) -> Admitted | Refused:
        return await self._knocks.ask(knock)

    async def look(self, visit_id: UUID, *, after: UUID | None) -> Look:
        """The chat as it is after this call, with the messages after `after` in full."""
        if self._beating is None or self._beating.done():
            self._beating = asyncio.get_running_loop().create_task(self._beat(), name="livechat beat")
        return await self._looks.ask((visit_id, after))

    async def in_full(self, visit_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
        found: dict[UUID, dict[str, Any]] = await self.run(_in_full, visit_id, ids)
        return found

    async def turns(self) -> Turns:
        """Whose turn it is and who is there, no older than `TURNS_SECONDS` and ten times what reading it takes."""
        if monotonic() - self._turns_at < TURNS_SECONDS:
            return self._turns
        return await self._reading_turns.ask(None)

    async def _read_turns(self, asked: list[None]) -> list[Turns]:
        begun = monotonic()
        self._turns = await self.run(queries.turns)
        # A long queue takes longer to read; then it is read less often.
        self._turns_at = monotonic() + TURNS_PAUSE * (monotonic() - begun)
        return [self._turns for _ in asked]

    async def _look_at_all(self, asked: list[tuple[UUID, UUID | None]]) -> list[Look]:
        turns = await self.turns()
        wanted: dict[UUID, UUID | None] = {}
        for visit_id, after in asked:
            known = wanted.get(visit_id, after)
            wanted[visit_id] = min(known, after) if known and after else None
        looks = await self.run(queries.look_at, wanted, turns)
        return [looks.get(visit_id, Look()).copy() for visit_id, _after in asked]

    async def _beat(self) -> None:
        """While there are streams: note which visitors are there."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if not self.there:
                return
            try:
                await self.run(visitors_are_there, set(self.there.values()))
            except DatabaseError as error:
                log.warning("visitors' presence waits for the database: %s", error)


def _in_full(visit_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    return queries.messages_of(Visit.objects.get(pk=visit_id), ids)


def _run(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run in the reader's thread, whose connection is kept; after an error the next call gets a fresh one."""
    try:
        return function(*arguments)
    except DatabaseError:
        connection.close()
        raise


def _close_connection() -> None:
    """Each thread has its own, so it is looked up there."""
    connection.close()


_readers: WeakKeyDictionary[asyncio.AbstractEventLoop, Reader] = WeakKeyDictionary()


def reader_of_this_process() -> Reader:
    """The reader of the running event loop; a web process has one."""
    return _readers.setdefault(asyncio.get_running_loop(), Reader())
