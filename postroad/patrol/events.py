"""What patrol writes into the ledger."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    FOUND = "patrol.finding.found"
    DISMISSED = "patrol.finding.dismissed"
    REMINDED = "patrol.finding.reminded"
    REDACTED = "patrol.finding.redacted"
    REMOVED = "patrol.finding.removed"
    WORDS_CHANGED = "patrol.words.changed"


SENTENCES = {
    Event.FOUND: _("The patrol found something in a message of {channel} ({kind})"),
    Event.DISMISSED: _("{actor} found nothing wrong with the message: {reason}"),
    Event.REMINDED: _("{actor} reminded the author of the message: {reason}"),
    Event.REDACTED: _("{actor} had the message taken back: {reason}"),
    Event.REMOVED: _("{actor} removed the author of the message from the group: {reason}"),
    Event.WORDS_CHANGED: _("{actor} changed the words that the patrol looks for ({kind}, {words} words)"),
}
