"""A rate kept in this process's memory, for what would cost more to count in the database than to do."""

from __future__ import annotations

import math
from collections.abc import Hashable
from threading import Lock
from time import monotonic

from postroad.platform.rates import Rate

MOST_KEPT = 20_000


class Turnstile:
    """Lets each name through at a rate, by the generic cell rate algorithm."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._free_at: dict[Hashable, float] = {}
        self._lock = Lock()

    def wait(self, name: Hashable) -> int:
        """Count one; 0 if it may pass, else in how many whole seconds to come back (then nothing was counted)."""
        now, each = monotonic(), self.rate.each.total_seconds()
        with self._lock:
            if len(self._free_at) > MOST_KEPT:
                self._free_at = {one: at for one, at in self._free_at.items() if at > now}
            free_at = max(self._free_at.get(name, now), now)
            if (early := free_at - now - self.rate.ahead.total_seconds()) > 0:
                return math.ceil(early)
            self._free_at[name] = free_at + each
            return 0
