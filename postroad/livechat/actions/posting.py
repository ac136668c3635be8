"""What a visitor says: through the one way in, exactly once, whatever the telephone network does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.protocol import IncomingAttachment, IncomingMessage, deliver
from postroad.conversations.models import Message
from postroad.livechat import limits, uploads
from postroad.livechat.models import Visit
from postroad.platform import realtime
from postroad.platform.crypto import SubjectKeys
from postroad.platform.errors import Conflict, DomainError, Invalid

SUBJECT_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Post:
    """What a visitor says, under an id that their browser made."""

    visit_id: UUID
    client_id: str
    text: str
    files: Sequence[UploadedFile[Any]] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """`created` is false when the same message had been taken before."""

    message: Message
    created: bool


def post(*, visit: Visit, client_id: str, text: str, files: Sequence[UploadedFile[Any]] = ()) -> Posted:
    """Take in what a visitor says; the same message a second time is the same record.

    Raises Invalid for what cannot be taken, Conflict while the chat is not in service or when it has grown too long.
    """
    [outcome] = post_together([Post(visit.pk, client_id, text, files)])
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@transaction.atomic
def post_together(posts: Sequence[Post]) -> list[Posted | DomainError]:
    """Take in what different visitors say at the same time, in a constant number of statements.

    At most one message of each visitor. What one of them may not say is said in their place and stops nobody else.
    """
    locked = _locked({one.visit_id for one in posts})
    keys = SubjectKeys(visit.contact_id for visit in locked.values() if visit.contact_id)
    outcomes: dict[UUID, Posted | DomainError] = {}
    incoming: dict[UUID, IncomingMessage] = {}
    for one in posts:
        try:
            incoming[one.visit_id] = _taken(locked[one.visit_id], one, keys)
        except DomainError as refusal:
            outcomes[one.visit_id] = refusal
    receipts = deliver(list(incoming.values())) if incoming else []
    messages = Message.objects.in_bulk([receipt.message_id for receipt in receipts if receipt.message_id])
    for visit_id, receipt in zip(incoming, receipts, strict=True):
        assert receipt.message_id is not None
        outcomes[visit_id] = Posted(messages[receipt.message_id], receipt.created)
    _remember({locked[one]: done.message for one, done in outcomes.items() if isinstance(done, Posted)})
    return [outcomes[one.visit_id] for one in posts]


def _locked(visit_ids: set[UUID]) -> dict[UUID, Visit]:
    """The visits, always in the same order, before their conversations and cases."""
    found = Visit.objects.select_for_update(no_key=True, of=("self",)).select_related("channel", "conversation")
    return {visit.pk: visit for visit in found.filter(pk__in=visit_ids).order_by("pk")}


def _taken(visit: Visit, post: Post, keys: SubjectKeys) -> IncomingMessage:
    text = post.text.replace("\r\n", "\n").strip()
    _require_sayable(visit, text=text, files=post.files)
    attachments = tuple(_attached(file) for file in post.files)
    mail = visit.mail_with(keys)
    return _incoming(visit, client_id=post.client_id, mail=mail, text=text, attachments=attachments)


def _require_sayable(visit: Visit, *, text: str, files: Sequence[UploadedFile[Any]]) -> None:
    if not visit.channel.is_live:
        raise Conflict(_("This chat is not in service."))
    if visit.conversation and visit.conversation.message_count >= limits.MOST_MESSAGES:
        raise Conflict(_("This chat has grown very long. Please begin a new one."))
    if not text and not files:
        raise Invalid({"text": _("Write something first.")})
    if len(text) > limits.LONGEST_TEXT:
        raise Invalid({"text": _("At most %(count)s characters.") % {"count": limits.LONGEST_TEXT}})
    uploads.require_takeable(files)


def _incoming(
    visit: Visit, *, client_id: str, mail: str, text: str, attachments: tuple[IncomingAttachment, ...]
) -> IncomingMessage:
    name = f"{visit.pk.hex}/{client_id}"
    said = {"id": client_id, "text": text, "files": [[one.name, one.sha256] for one in attachments]}
    raw = json.dumps(said, ensure_ascii=False).encode()
    now = timezone.now()
    return IncomingMessage(
        channel_id=visit.channel_id,
        external_id=name,
        content_digest=sha256(raw).hexdigest(),
        sender_name=visit.name,
        sender_address=mail,
        # Who came by an offer is known, also without an address.
        sender_contact_id=visit.contact_id,
        received_at=now,
        sent_at=now,
        raw=raw,
        thread_ids=(visit.thread_id,) if visit.thread_id else (),
        subject=visit.conversation.subject if visit.conversation else _subject(text, attachments),
        text=text,
        reply_text=text,
        attachments=attachments,
    )


def _subject(text: str, attachments: tuple[IncomingAttachment, ...]) -> str:
    """What the case is called: the first line of what was said."""
    line = text.split("\n", 1)[0] or attachments[0].name
    return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1] + "…"


def _remember(said: dict[Visit, Message]) -> None:
    """The visitors are there, and no longer writing or gone; their pages are told. Few statements, however many."""
    if not said:
        return
    now = timezone.now()
    Visit.objects.filter(pk__in=[visit.pk for visit in said]).update(seen_at=now, typing_until=None, left_at=None)
    first = [visit for visit in said if visit.conversation_id is None]
    for visit in first:
        visit.conversation_id, visit.thread_id = said[visit].conversation_id, said[visit].external_id
    if first:
        Visit.objects.bulk_update(first, ["conversation", "thread_id"])
    realtime.publish(*(visit.topic for visit in said))


def _attached(file: UploadedFile[Any]) -> IncomingAttachment:
    content = file.read()
    return IncomingAttachment(
        name=uploads.safe_name(file.name or ""),
        content_type=file.content_type or "",
        size=len(content),
        sha256=sha256(content).hexdigest(),
        content=content,
    )
