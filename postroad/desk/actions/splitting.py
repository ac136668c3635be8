"""A part of a conversation that is another matter becomes a case of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.channels.models import Kind
from postroad.conversations import actions as conversations
from postroad.conversations.models import Conversation, Message
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, tell
from postroad.desk.actions.intake import SUBJECT_LENGTH, fresh_numbers
from postroad.desk.actions.promises import NewPromise
from postroad.desk.events import Event
from postroad.desk.models import Case, CaseConversation, CaseLink, CaseState, LinkKind
from postroad.desk.queries import Promise
from postroad.desk.triage import somebody_waits
from postroad.ledger.actions import NewEntry, record_many
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.ids import new_id
from postroad.platform.text import tsvector_literal

if TYPE_CHECKING:
    from postroad.org.models import Person


@transaction.atomic
def split(*, case: Case, message_id: UUID, subject: str, person: Person) -> Case:
    """Make a case of its own from a message of `case` and all that follows it in its conversation.

    What the customer writes there next belongs to the new case; `case` keeps what was said before and its promises, and
    where it was answered by mail, its next answer opens a thread of its own. On the new case is promised what is
    promised to anybody who writes: from the arrival of the first of its messages for which somebody waits. Both cases
    say where the other came from.

    Raises Invalid without a subject, or where nothing would be left of `case`; Conflict where the message is not the
    case's any more.
    """
    if not subject.strip():
        raise Invalid({"subject": _("Say what the new case is about.")})
    held = case.links.filter(until_message_id__isnull=True).values_list("conversation_id", flat=True)
    # Conversations before cases, as the intake locks them: else the two could deadlock.
    locked = {
        one.pk: one for one in Conversation.objects.select_for_update(no_key=True).filter(pk__in=held).order_by("pk")
    }
    [case] = lock([case])
    said = list(queries.messages_of(case))
    first = next((message for message in said if message.pk == message_id), None)
    links = case.links.filter(until_message_id__isnull=True, aside=False)
    held_by = links.filter(conversation=first.conversation_id).first() if first else None
    if first is None or held_by is None or held_by.conversation_id not in locked:
        raise Conflict(_("That message does not belong to this case any more."))
    part = [one for one in said if one.conversation_id == first.conversation_id and one.pk >= message_id]
    if len(part) == len(said):
        raise Invalid({"message": _("Nothing would be left of this case; change its subject instead, or transfer it.")})
    new = _open(case, part, subject=subject.strip(), person=person)
    _divide(case, new, held_by, first, conversation=locked[first.conversation_id])
    _say_so(case, new, person=person)
    return new


def _open(case: Case, part: list[Message], *, subject: str, person: Person) -> Case:
    """The new case, with what is promised on it."""
    waited_for = [one for one in part if one.is_incoming and somebody_waits(one.auto)]
    begun = waited_for[0] if waited_for else part[0]
    replies = [one for one in part if not one.is_incoming and one.person_id and one.pk > begun.pk]
    new = Case.objects.create(
        number=fresh_numbers(1)[0],
        channel=case.channel,
        subject=subject[:SUBJECT_LENGTH],
        state=CaseState.OPEN,
        priority=case.priority,
        contact_id=begun.contact_id or case.contact_id,
        organisation_id=case.organisation_id,
        assignee=case.assignee or person,
        opened_at=begun.received_at,
        last_message_at=part[-1].received_at,
        first_replied_at=replies[0].received_at if replies else None,
        search=tsvector_literal(f"{subject} {case.contact.name if case.contact else ''}"),
    )
    if waited_for:
        reason = _("split off from #%(number)s") % {"number": case.number}
        kinds = [Promise.ANSWER] if replies else [queries.first_promise(case.channel), Promise.ANSWER]
        owed = [NewPromise(new, case.channel, kind, begun.received_at, reason) for kind in kinds]
        promises.start(owed, actor=person.as_actor())
        promises.refresh_due([new])
    return new


def _divide(case: Case, new: Case, held_by: CaseConversation, first: Message, *, conversation: Conversation) -> None:
    if held_by.first_message_id >= first.pk:
        held_by.case = new
        held_by.save(update_fields=["case"])
        return
    held_by.until_message_id = first.pk
    held_by.save(update_fields=["until_message_id"])
    CaseConversation.objects.create(case=new, conversation=conversation, first_message_id=first.pk)
    elsewhere = case.links.filter(until_message_id__isnull=True, aside=False).exists()
    if conversation.channel.kind == Kind.MAILBOX and not elsewhere:
        _thread_of_its_own(case, conversation)


def _thread_of_its_own(case: Case, conversation: Conversation) -> None:
    """Where the case is answered from now on; the mark in the subject line, by which answers are known, goes along."""
    own = conversations.begin(channel=conversation.channel, subject=conversation.subject, contact=case.contact)
    own.last_message_at = case.last_message_at
    own.participants = conversation.participants
    own.subject_token, conversation.subject_token = conversation.subject_token, ""
    conversation.save(update_fields=["subject_token"])
    own.save(update_fields=["last_message_at", "participants", "subject_token"])
    CaseConversation.objects.create(case=case, conversation=own, first_message_id=new_id())


def _say_so(case: Case, new: Case, *, person: Person) -> None:
    actor = person.as_actor()
    CaseLink.objects.create(case=new, other=case, kind=LinkKind.SPLIT)
    record_many(
        [
            NewEntry(Event.CASE_SPLIT, actor, case, {"number": new.number}),
            NewEntry(Event.CASE_SPLIT_OFF, actor, new, {"number": case.number}),
        ]
    )
    tell([case, new], new.assignee_id)
