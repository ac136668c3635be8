"""The same arithmetic as `calendar.py` for numpy arrays of microseconds since 1970-01-01T00:00Z.

Instead of a binary search per element, an evenly spaced directory points from a value straight to its
interval: opening times and lengths of opening intervals are nearly always multiples of some minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from postroad.clock.workingtime.table import Table

Micros = npt.NDArray[np.int64]

_LARGEST_DIRECTORY = 1 << 22
_BLOCK = 1 << 15
"""Elements worked on at a time: what passes between two steps then stays in the processor's cache (twice as
fast)."""


def in_blocks(step: Callable[[Micros, Micros], Micros], first: npt.ArrayLike, second: npt.ArrayLike) -> Micros:
    """Apply `step` to two integer arrays, or an array and a number, block by block."""
    one, two = np.broadcast_arrays(_integers(first), _integers(second))
    done = np.empty(one.shape, np.int64)
    flat_one, flat_two, flat_done = one.reshape(-1), two.reshape(-1), done.reshape(-1)
    for at in range(0, flat_done.size, _BLOCK):
        block = slice(at, at + _BLOCK)
        flat_done[block] = step(flat_one[block], flat_two[block])
    return done


def _integers(values: npt.ArrayLike) -> Micros:
    array = np.asarray(values)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"whole microseconds are needed, not {array.dtype}")
    return array.astype(np.int64, copy=False)


class BulkTable:
    """A `Table` as arrays. Values given must lie in the range the table covers."""

    def __init__(self, table: Table) -> None:
        opens = np.array(table.opens, dtype=np.int64)
        worked = np.array(table.worked, dtype=np.int64)
        self._until = worked[1:]
        self._shift = worked[:-1] - opens
        self._by_instant = _Locator(opens)
        self._by_worked = _Locator(worked[:-1])

    def worked_until(self, instants: Micros) -> Micros:
        """Return the working time from the table's start to each instant."""
        at = self._by_instant.find(instants)
        return np.minimum(instants + self._shift.take(at, mode="clip"), self._until.take(at, mode="clip"))

    def instants(self, worked: Micros, *, early: npt.NDArray[np.bool_]) -> Micros:
        """Return when that much has been worked: the earliest such instant (at closing) or the latest (at
        opening).
        """
        at = self._by_worked.find(worked - early)
        return worked - self._shift.take(at, mode="clip")


class _Locator:
    """Finds for each value the last key that is not above it. No value may be below the first key."""

    def __init__(self, keys: Micros) -> None:
        self._keys = keys
        self._first = keys[0]
        self._step = int(np.gcd.reduce(np.diff(keys), initial=0)) or 1
        size = (keys[-1] - keys[0]) // self._step + 1
        self._directory = self._search(keys[0] + self._step * np.arange(size)) if size <= _LARGEST_DIRECTORY else None

    def find(self, values: Micros) -> npt.NDArray[np.int32]:
        if self._directory is None:
            return self._search(values)
        slots = (values - self._first) // self._step
        found: npt.NDArray[np.int32] = self._directory.take(slots, mode="clip")
        return found

    def _search(self, values: Micros) -> npt.NDArray[np.int32]:
        return (np.searchsorted(self._keys, values, side="right") - 1).astype(np.int32)
