"""What the hotline asks of cases and tells about them: who was called back, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.clock import actions as clock
from postroad.conversations.models import Message
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, tell
from postroad.desk.actions.offering import offer_other_way
from postroad.desk.actions.state import change_state, end
from postroad.desk.events import Event
from postroad.desk.models import ACTIVE, Case, CaseConversation, CaseState, ClosedReason, Note
from postroad.desk.permissions import Permission
from postroad.desk.queries import FIRST, Promise
from postroad.ledger.actions import record
from postroad.org.permissions import person_may
from postroad.platform.errors import Conflict

if TYPE_CHECKING:
    from postroad.clock.models import Deadline
    from postroad.hotline.registry import CalledBack, CaseStanding, OtherWay, SpokenCall
    from postroad.org.models import Contact, Person


class Cases:
    """The desk as the hotline knows it; see `hotline.registry.CaseKeeper`."""

    def cases_of(self, conversation_ids: Collection[UUID]) -> dict[UUID, CaseStanding]:
        return queries.standing_of_calls(conversation_ids)

    def latest_of(self, contact: Contact, *, reader: Person, limit: int) -> list[CaseStanding]:
        return queries.latest_cases(contact, reader=reader, limit=limit)

    def offer_other_way(self, conversation_ids: Collection[UUID]) -> dict[UUID, OtherWay]:
        return offer_other_way(conversation_ids)

    def open_of(self, contact: Contact, *, reader: Person) -> list[CaseStanding]:
        return queries.open_cases_of_contact(contact, reader=reader)

    @transaction.atomic
    def add_call(self, number: int, told: SpokenCall) -> None:
        """It counts as our first answer, unless it was spoken before; what else is owed on the case stays owed."""
        message = Message.objects.filter(conversation=told.conversation_id).order_by("id").only("id")[0]
        [case] = lock([Case(pk=Case.objects.values_list("pk", flat=True).get(number=number))])
        if case.state not in ACTIVE:
            raise Conflict(_("Case #%(number)s has been finished meanwhile.") % {"number": number})
        CaseConversation.objects.create(case=case, conversation_id=told.conversation_id, first_message_id=message.pk)
        case.last_message_at = max(case.last_message_at, told.at)
        case.save(update_fields=["last_message_at"])
        owed = queries.owed_on([case])[case.pk]
        # What was promised after they were spoken to is about something said since.
        kept = [one for kind, one in owed.items() if kind in FIRST and one.started_at <= told.at]
        if told.at >= case.opened_at:
            _count_as_answer(case, kept, told, reason=_("spoken to on the telephone"))
        record(Event.CASE_SPOKEN, actor=told.actor, subject=case, data={"state": {"after": case.state}})

    @transaction.atomic
    def spoken_to(self, conversation_id: UUID, *, person: Person) -> None:
        """A case opened by who answered the call: theirs, with the answer owed and no call back."""
        link = CaseConversation.objects.get(conversation=conversation_id, until_message_id__isnull=True)
        [case] = lock([link.case])
        owed, actor = queries.owed_on([case])[case.pk], person.as_actor()
        if Promise.CALL_BACK in owed:
            reason = _("spoken to on the telephone")
            clock.cancel([owed[Promise.CALL_BACK].pk], at=case.opened_at, reason=reason, actor=actor)
        case.first_replied_at = case.first_replied_at or case.opened_at
        case.state = CaseState.OPEN if case.state == CaseState.NEW else case.state
        case.assignee = person
        case.save(update_fields=["first_replied_at", "state", "assignee"])
        promises.hand_over([case], queries.owed_on([case]), responsible=person, actor=actor)
        promises.refresh_due([case])
        tell([case], person.pk)

    @transaction.atomic
    def called_back(self, told: CalledBack) -> None:
        """Keep the promise of calling back, or end the case where no call is needed; the note stays with the case."""
        link = CaseConversation.objects.filter(conversation=told.conversation_id, until_message_id__isnull=True).first()
        if link is None:
            return
        [case] = lock([link.case])
        _keep_note(case, told)
        if not told.needed:
            end([case], ClosedReason.DONE, reason=told.note, actor=told.actor)
            return
        owed = queries.owed_on([case])[case.pk]
        kept = [owed[Promise.CALL_BACK]] if Promise.CALL_BACK in owed else []
        _count_as_answer(case, kept, told, reason=_("called back"))
        record(Event.CASE_CALLED_BACK, actor=told.actor, subject=case, data={"state": {"after": case.state}})
        if told.settled and case.state in ACTIVE:
            change_state([case], CaseState.SOLVED, reason=_("called back"), actor=told.actor)


def _count_as_answer(case: Case, kept: Iterable[Deadline], told: CalledBack | SpokenCall, *, reason: str) -> None:
    """The customer was spoken to, or tried: what was promised first is kept, and the case is somebody's."""
    actor = told.actor
    clock.meet([one.pk for one in kept], at=told.at, reason=reason, actor=actor)
    case.first_replied_at = case.first_replied_at or told.at
    case.state = CaseState.OPEN if case.state == CaseState.NEW else case.state
    newly_assigned = case.assignee is None and told.person and person_may(told.person, Permission.CASE_WORK)
    if newly_assigned:
        case.assignee = told.person
    case.save(update_fields=["first_replied_at", "state", "assignee"])
    if newly_assigned:
        promises.hand_over([case], queries.owed_on([case]), responsible=told.person, actor=actor)
    promises.refresh_due([case])
    tell([case], case.assignee_id)


def _keep_note(case: Case, told: CalledBack) -> None:
    if told.note and told.person:
        Note.objects.create(case=case, author=told.person, text=told.note)
