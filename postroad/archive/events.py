"""What the archive writes into the ledger."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    SEARCHED = "archive.search.made"
    MESSAGE_READ = "archive.message.read"
    EXPORTED = "archive.search.exported"


SENTENCES = {
    Event.SEARCHED: _("{actor} searched the archive (digest of the search {digest})"),
    Event.MESSAGE_READ: _("{actor} read the message in the archive"),
    Event.EXPORTED: _("{actor} exported {rows} messages found in the archive"),
}
