"""Looks into the archive, each put on record before anything is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from postroad.archive.events import Event
from postroad.archive.models import Search
from postroad.ledger.actions import record
from postroad.platform import crypto

if TYPE_CHECKING:
    from postroad.archive.queries import Wanted
    from postroad.conversations.models import Message
    from postroad.org.models import Person


@transaction.atomic
def record_search(*, wanted: Wanted, person: Person) -> Search:
    """Record what `person` is looking for; the ledger holds a digest of it only, for the words may be personal."""
    search = Search.objects.create(person=person, words=wanted.words, filters=wanted.filters)
    record(Event.SEARCHED, actor=person.as_actor(), subject=search, data={"digest": _digest(wanted)})
    return search


def record_look(*, message: Message, person: Person) -> None:
    """Record that `person` opens a message of the archive."""
    record(Event.MESSAGE_READ, actor=person.as_actor(), subject=message)


@transaction.atomic
def record_export(*, wanted: Wanted, rows: int, person: Person) -> Search:
    """Record that `person` takes `rows` found messages away."""
    search = record_search(wanted=wanted, person=person)
    record(Event.EXPORTED, actor=person.as_actor(), subject=search, data={"rows": rows})
    return search


def _digest(wanted: Wanted) -> str:
    said = "\n".join([wanted.words, *(f"{name}={value}" for name, value in sorted(wanted.filters.items()))])
    return crypto.digest(said, context="archive.search").hex()
