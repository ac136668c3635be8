"""That the permission list left the system."""

from postroad.access.events import Event
from postroad.ledger.actions import record
from postroad.platform.actors import Actor, Subject

PERMISSION_LIST = Subject("access.list", "all")


def note_export(*, count: int, actor: Actor) -> None:
    """Put an export of `count` lines on record."""
    record(Event.LIST_EXPORTED, actor=actor, subject=PERMISSION_LIST, data={"count": count})
