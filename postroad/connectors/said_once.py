"""For messengers without a key against saying a thing twice: this process does not say again what it has said.

That covers the common repeat, one message tried again after a later part of it failed. After a crash between saying
and recording, such a messenger may hear a part twice; that is better than not at all.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

MOST_KEPT = 10_000


@dataclass(slots=True)
class Saying:
    """`name`: what the messenger calls a part that is said; None before. Falsy when there is nothing left to say."""

    name: str | None = None

    def __bool__(self) -> bool:
        return self.name is None


@dataclass(slots=True)
class SaidOnce:
    _names: OrderedDict[tuple[UUID, int], str] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def once(self, message_id: UUID, number: int) -> Iterator[Saying]:
        """Say part `number` of a message inside, if the saying is true; leaving without an error means it is said."""
        with self._lock:
            saying = Saying(self._names.get((message_id, number)))
        yield saying
        with self._lock:
            self._names[message_id, number] = saying.name or ""
            while len(self._names) > MOST_KEPT:
                self._names.popitem(last=False)
