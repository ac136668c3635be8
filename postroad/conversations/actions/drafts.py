"""A message on its way from a connector into the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from postroad.conversations.actions.storing import storable
from postroad.conversations.models import Conversation, Message
from postroad.platform.ids import new_id

if TYPE_CHECKING:
    from postroad.channels.protocol import IncomingMessage

Key: TypeAlias = tuple[UUID, str]
"""Channel and external id, as a receipt keeps them."""

LONGEST_ID = 250


def key_of(channel_id: UUID, external_id: str) -> Key:
    """The receipt key of an external id; one too long for an index is replaced by its digest."""
    external_id = storable(external_id)
    if len(external_id) > LONGEST_ID:
        external_id = f"sha256:{sha256(external_id.encode()).hexdigest()}"
    return channel_id, external_id


@dataclass(slots=True, eq=False)
class Draft:
    """What is known of one incoming message while its batch is being stored.

    `twin` is set when it has been stored before: the id of that message. `answers` is what it continues: a stored
    conversation, another draft of the batch, or None. `overtaken`: that conversation began with an answer to it.
    `opens`: it is the first of a new conversation.
    """

    incoming: IncomingMessage
    key: Key
    clean_html: str | None
    message_id: UUID = field(default_factory=new_id)
    twin: UUID | None = None
    answers: Draft | UUID | None = None
    overtaken: bool = False
    conversation: Conversation = field(init=False)
    opens: bool = False
    message: Message = field(init=False)
