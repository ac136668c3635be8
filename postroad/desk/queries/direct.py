"""Direct chats in a messenger: the chat a case is answered in, and what may still be said there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from postroad.channels.models import Kind
from postroad.channels.protocol import Recipient
from postroad.conversations.models import Conversation, DeliveryState, Direction
from postroad.desk.models import Case
from postroad.desk.queries.case import conversation_to_answer, default_recipients
from postroad.messengers import queries as messengers
from postroad.messengers.models import Chat


@dataclass(frozen=True, slots=True)
class CaseDirect:
    """The direct chat in which a case is answered.

    `open_until`: how long the messenger lets us write; `left`: how many messages more, until they write again. None:
    no limit.
    """

    chat: Chat
    open_until: datetime | None
    left: int | None

    @property
    def is_shut(self) -> bool:
        """Whether what is written now cannot arrive."""
        late = self.open_until is not None and self.open_until <= timezone.now()
        return late or self.left == 0 or bool(self.chat.left_at or self.chat.unreadable_at)


def is_direct(conversation: Conversation | None) -> bool:
    """Whether a conversation is held in a messenger, one to one."""
    return conversation is not None and conversation.channel.kind == Kind.DIRECT


def direct_of(case: Case) -> CaseDirect | None:
    """The direct chat of a case whose customer wrote last in one; None for all others. Up to six queries."""
    conversation = conversation_to_answer(case)
    if conversation is None or not is_direct(conversation):
        return None
    to = direct_recipients(case)
    chat = messengers.chat_at(to[0].address) if to else None
    if chat is None:
        return None
    terms = messengers.terms_of(chat)
    if terms.answer_within is None and terms.most_answers is None:
        return CaseDirect(chat, None, None)
    last = conversation.messages.filter(direction=Direction.IN, auto="").order_by("-pk").first()
    since = last.sent_at or last.received_at if last else None
    said = conversation.messages.filter(direction=Direction.OUT).exclude(delivery__state=DeliveryState.FAILED)
    said = said.filter(pk__gt=last.pk) if last else said
    # Each file is a message of its own.
    used = sum(1 + files for files in said.values_list("attachment_count", flat=True))
    return CaseDirect(
        chat,
        open_until=since + terms.answer_within if since and terms.answer_within is not None else None,
        left=max(terms.most_answers - used, 0) if terms.most_answers is not None else None,
    )


def direct_recipients(case: Case) -> list[Recipient]:
    """Whom an answer in a direct chat goes to: whoever wrote there last."""
    return default_recipients(case)[0]
