"""Exports are on record: who took how much out of the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.desk.events import Event
from postroad.ledger.actions import record
from postroad.platform.actors import Subject

if TYPE_CHECKING:
    from postroad.org.models import Person


def record_export(*, count: int, person: Person) -> None:
    """Put on record that a person exported that many cases."""
    record(
        Event.CASES_EXPORTED,
        actor=person.as_actor(),
        subject=Subject("org.person", str(person.pk)),
        data={"count": count},
    )
