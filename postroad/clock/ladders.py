"""Who is told of a promise and when: a ladder, kept as data with the promise it was made under.

Pure. A rung is an object of JSON, `{"percent": 80, "late_minutes": 0, "tells": "assignee"}`: at that part of the amount
used, or (percent 100) that many minutes of the promise's own time after it was missed. What `tells` means is for the
package that made the promise to say; a ladder is in order of its moments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

MISS = 100
MOST_RUNGS = 8
LONGEST_LATE = 60 * 24 * 30


@dataclass(frozen=True, slots=True, order=True)
class Rung:
    """When, and who hears of it. `percent` from 1 to 100; `late_minutes` only together with 100, the miss itself."""

    percent: int
    late_minutes: int
    tells: str

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= MISS or not 0 <= self.late_minutes <= LONGEST_LATE:
            raise ValueError(f"no moment of a promise: {self.percent} %, {self.late_minutes} minutes late")
        if self.late_minutes and self.percent != MISS:
            raise ValueError("only what was missed can be late")

    @property
    def is_late(self) -> bool:
        """Whether it comes with or after the miss."""
        return self.percent == MISS

    @property
    def part(self) -> float:
        """The part of the amount used at which it comes, 0 to 1."""
        return self.percent / MISS

    @property
    def late(self) -> timedelta:
        """How long after the due time it comes, in the promise's own time."""
        return timedelta(minutes=self.late_minutes)


def as_data(rungs: Iterable[Rung]) -> list[dict[str, Any]]:
    """The rungs in order, as a promise keeps them."""
    return [
        {"percent": one.percent, "late_minutes": one.late_minutes, "tells": one.tells} for one in sorted(set(rungs))
    ]


def from_data(data: Iterable[dict[str, Any]]) -> list[Rung]:
    """The rungs that `as_data` wrote down, in order."""
    return sorted(Rung(one["percent"], one["late_minutes"], one["tells"]) for one in data)
