"""The kinds of promises that packages above make, and what they want to hear of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from postroad.ledger.registry import register_words

if TYPE_CHECKING:
    from postroad.clock.models import Deadline

Listener = Callable[[Sequence["Deadline"]], None]
"""Called inside the firing transaction with all promises of the kind in the batch."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """That a promise came to rungs of its own ladder: whom they tell, and whether it was missed by then."""

    deadline: Deadline
    tells: tuple[str, ...]
    late: bool
    at: datetime


Herald = Callable[[Sequence[Climbed]], None]
"""Called inside the firing transaction with all promises of the kind that came to a rung of their ladders."""


@dataclass(frozen=True, kw_only=True)
class DeadlineKind:
    """One kind of promise.

    `control` is the row of the standard it serves. `warn_at` are the fractions of the amount at which to
    warn, rising, between 0 and 1; a promise made with a ladder of its own goes by that. Warnings and escalations wait
    for working hours unless `wall_clock` is set or the promise is in elapsed time.
    """

    key: str
    title: str | Promise
    control: str | None = None
    wall_clock: bool = False
    warn_at: tuple[float, ...] = (0.5, 0.8)
    on_warning: Listener | None = None
    on_miss: Listener | None = None
    on_rung: Herald | None = None

    def __post_init__(self) -> None:
        if list(self.warn_at) != sorted(set(self.warn_at)) or not all(0 < part < 1 for part in self.warn_at):
            raise ImproperlyConfigured(f"{self.key}: warn_at must rise between 0 and 1")


_kinds: dict[str, DeadlineKind] = {}


def register_kind(kind: DeadlineKind) -> None:
    """Make a kind known; called from `apps.ready()`. Raises ImproperlyConfigured for a key taken."""
    if kind.key in _kinds:
        raise ImproperlyConfigured(f"the promise kind {kind.key} is registered twice")
    _kinds[kind.key] = kind
    register_words([(kind.key, kind.title)])


def kind_of(key: str) -> DeadlineKind:
    """Return a registered kind. Raises ImproperlyConfigured for an unknown one."""
    try:
        return _kinds[key]
    except KeyError:
        raise ImproperlyConfigured(f"no package registered the promise kind {key}") from None


def kinds() -> list[DeadlineKind]:
    """Return all kinds by key."""
    return [_kinds[key] for key in sorted(_kinds)]
