"""How cases stand that came of telephone calls, for the hotline's lists and cards."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from postroad.clock.models import Deadline
from postroad.desk.models import ACTIVE, Case, CaseConversation
from postroad.desk.permissions import Permission, sight_of
from postroad.desk.queries.promises import Promise, owed_on
from postroad.hotline.registry import CaseStanding
from postroad.org.models import Contact, Person
from postroad.org.permissions import person_may

OPEN_SHOWN = 20


def standing_of_calls(conversation_ids: Collection[UUID]) -> dict[UUID, CaseStanding]:
    """The case that each conversation belongs to now, with the promise of calling back. Two queries."""
    links = CaseConversation.objects.filter(
        conversation__in=list(conversation_ids), until_message_id__isnull=True
    ).select_related("case__assignee")
    cases = {link.conversation_id: link.case for link in links.defer("case__search")}
    owed = owed_on(cases.values()) if cases else {}
    return {
        conversation_id: _standing(case, owed[case.pk].get(Promise.CALL_BACK))
        for conversation_id, case in cases.items()
    }


def conversations_of(case: Case) -> list[UUID]:
    """The conversations a case is made of now. One query."""
    return list(case.links.filter(until_message_id__isnull=True).values_list("conversation", flat=True))


def latest_cases(contact: Contact, *, reader: Person, limit: int) -> list[CaseStanding]:
    """The newest cases of a contact that the reader may see. One query beside the reader's rights."""
    found = sight_of(reader).cases().filter(contact=contact).select_related("assignee").defer("search")
    return [_standing(case, None) for case in found.order_by("-opened_at")[:limit]]


def open_cases_of_contact(contact: Contact, *, reader: Person) -> list[CaseStanding]:
    """The newest cases of a contact on which the reader may work. One query beside the reader's rights."""
    if not person_may(reader, Permission.CASE_WORK):
        return []
    found = sight_of(reader).cases().filter(contact=contact, state__in=ACTIVE).select_related("assignee")
    return [_standing(case, None) for case in found.defer("search").order_by("-opened_at")[:OPEN_SHOWN]]


def _standing(case: Case, promise: Deadline | None) -> CaseStanding:
    return CaseStanding(
        number=case.number,
        subject=case.subject,
        url=case.get_absolute_url(),
        state=case.get_state_display(),
        finished=case.is_finished,
        assignee=case.assignee,
        opened_at=case.opened_at,
        promise=promise,
    )
