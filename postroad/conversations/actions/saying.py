"""Writing an outgoing message: stored, in the outbox and on its way to be sent, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.protocol import AutoKind, Recipient
from postroad.conversations.actions.storing import (
    FileToStore,
    build_rows,
    participants_with,
    seal,
    storable,
    store_contents,
)
from postroad.conversations.events import Event
from postroad.conversations.jobs import Job
from postroad.conversations.models import Conversation, Delivery, Direction, Message
from postroad.conversations.sanitise import sanitised
from postroad.ledger.actions import record
from postroad.platform import jobs
from postroad.platform.bulk import insert_many
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.org.models import Person
    from postroad.platform.actors import Actor

MOST_THREAD_IDS = 50


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file to go out with a message."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message is from, where that is not the channel's own address; answers are asked for at `answers_to`."""

    name: str
    address: str
    answers_to: str


@transaction.atomic
def say(
    *,
    conversation: Conversation,
    actor: Actor,
    person: Person | None,
    text: str,
    to: Sequence[Recipient],
    html: str | None = None,
    attachments: Sequence[NewAttachment] = (),
    reply_to: Message | None = None,
    subject: str = "",
    subject_token: str = "",
    automatic: bool = False,
    sender: Sender | None = None,
) -> Message:
    """Write a message in `conversation`; it is sent as soon as the transaction has committed.

    Args:
        conversation: where it belongs; its channel sends it.
        actor: who answers for it in the ledger.
        person: who signs it; None for what Postroad says by itself.
        text: the plain body.
        to: addressees with their roles.
        html: the rich body, if any; it is sanitised.
        attachments: files to go with it.
        reply_to: the message it answers (default: the newest of the conversation).
        subject: default "Re: " and the conversation's subject.
        subject_token: the mark under which answers are recognised; becomes the conversation's.
        automatic: nobody wrote it, so robots must not answer it.
        sender: the address it is written from (default: the channel's, with the name of who signs it).

    Raises Invalid when there is nothing to say or nobody to say it to.
    """
    _require_sayable(text=text, attachments=attachments, to=to)
    conversation = (
        Conversation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("channel")
        .get(pk=conversation.pk)
    )
    answered = reply_to or _newest(conversation)
    now = timezone.now()
    message = Message(
        conversation=conversation,
        channel=conversation.channel,
        direction=Direction.OUT,
        thread_ids=_thread_ids(answered),
        sender_name=sender.name if sender else person.name if person else conversation.channel.name,
        sender_address=sender.address if sender else conversation.channel.address,
        reply_address=sender.answers_to if sender else conversation.channel.address,
        person=person,
        contact_id=conversation.contact_id,
        recipients=[
            {"role": str(one.role), "name": storable(one.name), "address": storable(one.address)} for one in to
        ],
        subject=storable(subject or reply_subject(conversation.subject)),
        text=storable(text),
        reply_text=storable(text),
        html=(sanitised(storable(html)) or "") if html else "",
        auto=AutoKind.REPLY if automatic else "",
        sent_at=now,
        received_at=now,
        attachment_count=len(attachments),
    )
    files = [
        FileToStore(
            message_id=message.pk, position=position, name=one.name, declared_type=one.content_type, content=one.content
        )
        for position, one in enumerate(attachments)
    ]
    build_rows(files, store_contents([file.content for file in files]))
    seal(message, [file.row for file in files])
    insert_many([message])
    insert_many([file.row for file in files])
    Delivery.objects.create(message=message, next_try_at=now)
    conversation.subject_token = subject_token or conversation.subject_token
    conversation.participants = participants_with(conversation.participants, [one.address for one in to])
    conversation.message_count = F("message_count") + 1
    conversation.last_message_at = now
    conversation.save(update_fields=["subject_token", "participants", "message_count", "last_message_at"])
    record(
        Event.MESSAGE_WRITTEN,
        actor=actor,
        subject=message,
        data={"channel": conversation.channel.key, "digest": message.digest.hex()},
    )
    jobs.enqueue(Job.SEND_DUE, once=True)
    return message


def _require_sayable(*, text: str, attachments: Sequence[NewAttachment], to: Sequence[Recipient]) -> None:
    if not text.strip() and not attachments:
        raise Invalid({"text": _("Write something first.")})
    if not to:
        raise Invalid({"to": _("Say who shall get it.")})


def _newest(conversation: Conversation) -> Message | None:
    return conversation.messages.order_by("-id").first()


def _thread_ids(answered: Message | None) -> list[str]:
    """References of the answer: those of what is answered and its own id (RFC 5322 section 3.6.4)."""
    if answered is None:
        return []
    own = answered.external_id or _sent_as(answered)
    return [*answered.thread_ids, *([own] if own else [])][-MOST_THREAD_IDS:]


def _sent_as(message: Message) -> str:
    delivery = Delivery.objects.filter(message=message).first()
    return delivery.external_id if delivery else ""


def reply_subject(subject: str) -> str:
    """The subject line of an answer."""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}".strip()
