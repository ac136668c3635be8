"""Messages as connectors hand them over, and a channel to hand them over on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from postroad.channels.models import (
    Audience,
    Channel,
    Confidentiality,
    Kind,
    Observability,
    Priority,
    State,
)
from postroad.channels.protocol import IncomingAttachment, IncomingMessage, Recipient, RecipientRole
from postroad.org.tests.cast import Company

NOON = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
_numbers = count(1)


def make_channel(company: Company, key: str = "service", **values: Any) -> Channel:
    """A live mailbox owned by the cast's owner."""
    return Channel.objects.create(
        **{
            "key": key,
            "name": "客户服务邮箱",
            "name_en": "Customer service mailbox",
            "kind": Kind.MAILBOX,
            "purpose": "Customers write to us",
            "priority": Priority.MUST_USE,
            "owner": company.owner,
            "department": company.service,
            "audience": Audience.CUSTOMERS,
            "confidentiality": Confidentiality.INTERNAL,
            "review_on": date(2030, 1, 1),
            "observability": Observability.API,
            "state": State.LIVE,
            "address": f"{key}@company.test",
            "connector": "fake",
            "live_at": NOON,
            "state_changed_at": NOON,
            **values,
        }
    )


def incoming(channel: Channel, **values: Any) -> IncomingMessage:
    """A plain question from a customer; every call another message unless told otherwise."""
    number = next(_numbers)
    text = values.get("text", f"Question number {number}")
    message = {
        "channel_id": channel.pk,
        "external_id": f"message-{number}@customer.test",
        "content_digest": sha256(repr(text).encode()).hexdigest(),
        "sender_name": "客户",
        "sender_address": "kunde@customer.test",
        "received_at": NOON,
        "sent_at": NOON,
        "recipients": (Recipient(RecipientRole.TO, "", channel.address),),
        "subject": f"Subject {number}",
        "text": text,
        "reply_text": text,
        "may_autorespond": True,
    } | values
    message.setdefault("raw", f"Message-ID: <{message['external_id']!r}>\r\n\r\n{text!r}".encode())
    return IncomingMessage(**message)


def attached(
    name: str, content: bytes, content_type: str = "application/octet-stream", **values: Any
) -> IncomingAttachment:
    return IncomingAttachment(
        name=name,
        content_type=content_type,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        content=content,
        **values,
    )
