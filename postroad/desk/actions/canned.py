"""Canned answers: written once, put into many replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from postroad.desk.actions.common import lock, tell
from postroad.desk.events import Event
from postroad.desk.models import CannedAnswer, Case, Draft
from postroad.desk.variables import filled
from postroad.ledger.actions import record

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person


@transaction.atomic
def save_canned(
    *, answer: CannedAnswer | None, title: str, text: str, channel: Channel | None, person: Person
) -> CannedAnswer:
    """Write a canned answer, or change one."""
    if answer is None:
        answer = CannedAnswer.objects.create(title=title, text=text, channel=channel)
    else:
        answer.title, answer.text, answer.channel = title, text, channel
        answer.save(update_fields=["title", "text", "channel"])
    record(Event.CANNED_SAVED, actor=person.as_actor(), subject=answer, data={"title": title})
    return answer


@transaction.atomic
def remove_canned(*, answer: CannedAnswer, person: Person) -> None:
    record(Event.CANNED_REMOVED, actor=person.as_actor(), subject=answer, data={"title": answer.title})
    answer.delete()


@transaction.atomic
def put_into_drafts(*, cases: Sequence[Case], answer: CannedAnswer, person: Person) -> None:
    """Add a canned answer to what the person is writing on each of the cases; nothing is sent.

    A constant number of statements.
    """
    lock(cases)
    begun = {
        draft.case_id: draft
        for draft in Draft.objects.filter(case__in=cases, person=person, kind=Draft.Kind.REPLY, send_at__isnull=True)
    }
    new, changed = [], []
    for case in Case.objects.filter(pk__in=[one.pk for one in cases]).select_related("contact").defer("search"):
        text = filled(answer.text, case=case, person=person)
        if draft := begun.get(case.pk):
            draft.text = f"{draft.text.rstrip()}\n\n{text}" if draft.text.strip() else text
            draft.written_at = timezone.now()
            changed.append(draft)
        else:
            new.append(Draft(case=case, person=person, text=text))
    Draft.objects.bulk_create(new)
    Draft.objects.bulk_update(changed, ["text", "written_at"])
    tell(cases)
