"""One case with all that belongs to it: messages, notes, files, whom a reply goes to."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from postroad.channels.models import Channel, Kind
from postroad.channels.protocol import SUBJECT_TOKEN, Recipient, RecipientRole
from postroad.conversations.models import Conversation, Delivery, Direction, Message
from postroad.conversations.queries import Said, shown
from postroad.desk.models import Case, CaseConversation, Note, SenderAddress
from postroad.desk.triage import ROBOTS


def locked_links(conversation_ids: Collection[UUID]) -> dict[UUID, CaseConversation]:
    """The case that each conversation belongs to now, the cases locked. One query.

    Conversations of one case share one `Case` object.
    """
    links = (
        CaseConversation.objects.filter(conversation__in=conversation_ids, until_message_id__isnull=True)
        .select_related("case__channel")
        .defer("case__search")
        .select_for_update(no_key=True, of=("case",))
        .order_by("case_id")
    )
    found, cases = {}, dict[UUID, Case]()
    for link in links:
        link.case = cases.setdefault(link.case_id, link.case)
        found[link.conversation_id] = link
    return found


def messages_of(case: Case) -> QuerySet[Message]:
    """The messages of a case, oldest first, each conversation within the bounds of its link. Two queries."""
    within = Q(pk__in=())
    for link in case.links.all():
        part = Q(conversation=link.conversation_id, pk__gte=link.first_message_id)
        within |= part & Q(pk__lt=link.until_message_id) if link.until_message_id else part
    return Message.objects.filter(within).defer("search", "digest", "html").order_by("pk")


def conversation_to_answer(case: Case) -> Conversation | None:
    """The conversation in which the customer wrote last; one with somebody else is none of these.

    That of a telephone only where there is no other: nobody can write there.
    """
    current = Conversation.objects.filter(
        case_links__case=case, case_links__until_message_id__isnull=True, case_links__aside=False
    )
    spoken = ExpressionWrapper(Q(channel__kind=Kind.HOTLINE), output_field=BooleanField())
    return current.select_related("channel").order_by(spoken, "-last_message_at").first()


def writes_to_us(case: Case) -> bool:
    """Whether there is anything but a telephone to answer the customer by. One query."""
    conversation = conversation_to_answer(case)
    return conversation is not None and conversation.channel.kind != Kind.HOTLINE


def locked_conversation_to_answer(case: Case) -> Conversation | None:
    """`conversation_to_answer`, locked. Take it before the case, as the intake does: else the two could deadlock."""
    found = conversation_to_answer(case)
    if found is None:
        return None
    return Conversation.objects.select_for_update(no_key=True, of=("self",)).select_related("channel").get(pk=found.pk)


def message_to_answer(case: Case, conversation: Conversation) -> Message | None:
    """What a reply in that conversation answers: the last message a person outside wrote, else the last one."""
    said = messages_of(case).filter(conversation=conversation).order_by("-pk")
    found = said.filter(direction=Direction.IN).exclude(auto__in=ROBOTS).first() or said.first()
    # After a split the case's own thread has nothing in it yet: the answer is to what was said before.
    return found or messages_of(case).order_by("-pk").first()


def default_recipients(case: Case) -> tuple[list[Recipient], list[Recipient]]:
    """Whom a reply goes to, and in copy: the last writer, and everybody else on that mail who is not us."""
    conversation = conversation_to_answer(case)
    message = message_to_answer(case, conversation) if conversation else None
    if message is None:
        return [], []
    everybody = [Recipient(RecipientRole(one["role"]), one["name"], one["address"]) for one in message.recipients]
    if not message.is_incoming:
        return [one for one in everybody if one.role == RecipientRole.TO], []
    registered = Channel.objects.exclude(address="").values_list("address", flat=True)
    further = SenderAddress.objects.values_list("address", flat=True)
    ours = {address.lower() for address in registered.union(further)}
    left_out = ours | {message.sender_address, message.answer_address}
    copies = {one.address: Recipient(RecipientRole.CC, one.name, one.address) for one in everybody}
    to = [Recipient(RecipientRole.TO, message.sender_name, message.answer_address)] if message.answer_address else []
    return to, [one for address, one in copies.items() if address not in left_out]


def token_for(case: Case, conversation: Conversation) -> str:
    """The mark for the subject line of replies in that conversation: the case's, once per channel.

    A further conversation of a case (after a merge) gets the case's number with an ending of its own.
    """
    own = re.fullmatch(rf"{case.token}(-[a-z0-9]+)?", conversation.subject_token)
    if own:
        return conversation.subject_token
    others = Conversation.objects.filter(channel=conversation.channel_id, subject_token=case.token)
    taken = others.exclude(pk=conversation.pk).exists()
    return f"{case.token}-{conversation.pk.hex[-6:]}" if taken else case.token


_ANSWERING = re.compile(r"^(?:\s*(?:re|aw|fw|fwd|wg|sv|antw|回复|答复|转发|回覆|轉寄)\s*[:：])+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a case's thread: something said, or a note. `new_subject` is the message's, where it has its own.

    `aside`: it was exchanged with somebody who is not the customer.
    """

    at: datetime
    said: Said | None = None
    new_subject: str = ""
    note: Note | None = None
    aside: bool = False


def thread(case: Case) -> list[Entry]:
    """What was said on a case and noted about it, oldest first. Seven queries."""
    entries = [Entry(at=note.written_at, note=note) for note in case.notes.select_related("author")]
    asides = set(case.links.filter(aside=True).values_list("conversation_id", flat=True))
    for said in shown(messages_of(case).select_related("person", "contact", "channel")):
        message = said.message
        changed = _bare(message.subject) != _bare(case.subject)
        from_customer = message.is_incoming and message.contact_id == case.contact_id
        entries.append(
            Entry(
                at=message.taken_in_at,
                said=said,
                new_subject=message.subject if changed else "",
                aside=message.conversation_id in asides and not from_customer,
            )
        )
    return sorted(entries, key=lambda one: one.at)


def _bare(subject: str) -> str:
    """A subject without what answering and forwarding put in front of it, and without our mark."""
    return _ANSWERING.sub("", SUBJECT_TOKEN.sub("", subject)).strip().lower()


def delivery_of(case: Case, delivery_id: UUID) -> Delivery | None:
    """The delivery of one of the case's messages."""
    return Delivery.objects.filter(pk=delivery_id, message__in=messages_of(case).values("pk")).first()
