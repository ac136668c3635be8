"""Every write of conversations: messages coming in, messages going out, room for them."""

from postroad.conversations.actions.beginning import begin
from postroad.conversations.actions.handing import retry_handlers, retry_handlers_now
from postroad.conversations.actions.outbox import flush_outbox, retry_delivery
from postroad.conversations.actions.reading import read_attachment, read_original
from postroad.conversations.actions.receiving import IntakeResult, intake
from postroad.conversations.actions.room import prepare_partitions
from postroad.conversations.actions.saying import NewAttachment, Sender, reply_subject, say

__all__ = [
    "IntakeResult",
    "NewAttachment",
    "Sender",
    "begin",
    "flush_outbox",
    "intake",
    "prepare_partitions",
    "read_attachment",
    "read_original",
    "reply_subject",
    "retry_delivery",
    "retry_handlers",
    "retry_handlers_now",
    "say",
]
