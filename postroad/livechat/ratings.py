"""Asking a visitor, in the chat itself, how satisfied they were; whoever keeps the cases decides when, and keeps it.

The desk registers from its `apps.ready()`; without it nobody is ever asked.
"""

from __future__ import annotations

from typing import Protocol

from postroad.livechat.models import Visit


class Ratings(Protocol):
    def question(self, visit: Visit) -> str:
        """The question in the visitor's language."""

    def rate(self, visit: Visit, *, score: int, words: str) -> None:
        """Take the answer. Raises Invalid for what is no score, Conflict when it is too late, NotFound if not asked."""


_ratings: list[Ratings] = []


def register_ratings(ratings: Ratings) -> None:
    """Say who keeps ratings; a second one is a programming error."""
    if _ratings:
        message = "somebody keeps ratings already"
        raise LookupError(message)
    _ratings.append(ratings)


def ratings() -> Ratings | None:
    return _ratings[0] if _ratings else None
