"""What access writes into the ledger. People appear by their ids, contents of grants not at all."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    GRANT_GRANTED = "access.grant.granted"
    GRANT_CHANGED = "access.grant.changed"
    GRANT_BEGUN = "access.grant.begun"
    GRANT_ENDED = "access.grant.ended"
    GRANT_CONFIGURED = "access.grant.configured"
    GRANT_REMOVED = "access.grant.removed"
    EMERGENCY_CONFIRMED = "access.emergency.confirmed"
    EMERGENCY_LAPSED = "access.emergency.lapsed"
    LIST_EXPORTED = "access.list.exported"
    RECERTIFICATION_STARTED = "access.recertification.started"
    RECERTIFICATION_CLOSED = "access.recertification.closed"
    SHEET_ESCALATED = "access.sheet.escalated"
    SHEET_CLOSED = "access.sheet.closed"
    ITEM_CONFIRMED = "access.item.confirmed"
    ITEM_REVOKED = "access.item.revoked"
    FEATURES_REVIEWED = "access.features.reviewed"


SENTENCES = {
    Event.GRANT_GRANTED: _("{actor} granted “{permission}” on {channel}"),
    Event.GRANT_CHANGED: _("{actor} changed “{permission}” on {channel}"),
    Event.GRANT_BEGUN: _("“{permission}” on {channel} took effect"),
    Event.GRANT_ENDED: _("“{permission}” on {channel} ended: {because}"),
    Event.GRANT_CONFIGURED: _("{actor} set up “{permission}” on {channel}"),
    Event.GRANT_REMOVED: _("{actor} took away “{permission}” on {channel}"),
    Event.EMERGENCY_CONFIRMED: _("The emergency grants were confirmed: {count}"),
    Event.EMERGENCY_LAPSED: _("The emergency grants were not confirmed and ended: {count}"),
    Event.LIST_EXPORTED: _("{actor} exported {count} lines of the permission list"),
    Event.RECERTIFICATION_STARTED: _("{actor} started the recertification: {count} grants of {channels} channels"),
    Event.RECERTIFICATION_CLOSED: _("The recertification is complete"),
    Event.SHEET_ESCALATED: _("The grants of {channel} went to the supervising leader for confirmation"),
    Event.SHEET_CLOSED: _("The grants of {channel} are dealt with; ended for want of an answer: {ended}"),
    Event.ITEM_CONFIRMED: _("{actor} confirmed the grant"),
    Event.ITEM_REVOKED: _("{actor} revoked the grant at recertification"),
    Event.FEATURES_REVIEWED: _("{actor} reviewed the feature limits of {month}; still open: {open}"),
}
