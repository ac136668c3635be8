"""What channels write into the ledger. Settings appear by the names of what changed, secrets never."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    CHANNEL_APPLIED = "channels.channel.applied"
    APPLICATION_REVISED = "channels.application.revised"
    CHANNEL_APPROVED = "channels.channel.approved"
    CHANNEL_REFUSED = "channels.channel.refused"
    CHANNEL_WENT_LIVE = "channels.channel.went-live"
    CHANNEL_CHANGED = "channels.channel.changed"
    CHANGE_REQUESTED = "channels.change.requested"
    CHANGE_REFUSED = "channels.change.refused"
    CHANNEL_SUSPENDED = "channels.channel.suspended"
    CHANNEL_RESUMED = "channels.channel.resumed"
    CHANNEL_RETIRED = "channels.channel.retired"
    CHANNEL_HANDED_OVER = "channels.channel.handed-over"
    CHANNELS_EXPORTED = "channels.channel.exported"
    CONNECTION_CHANGED = "channels.connection.changed"
    MEMBER_ADDED = "channels.member.added"
    MEMBER_CHANGED = "channels.member.changed"
    MEMBER_REMOVED = "channels.member.removed"
    HEALTH_FAILED = "channels.health.failed"
    HEALTH_RECOVERED = "channels.health.recovered"
    NAMING_RULE_SET = "channels.naming-rule.set"
    NAMING_RULE_REMOVED = "channels.naming-rule.removed"


SENTENCES = {
    Event.CHANNEL_APPLIED: _("{actor} applied for the channel {key}"),
    Event.APPLICATION_REVISED: _("{actor} revised the application: {fields}"),
    Event.CHANNEL_APPROVED: _("{actor} approved the channel"),
    Event.CHANNEL_REFUSED: _("The channel was not approved: {reason}"),
    Event.CHANNEL_WENT_LIVE: _("The channel went live: {reason}"),
    Event.CHANNEL_CHANGED: _("{actor} changed the channel: {fields}"),
    Event.CHANGE_REQUESTED: _("{actor} asked for a change: {fields}"),
    Event.CHANGE_REFUSED: _("The change was not approved: {fields}"),
    Event.CHANNEL_SUSPENDED: _("{actor} suspended the channel: {reason}"),
    Event.CHANNEL_RESUMED: _("{actor} resumed the channel"),
    Event.CHANNEL_RETIRED: _("{actor} retired the channel: {reason}"),
    Event.CHANNEL_HANDED_OVER: _("{actor} handed the channel over to another owner: {reason}"),
    Event.CHANNELS_EXPORTED: _("{actor} exported {count} channels"),
    Event.CONNECTION_CHANGED: _("{actor} changed the connection: {fields}"),
    Event.MEMBER_ADDED: _("{actor} added a person to the team (capacity {capacity})"),
    Event.MEMBER_CHANGED: _("{actor} changed a team member (capacity {capacity})"),
    Event.MEMBER_REMOVED: _("{actor} removed a person from the team"),
    Event.HEALTH_FAILED: _("The health check failed: {detail}"),
    Event.HEALTH_RECOVERED: _("The channel works again"),
    Event.NAMING_RULE_SET: _("{actor} set the naming rule to {pattern}"),
    Event.NAMING_RULE_REMOVED: _("{actor} removed the naming rule"),
}
