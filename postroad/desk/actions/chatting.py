"""Answering in a live chat, and by mail once the visitor has gone: one case, one history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations import actions as conversations
from postroad.conversations.actions import NewAttachment
from postroad.conversations.models import Conversation, Message
from postroad.desk import attachments, queries
from postroad.desk.actions.common import lock, require_seen
from postroad.desk.actions.drafting import uploaded
from postroad.desk.actions.replying import After, after_reply
from postroad.desk.actions.state import DESK
from postroad.desk.models import Case, CaseConversation
from postroad.livechat import actions as livechat
from postroad.livechat import queries as chats
from postroad.livechat.models import Visit
from postroad.platform.errors import Conflict

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from postroad.channels.models import Channel
    from postroad.org.models import Person

UNREAD_FOR = timedelta(minutes=2)
"""What a visitor who is gone has not got after this goes to them by mail."""

SHOWN_BACK = timedelta(days=3)


@transaction.atomic
def chat(
    *, case: Case, text: str, files: Sequence[UploadedFile[Any]] = (), seen: UUID | None = None, person: Person
) -> Message:
    """Answer in the chat of a case; by mail if the visitor has gone and left an address.

    Then it is the customer's turn.

    Raises Invalid without a text or for a file that cannot go out, Conflict where the case is answered in no chat,
    Overtaken where a colleague answered after the message `seen`.
    """
    if talk := queries.chat_of(case):
        # A visitor's own message locks their chat before its conversation and case; so does this.
        livechat.agent_reads(visit=talk.visit)
    conversation = queries.locked_conversation_to_answer(case)
    found = queries.chat_of(case)
    if conversation is None or found is None or found.visit.conversation_id != conversation.pk:
        raise Conflict(_("This case is not answered in a chat."))
    [case] = lock([case])
    require_seen(case, seen, person=person, by_customers=False)
    attachments.require_sendable(files, held=0)
    sent = [uploaded(file) for file in files]
    if found.by_mail and found.mailbox is not None:
        message = _mail(case, found.visit, found.mailbox, text=text, files=sent, person=person)
    else:
        message = conversations.say(
            conversation=conversation,
            actor=person.as_actor(),
            person=person,
            text=text,
            to=[Recipient(RecipientRole.TO, found.visit.name, "")],
            attachments=sent,
            subject=conversation.subject,
        )
        livechat.agent_said(visit=found.visit)
    after_reply(case, message, After.WAITING, person=person)
    return message


def mail_what_was_missed() -> int:
    """Send visitors who are gone by mail what they have not got; returns how many mails."""
    gone = chats.left_behind(unread_since=timezone.now() - UNREAD_FOR, gone_since=timezone.now() - SHOWN_BACK)
    return sum(_mail_missed(visit) for visit in gone)


@transaction.atomic
def _mail_missed(visit: Visit) -> bool:
    link = (
        CaseConversation.objects.filter(conversation=visit.conversation_id, until_message_id__isnull=True)
        .select_related("case__channel")
        .first()
    )
    found = queries.chat_of(link.case) if link else None
    if link is None or found is None or not found.by_mail or found.mailbox is None:
        return False
    missed = chats.missed_by(visit)
    if not missed:
        return False
    with translation.override(visit.language):
        said = "\n\n".join(f"{one.sender_name}: {one.text}" for one in missed if one.text)
        text = _("You had left our chat when we wrote:") + f"\n\n{said}"
        _mail(link.case, visit, found.mailbox, text=text, files=[], person=None)
    livechat.visitor_saw(visit=visit, delivered=missed[-1].pk, read=None)
    return True


def _mail(
    case: Case, visit: Visit, mailbox: Channel, *, text: str, files: Sequence[NewAttachment], person: Person | None
) -> Message:
    """Write to the visitor from the mailbox, in a conversation of the same case; an answer to it continues the case."""
    page = reverse("chat:page", args=[visit.channel.key])
    address = f"{settings.URL}{page}#postroad-chat={livechat.make_link(visit=visit)}"
    with translation.override(visit.language):
        way_back = _("You can answer this mail, or go on in the chat for 7 days: %(address)s") % {"address": address}
    return write_by_mail(
        case,
        mail_conversation(case, mailbox),
        to=Recipient(RecipientRole.TO, visit.name, visit.mail),
        text=f"{text}\n\n{way_back}" if text.strip() or files else "",
        subject=f"Re: {case.subject}",
        files=files,
        person=person,
    )


def write_by_mail(
    case: Case,
    conversation: Conversation,
    *,
    to: Recipient,
    text: str,
    subject: str,
    files: Sequence[NewAttachment] = (),
    person: Person | None = None,
) -> Message:
    """Write to the customer in a conversation by mail, which from now on belongs to the case."""
    message = conversations.say(
        conversation=conversation,
        actor=person.as_actor() if person else DESK,
        person=person,
        text=text,
        to=[to],
        attachments=files,
        subject=subject,
        subject_token=queries.token_for(case, conversation),
        automatic=person is None,
    )
    if not case.links.filter(conversation=conversation, until_message_id__isnull=True).exists():
        CaseConversation.objects.create(case=case, conversation=conversation, first_message_id=message.pk)
    return message


def mail_conversation(case: Case, mailbox: Channel) -> Conversation:
    """The case's conversation by mail from that mailbox, begun now if there is none."""
    known = Conversation.objects.filter(
        channel=mailbox,
        case_links__case=case,
        case_links__until_message_id__isnull=True,
        case_links__aside=False,
        contact=case.contact,
    ).first()
    return known or conversations.begin(channel=mailbox, subject=case.subject, contact=case.contact)
