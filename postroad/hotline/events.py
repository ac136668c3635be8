"""What the hotline writes into the ledger. Callers appear by their row's id, numbers not at all."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    CALL_STATE = "hotline.call.state"
    CALL_BACK_OPENED = "hotline.call-back.opened"
    CALL_BACK_REPEATED = "hotline.call-back.repeated"
    CALL_BACK_TRIED = "hotline.call-back.tried"
    CALL_BACK_SETTLED = "hotline.call-back.settled"
    NUMBER_SHOWN = "hotline.caller.shown"
    SECRET_CHANGED = "hotline.line.secret-changed"  # noqa: S105 - the name of an event
    EXTENSION_SET = "hotline.extension.set"
    EXTENSION_REMOVED = "hotline.extension.removed"
    RECORDS_IMPORTED = "hotline.records.imported"


SENTENCES = {
    Event.CALL_STATE: _("The call is now: {state[after]}"),
    Event.CALL_BACK_OPENED: _("Somebody reached nobody and is to be called back"),
    Event.CALL_BACK_REPEATED: _("They tried again, {missed} times by now"),
    Event.CALL_BACK_TRIED: _("{actor} called back and did not reach them"),
    Event.CALL_BACK_SETTLED: _("{actor} settled the call back: {outcome}"),
    Event.NUMBER_SHOWN: _("{actor} looked at the telephone number"),
    Event.SECRET_CHANGED: _("{actor} changed the secret with which the telephone system signs"),
    Event.EXTENSION_SET: _("{actor} set who sits at extension {number}: {person}"),
    Event.EXTENSION_REMOVED: _("{actor} removed extension {number}"),
    Event.RECORDS_IMPORTED: _("{actor} imported {count} call records"),
}
