"""What `postroad doctor` asks of conversations."""

from collections.abc import Iterator

from postroad.conversations import queries
from postroad.platform.doctor import Finding, Level


def no_message_is_unhandled() -> Iterator[Finding]:
    """Whether every stored message also reached those who deal with it."""
    waiting = list(queries.unhandled()[:1])
    if not waiting:
        yield Finding(Level.FINE, "messages", "all were taken by those who deal with them")
        return
    count, example = queries.unhandled().count(), waiting[0]
    yield Finding(
        Level.FAULT,
        "messages",
        f"{count} stored but not dealt with; {example.handler} says: {example.error}",
        "They are kept and tried again. If the reason named is not passing, report it; the log has the details.",
    )
