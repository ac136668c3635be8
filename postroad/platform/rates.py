"""How fast we may call another system, kept in the database so that all processes share one allowance.

The generic cell rate algorithm: one moment per allowance says when the next call would be on time. A call
reserves its place in one statement; nobody waits in the database.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

_RESERVE = """
INSERT INTO platform_allowance AS kept (name, free_at)
VALUES (%(name)s, clock_timestamp() + %(cost)s)
ON CONFLICT (name) DO UPDATE
  SET free_at = greatest(kept.free_at, clock_timestamp()) + %(cost)s
  WHERE greatest(kept.free_at, clock_timestamp()) - clock_timestamp() <= %(burst)s + %(patience)s
RETURNING greatest(free_at - %(cost)s - %(burst)s - clock_timestamp(), interval '0')
"""
_WAIT = """
SELECT greatest(free_at - %(burst)s - clock_timestamp(), interval '0') FROM platform_allowance WHERE name = %(name)s
"""
_BLOCK = """
INSERT INTO platform_allowance AS kept (name, free_at) VALUES (%(name)s, clock_timestamp() + %(until)s)
ON CONFLICT (name) DO UPDATE SET free_at = greatest(kept.free_at, excluded.free_at)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`calls` in each `period`; up to `burst` of them (default: all) at once."""

    calls: int
    period: timedelta
    burst: int | None = None

    @property
    def each(self) -> timedelta:
        return self.period / self.calls

    @property
    def ahead(self) -> timedelta:
        """How far before its turn a call may run."""
        return self.each * ((self.burst or self.calls) - 1)


@dataclass(frozen=True, slots=True)
class Turn:
    """`granted`: the call may be made after `wait`. Otherwise nothing was reserved; come back after `wait`."""

    granted: bool
    wait: timedelta


def reserve(name: str, rate: Rate, *, cost: int = 1, patience: timedelta = timedelta(0)) -> Turn:
    """Reserve a call under the allowance `name`, if its turn comes within `patience`.

    Call it outside a transaction, or the place is taken only when that commits.
    """
    values: dict[str, Any] = {"name": name, "cost": rate.each * cost, "burst": rate.ahead, "patience": patience}
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, values)
        row = cursor.fetchone()
        if row is not None:
            return Turn(granted=True, wait=row[0])
        cursor.execute(_WAIT, values)
        return Turn(granted=False, wait=cursor.fetchone()[0])


def block(name: str, rate: Rate, *, until: timedelta) -> None:
    """The other side said to stay away: no call under `name` is granted before `until` from now."""
    values: dict[str, Any] = {"name": name, "until": until + rate.ahead}
    with connection.cursor() as cursor:
        cursor.execute(_BLOCK, values)
