"""An event of the tests' own and entries of it."""

from enum import StrEnum

from django.db import connection
from django.utils.translation import gettext_lazy as _

from postroad.ledger import registry
from postroad.ledger.actions import NewEntry, record_many
from postroad.ledger.models import Entry
from postroad.ledger.queries import GUARDS
from postroad.platform.actors import Actor, Subject

ACTOR = Actor(kind="person", id="p-1", label="王芳")
PARCEL = Subject("test.parcel", "1")


class Event(StrEnum):
    PARCEL_SENT = "ledger-test.parcel.sent"
    STATE_CHANGED = "ledger-test.state.changed"


SENTENCES = {
    Event.PARCEL_SENT: _("{actor} exported the evidence: {size} entries under the root {root}"),
    Event.STATE_CHANGED: "{actor}: {state[before]} > {state[after]}",
}


def empty_the_ledger() -> None:
    """Remove what the installation itself put on record, so that a test counts only its own."""
    with connection.cursor() as cursor:
        for table in ("ledger_entry", "ledger_leaf", "ledger_node", "ledger_head"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        cursor.execute("TRUNCATE ledger_unsealed, ledger_node, ledger_head, ledger_leaf, ledger_entry")
    put_guards_back()


def put_guards_back() -> None:
    """Switch every trigger of the ledger on again as its migration did."""
    with connection.cursor() as cursor:
        for guard in GUARDS:
            table = "ledger_entry" if guard == "ledger_queue_unsealed" else guard.removesuffix("_append_only")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}")


def use_test_events(monkeypatch) -> None:
    """Register the events above until the end of the test."""
    monkeypatch.setattr(registry, "_sentences", dict(registry._sentences))
    monkeypatch.setattr(registry, "_needed", {})
    registry.register_events(SENTENCES)


def record_parcels(count: int, *, subject: Subject = PARCEL, actor: Actor = ACTOR) -> list[Entry]:
    return record_many(
        [
            NewEntry(event=Event.PARCEL_SENT, actor=actor, subject=subject, data={"size": number, "root": "根 ✓ "})
            for number in range(count)
        ]
    )
