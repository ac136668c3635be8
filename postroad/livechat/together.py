"""Messages that visitors post at the same time, taken in together.

Taking one in costs some forty statements, and fifty cost little more. So each web process takes in one batch after
another: who posts while a batch is on its way is in the next one. Nobody waits for a batch to fill.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from django.db import connection

from postroad.livechat.actions import Post, Posted, post_together
from postroad.platform.errors import DomainError

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50


@dataclass(eq=False, slots=True)
class _Turn:
    post: Post
    outcome: Posted | Exception | None = None


_waiting: list[_Turn] = []
_list_lock, _baton = Lock(), Lock()


def post(post: Post) -> Posted:
    """Take in what a visitor says, in this thread or in that of somebody who posts too; raises as `actions.post`."""
    turn = _Turn(post)
    with _list_lock:
        _waiting.append(turn)
    _wait_for_baton()
    try:
        while turn.outcome is None:
            _take_in(_next())
    finally:
        _baton.release()
    if isinstance(turn.outcome, Exception):
        raise turn.outcome
    return turn.outcome


def _wait_for_baton() -> None:
    """Whoever has to wait gives their connection back meanwhile: the one who works may need others to go on."""
    if not _baton.acquire(blocking=False):
        if not connection.in_atomic_block:
            connection.close()
        _baton.acquire()


def _next() -> list[_Turn]:
    """Who comes next: of each visitor the first that waits."""
    with _list_lock:
        batch: dict[object, _Turn] = {}
        for turn in _waiting:
            if len(batch) < MOST_AT_ONCE:
                batch.setdefault(turn.post.visit_id, turn)
        chosen = list(batch.values())
        _waiting[:] = [turn for turn in _waiting if turn not in chosen]
    return chosen


def _take_in(turns: Sequence[_Turn]) -> None:
    try:
        outcomes: Sequence[Posted | DomainError] = post_together([turn.post for turn in turns])
    except Exception as error:  # noqa: BLE001 - whoever posted gets it
        if len(turns) == 1:
            turns[0].outcome = error
            return
        log.warning("%s chat messages are taken in one by one: %s", len(turns), error)
        for turn in turns:
            _take_in([turn])
        return
    for turn, outcome in zip(turns, outcomes, strict=True):
        turn.outcome = outcome
