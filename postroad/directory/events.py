"""What this package writes into the ledger. People appear as ids; what changed of them is in org's own entries."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from postroad.directory.models import Conflict, SyncRun


class Event(StrEnum):
    SOURCE_CONNECTED = "directory.source.connected"
    SOURCE_CHANGED = "directory.source.changed"
    SOURCE_SUSPENDED = "directory.source.suspended"
    SOURCE_RESUMED = "directory.source.resumed"
    SOURCE_RETIRED = "directory.source.retired"
    SOURCE_FAILED = "directory.source.failed"
    SOURCE_RECOVERED = "directory.source.recovered"
    TOKEN_MADE = "directory.token.made"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "directory.token.revoked"  # noqa: S105 - the name of an event
    RUN_HELD = "directory.run.held"
    RUN_APPROVED = "directory.run.approved"
    RUN_APPLIED = "directory.run.applied"
    RUN_DISCARDED = "directory.run.discarded"
    CONFLICT_SETTLED = "directory.conflict.settled"


SENTENCES = {
    Event.SOURCE_CONNECTED: _("{actor} connected the directory {key}"),
    Event.SOURCE_CHANGED: _("{actor} changed the directory: {fields}"),
    Event.SOURCE_SUSPENDED: _("{actor} suspended the directory: {reason}"),
    Event.SOURCE_RESUMED: _("{actor} put the directory back into use"),
    Event.SOURCE_RETIRED: _("{actor} retired the directory: {reason}"),
    Event.SOURCE_FAILED: _("The directory could not be read: {detail}"),
    Event.SOURCE_RECOVERED: _("The directory can be read again"),
    Event.TOKEN_MADE: _("{actor} made a token that is valid until {until}"),
    Event.TOKEN_REVOKED: _("{actor} revoked a token"),
    Event.RUN_HELD: _("A reading of the directory was held ({hold}): {ended} people would end"),
    Event.RUN_APPROVED: _("{actor} had the held reading applied: {reason}"),
    Event.RUN_APPLIED: _("The directory was taken over: {new} new, {changed} changed, {ended} ended"),
    Event.RUN_DISCARDED: _("{actor} discarded the held reading: {reason}"),
    Event.CONFLICT_SETTLED: _("{actor} settled “{kind}”: {choice}. {reason}"),
}

WORDS = {
    "directory.hold": SyncRun.Hold.choices,
    "directory.kind": Conflict.Kind.choices,
    "directory.choice": Conflict.Choice.choices,
    "directory.fields": [
        ("name", _("Name")),
        ("settings", _("Settings")),
        ("secrets", _("Secrets")),
        ("every_minutes", _("Schedule")),
        ("takes_departments", _("Departments")),
        ("below", _("Departments stand below")),
        ("adopts", _("People entered by hand")),
        ("takes_user_id", _("Staff number")),
        ("messenger", _("Messenger")),
    ],
}
