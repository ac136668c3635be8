"""Where batches of mails are read and stored side by side: on threads of this process, or in processes of their own.

Reading a mail is Python's work, and one process of Python uses one core. Threads suffice where little comes in.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from enum import Enum
from functools import partial

from postroad.channels.protocol import Sink, TemporarilyUnavailable
from postroad.connectors.mail.receive import Arrival, read
from postroad.platform.bootstrap import use_django

log = logging.getLogger(__name__)

THREADS = 2


class Outcome(Enum):
    """What became of one mail. Only `STORED` is committed; `UNAVAILABLE` and `FAILED` are to be sent again."""

    STORED = "stored"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


def store(arrivals: Sequence[Arrival], sink: Sink) -> list[Outcome]:
    """Reads and stores a batch in one commit; a mail that cannot be stored does not take the others with it."""
    try:
        sink([read(arrival) for arrival in arrivals])
    except TemporarilyUnavailable as error:
        log.warning("mails wait at the sender: %s", error)
        return [Outcome.UNAVAILABLE] * len(arrivals)
    except Exception:
        if len(arrivals) > 1:
            return [outcome for arrival in arrivals for outcome in store([arrival], sink)]
        log.exception("a mail for %s could not be stored", arrivals[0].endpoint.key)
        return [Outcome.FAILED]
    finally:
        for arrival in arrivals:
            arrival.mail.close_readers()
    return [Outcome.STORED] * len(arrivals)


class Lanes:
    """`store`s batches, as many at once as there are lanes. `processes` 0: on threads.

    In processes the sink must be a module's function, which they import for themselves.
    """

    def __init__(self, sink: Sink, *, processes: int) -> None:
        self._store = partial(store, sink=sink)
        self._processes = processes
        self._executor = self._started()

    @property
    def count(self) -> int:
        return self._processes or THREADS

    def submit(self, arrivals: Sequence[Arrival], done: Callable[[list[Outcome]], None]) -> None:
        """Stores a batch, then calls `done` on another thread with an outcome for each mail."""
        try:
            future = self._executor.submit(self._store, arrivals)
        except BrokenProcessPool:
            self._executor = self._started()
            future = self._executor.submit(self._store, arrivals)

        def finish(_: object) -> None:
            error = future.exception()
            if error is not None:
                log.error("a batch of %d mails was not stored", len(arrivals), exc_info=error)
            done([Outcome.UNAVAILABLE] * len(arrivals) if error else future.result())

        future.add_done_callback(finish)

    def close(self) -> None:
        """Waits for what is under way."""
        self._executor.shutdown()

    def _started(self) -> Executor:
        if not self._processes:
            return ThreadPoolExecutor(THREADS, thread_name_prefix="mail-store")
        executor = ProcessPoolExecutor(self._processes, multiprocessing.get_context("spawn"), initializer=_begin)
        for _ in range(self._processes):
            executor.submit(os.getpid)  # begun now, not when the first mail waits
        return executor


def _begin() -> None:
    """A storing process: stops when its listener tells it to, and at once when the listener is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    listener = multiprocessing.parent_process()
    assert listener is not None

    def follow() -> None:
        listener.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    use_django()
