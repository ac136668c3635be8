"""The digest of a message: what the evidence tree holds of it. Pure.

SHA-256 over canonical JSON (UTF-8, keys sorted, no white space; see `ledger.canonical`) of what was said: channel,
direction, external id, sender, address for answers, recipients, times as claimed and as received (UTC, microseconds),
subject, text, the SHA-256 of the rich text as it is kept, each attachment's name, size and SHA-256 in order, and the
SHA-256 of the raw original. Anyone who holds the message can compute it again without Postroad.
"""

from __future__ import annotations

from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING

from postroad.ledger.canonical import Json, canonical

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from postroad.conversations.models import Message

VERSION = 1


def message_digest(
    message: Message, *, attachments: Sequence[tuple[str, int, bytes]], raw_sha256: bytes | None
) -> bytes:
    """The digest of `message`; `attachments` as (name, size, sha256) in their order."""
    return sha256(canonical(said(message, attachments=attachments, raw_sha256=raw_sha256))).digest()


def said(
    message: Message, *, attachments: Sequence[tuple[str, int, bytes]], raw_sha256: bytes | None
) -> dict[str, Json]:
    """What the digest covers, as the JSON object that is hashed."""
    return {
        "v": VERSION,
        "id": str(message.pk),
        "channel": str(message.channel_id),
        "direction": str(message.direction),
        "external_id": message.external_id,
        "sender": [message.sender_name, message.sender_address],
        "reply_to": message.reply_address,
        "recipients": [[one["role"], one["name"], one["address"]] for one in message.recipients],
        "sent_at": _moment(message.sent_at),
        "received_at": _moment(message.received_at),
        "subject": message.subject,
        "text": message.text,
        "html_sha256": sha256(message.html.encode()).hexdigest() if message.html else None,
        "attachments": [[name, size, digest.hex()] for name, size, digest in attachments],
        "raw_sha256": raw_sha256.hex() if raw_sha256 else None,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None
