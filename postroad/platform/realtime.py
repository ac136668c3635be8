"""Hints for open pages: rows, so that a reconnect loses none, and a NOTIFY that rides in the same transaction."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from postroad.platform.models import LiveEvent

CHANNEL = "postroad_live"
KEPT = timedelta(hours=1)

# Whether this user may listen to this topic.
Guard = Callable[[Any, str], bool]

_guards: dict[str, Guard] = {}


def publish(*topics: str, **data: str | int) -> None:
    """Tells open pages, after commit and never on rollback, that something under `topics` changed.

    Keep `data` tiny and free of personal data: it is a hint; the page asks for what it may see.
    """
    unregistered = [topic for topic in topics if _guard_of(topic) is None]
    if unregistered:
        raise LookupError(f"no package registered the live topics {unregistered}")
    events = LiveEvent.objects.bulk_create([LiveEvent(topic=topic, data=data) for topic in dict.fromkeys(topics)])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, id || ' ' || topic) FROM unnest(%s::bigint[], %s::text[]) AS hint(id, topic)",
            [CHANNEL, [event.id for event in events], [event.topic for event in events]],
        )


def register_topic(prefix: str, may_listen: Guard) -> None:
    """Lets topics that equal `prefix` or start with `prefix.` be published, and be heard by whom the guard admits."""
    if prefix in _guards:
        raise LookupError(f"the live topic {prefix} is registered twice")
    _guards[prefix] = may_listen


def may_listen(user: Any, topic: str) -> bool:
    guard = _guard_of(topic)
    return guard is not None and guard(user, topic)


def allowed_topics(user: Any, topics: Iterable[str]) -> list[str]:
    return [topic for topic in topics if may_listen(user, topic)]


def forget_old_events() -> int:
    """Removes hints older than an hour; returns how many."""
    return LiveEvent.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


def _guard_of(topic: str) -> Guard | None:
    parts = topic.split(".")
    for length in range(len(parts), 0, -1):
        if guard := _guards.get(".".join(parts[:length])):
            return guard
    return None
