"""What colleagues tell each other on a case, and who is looking at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.desk import collision, mentions, queries
from postroad.desk.actions.common import lock, tell
from postroad.desk.events import Event
from postroad.desk.models import Case, Mention, Note, Presence
from postroad.ledger.actions import NewEntry, record_many
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.org.models import Person


def add_note(*, case: Case, text: str, person: Person) -> Note:
    """Write an internal note; colleagues of the desk named with @ find the case in their work.

    Raises Invalid without a text.
    """
    return note_on_all(cases=[case], text=text, person=person)[0]


@transaction.atomic
def note_on_all(*, cases: Sequence[Case], text: str, person: Person) -> list[Note]:
    """Write the same note on several cases; see `add_note`."""
    locked = lock(cases)
    if not text.strip():
        raise Invalid({"note": _("Write something first.")})
    named = mentions.named_in(text.strip(), queries.colleagues({case.channel for case in locked}))
    named = [one for one in named if one != person]
    notes = Note.objects.bulk_create(Note(case=case, author=person, text=text.strip()) for case in locked)
    Mention.objects.bulk_create(Mention(note=note, person=one) for note in notes for one in named)
    record_many(
        [
            NewEntry(Event.CASE_NOTED, person.as_actor(), note.case, {"note": str(note.pk), "mentions": len(named)})
            for note in notes
        ]
    )
    tell(locked, *(one.pk for one in named))
    return notes


@transaction.atomic
def see(*, case: Case, person: Person) -> list[Presence]:
    """Say that a person has the case open; returns who else has. Their mentions on it count as read.

    Not evidence, so nothing goes into the ledger; pages are told only when somebody comes.
    """
    now = timezone.now()
    before = Presence.objects.filter(case=case, person=person).values_list("seen_at", flat=True).first()
    Presence.objects.update_or_create(case=case, person=person, defaults={"seen_at": now})
    read = Mention.objects.filter(note__case=case, person=person, seen_at__isnull=True).update(seen_at=now)
    if before is None or now - before > collision.STALE_AFTER:
        tell([case], person.pk if read else None)
    return queries.others_on(case, person=person)


def forget_presence() -> int:
    """Remove the marks of pages that were closed long ago; returns how many."""
    return Presence.objects.filter(seen_at__lt=timezone.now() - collision.FORGOTTEN_AFTER).delete()[0]
