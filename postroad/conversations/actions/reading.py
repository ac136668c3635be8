"""Looks at what is kept beside a message's text; each is put on record before anything is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.conversations.events import Event
from postroad.ledger.actions import record

if TYPE_CHECKING:
    from postroad.conversations.models import Attachment, Message
    from postroad.platform.actors import Actor


def read_original(*, message: Message, actor: Actor) -> None:
    """Record that `actor` takes the unaltered original."""
    record(Event.ORIGINAL_READ, actor=actor, subject=message)


def read_attachment(*, attachment: Attachment, actor: Actor) -> None:
    """Record that `actor` opens an attachment; its name may be personal, so its digest stands for it."""
    record(
        Event.ATTACHMENT_READ,
        actor=actor,
        subject=attachment.message,
        data={"position": attachment.position + 1, "sha256": bytes(attachment.blob.sha256).hex()},
    )
