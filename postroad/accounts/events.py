"""What key accounts write into the ledger."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    OPENED = "accounts.account.opened"
    CHANGED = "accounts.account.changed"
    ENDED = "accounts.account.ended"
    EXPORTED = "accounts.accounts.exported"
    CONTACT_ENTERED = "accounts.contact.entered"
    ESCALATED = "accounts.rhythm.escalated"
    HAND_OVER_OPENED = "accounts.hand-over.opened"
    HAND_OVER_CLOSED = "accounts.hand-over.closed"
    ABSENCE_ENTERED = "accounts.absence.entered"
    ABSENCE_ENDED = "accounts.absence.ended"


SENTENCES = {
    Event.OPENED: _("{actor} named a manager for the key account"),
    Event.CHANGED: _("{actor} changed the key account: {fields}"),
    Event.ENDED: _("{actor} ended the key account: {reason}"),
    Event.EXPORTED: _("{actor} exported the list of key accounts ({count})"),
    Event.CONTACT_ENTERED: _("{actor} noted down a contact ({medium})"),
    Event.ESCALATED: _("{actor} told the head that a contact is overdue ({medium})"),
    Event.HAND_OVER_OPENED: _("{actor} opened a hand-over: {cause}"),
    Event.HAND_OVER_CLOSED: _("{actor} settled the hand-over: {how}"),
    Event.ABSENCE_ENTERED: _("{actor} entered an absence from {starts_on} until {ends_on}"),
    Event.ABSENCE_ENDED: _("{actor} ended an absence on {ends_on}"),
}

FIELDS = (
    ("deputy", _("Deputy account manager")),
    ("contract_number", _("contract number")),
    ("contract_from", _("contract valid from")),
    ("contract_until", _("contract valid until")),
    ("contract_link", _("where the contract is")),
    ("note", _("what one should know")),
    ("rhythms", _("contact rhythm")),
)
