"""The one way in: everything that comes in through any connector is stored here, exactly once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from postroad.channels.models import Channel
from postroad.channels.protocol import AutoKind
from postroad.conversations.actions.drafts import Draft, key_of
from postroad.conversations.actions.handing import hand_over
from postroad.conversations.actions.outbox import note_bounces
from postroad.conversations.actions.receipts import claim
from postroad.conversations.actions.rows import update_conversations
from postroad.conversations.actions.storing import (
    FileToStore,
    build_rows,
    held,
    participants_with,
    seal,
    storable,
    store_contents,
)
from postroad.conversations.actions.threads import find_threads, root_of, unseen_by
from postroad.conversations.events import Event
from postroad.conversations.models import Conversation, Direction, Message
from postroad.conversations.registry import Intaken
from postroad.conversations.sanitise import sanitised
from postroad.ledger.actions import NewEntry, record_many
from postroad.org.actions import match_contacts
from postroad.org.models import Contact
from postroad.platform.actors import Actor
from postroad.platform.bulk import insert_many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.channels.protocol import IncomingMessage
    from postroad.platform.models import Blob

INTAKE = Actor.system("intake")
HTML_NOT_SHOWN = "html-not-shown"


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """Where one message of a batch is now; `created` is false when it had been stored before."""

    message: Message
    conversation: Conversation
    created: bool


def intake(batch: Sequence[IncomingMessage]) -> list[IntakeResult]:
    """Store `batch` in one transaction and hand what is new to the registered handlers; results in order.

    The same message is stored once, however often and on whichever ways it comes. The number of statements does not
    depend on the size of the batch (contents too large for memory excepted: one each). Joins the caller's transaction.

    Raises what makes the batch unstorable: the database is gone, a channel does not exist. What a handler raises is
    kept with its message and tried again (docs/decisions/007-intake.md).
    """
    drafts = [_draft(incoming) for incoming in batch]
    if not drafts:
        return []
    # No savepoint in a caller's transaction: what fails here fails it as a whole.
    with transaction.atomic(savepoint=False):
        claim(drafts)
        new = [draft for draft in drafts if draft.twin is None]
        if new:
            _store(new)
        return _results(drafts)


def _draft(incoming: IncomingMessage) -> Draft:
    return Draft(
        incoming=incoming,
        key=key_of(incoming.channel_id, incoming.external_id),
        clean_html=sanitised(storable(incoming.html)) if incoming.html else "",
    )


def _store(new: Sequence[Draft]) -> None:
    channels = Channel.objects.in_bulk({draft.incoming.channel_id for draft in new})
    contacts = _contacts(new)
    find_threads(new)
    _join_conversations(new, channels, contacts)
    _write_messages(new, contacts)
    note_bounces([draft.message for draft in new if draft.incoming.auto == AutoKind.BOUNCE])
    hand_over(
        [
            Intaken(
                incoming=draft.incoming,
                message=draft.message,
                conversation=draft.conversation,
                new_conversation=draft.opens,
                contact=draft.message.contact,
            )
            for draft in new
        ]
    )


def _contacts(new: Sequence[Draft]) -> dict[str, Contact]:
    """By lower-cased address, or by id where the connector's side knows it.

    The machine that sends bounces is nobody, and our own people are no contacts.
    """
    found = match_contacts(
        (storable(draft.incoming.sender_name), storable(draft.incoming.sender_address))
        for draft in new
        if _comes_from_a_contact(draft.incoming)
    )
    if known := {one for draft in new if (one := draft.incoming.sender_contact_id)}:
        found |= {str(one.pk): one for one in Contact.objects.select_related("organisation").filter(pk__in=known)}
    return found


def _contact_of(incoming: IncomingMessage, contacts: Mapping[str, Contact]) -> Contact | None:
    return contacts.get(str(incoming.sender_contact_id)) or contacts.get(incoming.sender_address.lower())


def _comes_from_a_contact(incoming: IncomingMessage) -> bool:
    if incoming.sender_person_id is not None or not incoming.sender_is_contact:
        return False
    return bool(incoming.sender_address) and incoming.auto != AutoKind.BOUNCE


def _join_conversations(
    new: Sequence[Draft], channels: Mapping[UUID, Channel], contacts: Mapping[str, Contact]
) -> None:
    """Put each draft into the conversation it continues, or into a new one."""
    now = timezone.now()
    continued = {root.answers for root in map(root_of, new) if isinstance(root.answers, UUID)}
    known = (
        {
            one.pk: one
            for one in Conversation.objects.select_for_update(no_key=True, of=("self",))
            .filter(pk__in=continued)
            .order_by("pk")
        }
        if continued
        else {}
    )
    opened = []
    for draft in new:
        root = root_of(draft)
        if isinstance(root.answers, UUID):
            draft.conversation = known[root.answers]
        else:
            if not root.opens:
                root.opens = True
                root.conversation = _new_conversation(root, contacts)
                opened.append(root.conversation)
            draft.conversation = root.conversation
        draft.conversation.channel = channels[draft.incoming.channel_id]
        _count_in(draft, now=now)
    insert_many(opened)
    update_conversations(list(known.values()))


def _new_conversation(root: Draft, contacts: Mapping[str, Contact]) -> Conversation:
    return Conversation(
        channel_id=root.incoming.channel_id,
        subject=storable(root.incoming.subject),
        contact=_contact_of(root.incoming, contacts),
        answers_unseen=unseen_by(root),
    )


def _count_in(draft: Draft, *, now: datetime) -> None:
    incoming, conversation = draft.incoming, draft.conversation
    addresses = [incoming.sender_address, *(recipient.address for recipient in incoming.recipients)]
    conversation.participants = participants_with(conversation.participants, map(storable, addresses))
    conversation.message_count += 1
    if draft.overtaken:
        conversation.answers_unseen = unseen_by(draft)
    conversation.last_message_at = now


def _write_messages(new: Sequence[Draft], contacts: Mapping[str, Contact]) -> None:
    files = {draft.message_id: _files(draft) for draft in new}
    every_file = [file for draft in new for file in files[draft.message_id]]
    # One call for originals and attachments together: what is attached twice is stored once.
    stored = store_contents([*(draft.incoming.raw for draft in new), *(file.content for file in every_file)])
    build_rows(every_file, stored[len(new) :])
    for draft, raw in zip(new, stored, strict=False):
        draft.message = _message(draft, _contact_of(draft.incoming, contacts), raw)
        seal(draft.message, [file.row for file in files[draft.message_id]])
    insert_many([draft.message for draft in new])
    insert_many([file.row for file in every_file])
    record_many(
        [
            NewEntry(
                event=Event.MESSAGE_RECEIVED,
                actor=INTAKE,
                subject=draft.message,
                data={"channel": draft.conversation.channel.key, "digest": draft.message.digest.hex()},
            )
            for draft in new
        ]
    )


def _files(draft: Draft) -> list[FileToStore]:
    return [
        FileToStore(
            message_id=draft.message_id,
            position=position,
            name=one.name,
            declared_type=one.content_type,
            content=held(one.content, size=one.size),
            inline=one.inline,
            content_id=one.content_id or "",
        )
        for position, one in enumerate(draft.incoming.attachments)
    ]


def _message(draft: Draft, contact: Contact | None, raw: Blob) -> Message:
    incoming = draft.incoming
    problems = [*incoming.problems, *([HTML_NOT_SHOWN] if draft.clean_html is None else [])]
    return Message(
        id=draft.message_id,
        conversation=draft.conversation,
        channel=draft.conversation.channel,
        direction=Direction.IN,
        external_id=storable(incoming.external_id),
        thread_ids=[storable(one) for one in incoming.thread_ids],
        sender_name=storable(incoming.sender_name),
        sender_address=storable(incoming.sender_address),
        reply_address=storable(incoming.reply_address),
        contact=contact,
        person_id=incoming.sender_person_id,
        recipients=[
            {"role": str(one.role), "name": storable(one.name), "address": storable(one.address)}
            for one in incoming.recipients
        ],
        subject=storable(incoming.subject),
        text=storable(incoming.text),
        reply_text=storable(incoming.reply_text),
        html=draft.clean_html or "",
        auto=incoming.auto or "",
        may_autorespond=incoming.may_autorespond,
        bounce_of=storable(incoming.bounce_of or ""),
        failed_recipients=[_plain(asdict(one)) for one in incoming.failed_recipients],
        problems=[storable(one) for one in problems],
        sent_at=incoming.sent_at,
        received_at=incoming.received_at,
        raw=raw,
        attachment_count=len(incoming.attachments),
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: storable(str(value)) if isinstance(value, str) else value for name, value in values.items()}


def _results(drafts: Sequence[Draft]) -> list[IntakeResult]:
    twins = {draft.twin for draft in drafts if draft.twin}
    known = {draft.message_id: draft.message for draft in drafts if draft.twin is None}
    if twins - known.keys():
        known |= Message.objects.select_related("conversation").in_bulk(twins - known.keys())
    results = []
    for draft in drafts:
        message = known[draft.twin or draft.message_id]
        results.append(IntakeResult(message=message, conversation=message.conversation, created=draft.twin is None))
    return results
