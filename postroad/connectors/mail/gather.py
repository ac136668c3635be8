"""Many mails, few commits: what arrives on concurrent connections while one batch is stored makes up the next."""

import asyncio
from collections import deque
from collections.abc import Callable

from postroad.connectors.mail.lanes import Lanes, Outcome
from postroad.connectors.mail.receive import Arrival

MOST_IN_A_BATCH = 100


class Gatherer:
    """Stores mails in batches, and answers each when its own batch is committed.

    Nobody waits for a batch to fill: a lane that is free takes whatever is there. While one lane's
    commit is on its way to the disk, the other reads the next mails.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._busy = 0
        self._waiting: deque[tuple[Arrival, asyncio.Future[Outcome]]] = deque()
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, arrival: Arrival) -> Outcome:
        """Waits until `arrival` is committed or refused."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        self._fill()
        return await future

    async def close(self) -> None:
        """Waits for what is under way."""
        await self._idle.wait()
        await asyncio.to_thread(self._lanes.close)

    def _fill(self) -> None:
        while self._waiting and self._busy < self._lanes.count:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_A_BATCH))]
            self._busy += 1
            self._idle.clear()
            self._lanes.submit([arrival for arrival, _ in batch], self._answering([one for _, one in batch]))

    def _answering(self, waiting: list[asyncio.Future[Outcome]]) -> Callable[[list[Outcome]], None]:
        loop = asyncio.get_running_loop()

        def done(outcomes: list[Outcome]) -> None:
            loop.call_soon_threadsafe(self._answer, waiting, outcomes)

        return done

    def _answer(self, waiting: list[asyncio.Future[Outcome]], outcomes: list[Outcome]) -> None:
        for future, outcome in zip(waiting, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
        self._busy -= 1
        if not self._busy:
            self._idle.set()
        self._fill()
