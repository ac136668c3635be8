"""What supervision writes into the ledger."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    REPORT_EXPORTED = "supervision.report.exported"
    SCREEN_MADE = "supervision.screen.made"
    SCREEN_REVOKED = "supervision.screen.revoked"


SENTENCES = {
    Event.REPORT_EXPORTED: _("{actor} exported a report from {first} to {last}, {rows} lines"),
    Event.SCREEN_MADE: _("{actor} gave out a link to the wallboard for a screen"),
    Event.SCREEN_REVOKED: _("{actor} revoked a screen's link to the wallboard"),
}
