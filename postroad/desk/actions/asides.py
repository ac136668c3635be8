"""Writing to somebody who is not the customer about a case: passing a message on, and answering what comes back.

Each such person has a conversation of their own in the case, marked `aside`: their answers come into the case and are
seen to be theirs, but no promise to the customer is met, paused or made by anything said there, and the customer's
mail program never learns of it (no reference leads from one conversation into the other).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations import actions as conversations
from postroad.conversations.models import Conversation
from postroad.desk import queries, signing
from postroad.desk.actions.common import lock, tell
from postroad.desk.actions.drafting import files_of, take_along
from postroad.desk.actions.replying import as_sender
from postroad.desk.addresses import line
from postroad.desk.events import Event
from postroad.desk.models import Case, CaseConversation, CaseState, Draft
from postroad.ledger.actions import record
from postroad.platform.errors import Conflict

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.conversations.models import Message
    from postroad.org.models import Person

LONGEST_SUBJECT = 500


@transaction.atomic
def begin_aside(*, case: Case, message: Message, person: Person) -> Draft:
    """Begin passing a message of the case on, with its files; or answering it, where it came from such a person.

    What the person has begun about that message before is gone on with.

    Raises Conflict where there is no mailbox to write from.
    """
    [case] = lock([case])
    begun = Draft.objects.filter(
        case=case, person=person, kind=Draft.Kind.ASIDE, about=message.pk, send_at__isnull=True
    ).first()
    if begun:
        return begun
    draft = Draft(case=case, person=person, kind=Draft.Kind.ASIDE, about=message.pk)
    answers = message.is_incoming and queries.is_aside(case, message)
    if answers:
        draft.conversation = message.conversation
        draft.to = line([Recipient(RecipientRole.TO, message.sender_name, message.answer_address)])
        draft.subject = conversations.reply_subject(message.subject)[:LONGEST_SUBJECT]
    elif queries.mailbox_of(case) is None:
        raise Conflict(_("There is no mailbox from which this could be passed on."))
    else:
        draft.subject = f"Fwd: {message.subject or case.subject}"[:LONGEST_SUBJECT]
        draft.text = _passed_on(message)
    draft.save()
    if not answers:
        take_along(draft, message.attachments.filter(inline=False).select_related("blob"))
    return draft


def channel_for(draft: Draft, case: Case) -> Channel:
    """The channel a mail to somebody else goes out on. Raises Conflict where there is none."""
    channel = draft.conversation.channel if draft.conversation else queries.mailbox_of(case)
    if channel is None:
        raise Conflict(_("There is no mailbox from which this could be passed on."))
    return channel


def say_aside(*, draft: Draft, case: Case, recipients: Sequence[Recipient]) -> Message:
    """Say it, in the conversation with that person, begun now if there is none; the draft ends. The case is locked."""
    channel, person = channel_for(draft, case), draft.person
    first = next(one.address for one in recipients if one.role == RecipientRole.TO)
    conversation = draft.conversation or queries.aside_with(case, first, channel)
    if conversation is None:
        conversation = conversations.begin(channel=channel, subject=draft.subject, contact=None)
    message = _say(draft, case, conversation, recipients=recipients)
    CaseConversation.objects.get_or_create(
        conversation=conversation,
        until_message_id=None,
        defaults={"case": case, "first_message_id": message.pk, "aside": True},
    )
    draft.delete()
    case.last_message_at = message.received_at
    case.state = CaseState.OPEN if case.state == CaseState.NEW else case.state
    case.save(update_fields=["last_message_at", "state"])
    record(Event.CASE_PASSED_ON, actor=person.as_actor(), subject=case, data={"message": str(message.pk)})
    tell([case], case.assignee_id)
    return message


def _say(draft: Draft, case: Case, conversation: Conversation, *, recipients: Sequence[Recipient]) -> Message:
    channel, person, text = conversation.channel, draft.person, draft.text.strip()
    written_from = queries.sender_to_use(queries.senders_of(channel), chosen=draft.sender, answered=None)
    said = queries.Signed(text, None)
    if draft.signed:
        language = signing.language_of(text)
        said = queries.signed(
            text, case, channel=channel, person=person, language=language, address=written_from.address
        )
    return conversations.say(
        conversation=conversation,
        actor=person.as_actor(),
        person=person,
        text=said.text,
        html=said.html,
        to=recipients,
        attachments=files_of(draft),
        subject=draft.subject.strip(),
        subject_token=queries.token_for(case, conversation),
        sender=as_sender(written_from, person),
    )


def _passed_on(message: Message) -> str:
    """The text of a message as it is passed on, below two free lines for one's own words."""
    to = ", ".join(one["address"] for one in message.recipients if one["role"] != RecipientRole.BCC)
    with translation.override(signing.language_of(message.text)):
        who = f"{message.sender_name} <{message.sender_address}>" if message.sender_name else message.sender_address
        head = [
            _("---------- Forwarded message ----------"),
            _("From: %(who)s") % {"who": who},
            _("Sent: %(when)s") % {"when": _when(message)},
            _("Subject: %(subject)s") % {"subject": message.subject},
            _("To: %(to)s") % {"to": to},
        ]
    return "\n\n" + "\n".join(head) + f"\n\n{message.text}"


def _when(message: Message) -> str:
    return timezone.localtime(message.taken_in_at).strftime("%Y-%m-%d %H:%M")
