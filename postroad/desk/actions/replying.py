"""Answering a case by mail, or in the messenger in which the customer wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Kind
from postroad.conversations import actions as conversations
from postroad.conversations.actions import Sender
from postroad.conversations.models import Conversation, Delivery, Message
from postroad.desk import attachments, queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, require_seen, settle, tell
from postroad.desk.actions.drafting import files_of, uploaded
from postroad.desk.actions.fields import require_answers
from postroad.desk.actions.state import STATE_FIELDS, move
from postroad.desk.actions.waiting import with_notice
from postroad.desk.events import Event
from postroad.desk.models import FINISHED, Case, CaseState, Draft
from postroad.ledger.actions import record
from postroad.platform.errors import Conflict

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from postroad.channels.protocol import Recipient
    from postroad.org.models import Person


class After(models.TextChoices):
    """What a case is after a reply."""

    WAITING = CaseState.WAITING.value, gettext_lazy("Send and wait for the customer")
    SOLVED = CaseState.SOLVED.value, gettext_lazy("Send and solve")
    OPEN = CaseState.OPEN.value, gettext_lazy("Send and keep open")


@transaction.atomic
def reply(
    *,
    case: Case,
    text: str,
    recipients: Sequence[Recipient],
    after: After,
    files: Sequence[UploadedFile[Any]] = (),
    seen: UUID | None = None,
    sender: str = "",
    subject: str = "",
    signed: bool = True,
    draft: Draft | None = None,
    person: Person,
) -> Message:
    """Say something to the customer, now (`sending.send` lets people take it back for some seconds).

    The files given and those of `draft` (default: what the person is writing on the case) go along; the draft ends by
    it. `sender` is the address to write from, by default the one the customer wrote to; `signed`: the signature that
    counts for the person stands below the text. In a messenger there is neither, nor a subject.

    The case becomes the person's own if it is nobody's. Promises are met or paused when the mail server has taken the
    mail (see `delivery`), not now: until then the customer has nothing.

    Raises Invalid without text or addressee, for a file that cannot go out or an address the team does not write from,
    Conflict where there is no conversation to answer in, Overtaken where somebody said something after `seen`.
    """
    conversation = require_answerable(case)
    [case] = lock([case])
    require_seen(case, seen, person=person, by_customers=not queries.is_direct(conversation))
    draft = draft or queries.open_draft(case, person)
    kept = files_of(draft)
    attachments.require_sendable(files, held=sum(len(one.content) for one in kept))
    answered = queries.message_to_answer(case, conversation)
    text = with_notice(text, case, after)
    attached = [*kept, *(uploaded(file) for file in files)]
    if queries.is_direct(conversation):
        message = conversations.say(
            conversation=conversation,
            actor=person.as_actor(),
            person=person,
            text=text,
            to=recipients,
            attachments=attached,
            subject=case.subject,
        )
    else:
        written_from = queries.sender_to_use(queries.senders_of(conversation.channel), chosen=sender, answered=answered)
        language = queries.language_for(case, answered)
        said = queries.Signed(text, None)
        if signed:
            said = queries.signed(
                text, case, channel=conversation.channel, person=person, language=language, address=written_from.address
            )
        message = conversations.say(
            conversation=conversation,
            actor=person.as_actor(),
            person=person,
            text=said.text,
            html=said.html,
            to=recipients,
            attachments=attached,
            reply_to=answered,
            subject=subject.strip(),
            subject_token=queries.token_for(case, conversation),
            sender=as_sender(written_from, person),
        )
    if draft:
        draft.delete()
    after_reply(case, message, after, person=person)
    return message


def require_answerable(case: Case) -> Conversation:
    """The conversation to answer in, locked. Raises Conflict where there is none that could be answered by mail."""
    conversation = queries.locked_conversation_to_answer(case)
    if conversation is None:
        raise Conflict(_("This case holds no message that could be answered."))
    if conversation.channel.kind == Kind.HOTLINE:
        raise Conflict(_("This customer called: call back, there is no mail to answer."))
    return conversation


def as_sender(choice: queries.SenderChoice, person: Person) -> Sender:
    return Sender(name=choice.name or person.name, address=choice.address, answers_to=choice.answers_to)


def after_reply(case: Case, message: Message, after: After, *, person: Person) -> None:
    """What a reply changes in its case, whichever way it goes."""
    if after == After.SOLVED:
        require_answers([case])
    before, actor = case.state, person.as_actor()
    finished = before in FINISHED
    move(case, CaseState(after), at=message.received_at)
    case.last_message_at = message.received_at
    case.undelivered = False
    newly_assigned = case.assignee is None
    case.assignee = case.assignee or person
    case.save(update_fields=[*STATE_FIELDS, "last_message_at", "undelivered", "assignee"])
    record(
        Event.CASE_REPLIED,
        actor=actor,
        subject=case,
        data={"state": {"before": before, "after": case.state}, "message": str(message.pk)},
    )
    if newly_assigned:
        promises.hand_over([case], queries.owed_on([case]), responsible=person, actor=actor)
    if finished and after == After.OPEN:
        promises.owe_answer(case, since=message.received_at, reason=_("reopened by our own reply"), actor=actor)
    settle([case], at=message.received_at, reason=_("replied"), actor=actor)
    tell([case], case.assignee_id)


@transaction.atomic
def retry(*, case: Case, delivery: Delivery, person: Person) -> Delivery:
    """Try again to deliver a reply that failed. Raises Conflict unless it has failed."""
    [case] = lock([case])
    delivery = conversations.retry_delivery(delivery=delivery, actor=person.as_actor())
    case.undelivered = False
    case.save(update_fields=["undelivered"])
    tell([case])
    return delivery
