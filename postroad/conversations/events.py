"""What conversations writes into the ledger."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    MESSAGE_RECEIVED = "conversations.message.received"
    MESSAGE_WRITTEN = "conversations.message.written"
    MESSAGE_SENT = "conversations.message.sent"
    MESSAGE_FAILED = "conversations.message.failed"
    MESSAGE_RETRIED = "conversations.message.retried"
    UNHANDLED_RETRIED = "conversations.unhandled.retried"
    ORIGINAL_READ = "conversations.original.read"
    ATTACHMENT_READ = "conversations.attachment.read"


SENTENCES = {
    Event.MESSAGE_RECEIVED: _("A message came in on {channel} (digest {digest})"),
    Event.MESSAGE_WRITTEN: _("{actor} wrote a message on {channel} (digest {digest})"),
    Event.MESSAGE_SENT: _("The message was sent (attempt {attempts})"),
    Event.MESSAGE_FAILED: _("The message could not be delivered (attempt {attempts})"),
    Event.MESSAGE_RETRIED: _("{actor} had the message sent again"),
    Event.UNHANDLED_RETRIED: _("{actor} had {tried} unhandled messages tried again; {taken} were taken"),
    Event.ORIGINAL_READ: _("{actor} took the original of the message"),
    Event.ATTACHMENT_READ: _("{actor} opened attachment {position} of the message (SHA-256 {sha256})"),
}
