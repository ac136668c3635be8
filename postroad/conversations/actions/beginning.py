"""A conversation that we begin: nobody has written to us on that channel yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from postroad.conversations.models import Conversation

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Contact


def begin(*, channel: Channel, subject: str, contact: Contact | None) -> Conversation:
    """An empty conversation, for the message that the same transaction says in it."""
    return Conversation.objects.create(
        channel=channel, subject=subject, contact=contact, last_message_at=timezone.now()
    )
