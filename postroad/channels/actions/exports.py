"""That the register left the system."""

from postroad.channels.events import Event
from postroad.ledger.actions import record
from postroad.platform.actors import Actor, Subject

REGISTER = Subject("channels.register", "all")


def note_export(*, count: int, actor: Actor) -> None:
    """Put an export of `count` channels on record."""
    record(Event.CHANNELS_EXPORTED, actor=actor, subject=REGISTER, data={"count": count})
