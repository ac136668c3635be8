"""What messengers write into the ledger. A messenger's users appear by our own ids or digests, never by name."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    MESSENGER_CONNECTED = "messengers.messenger.connected"
    MESSENGER_CHANGED = "messengers.messenger.changed"
    MESSENGER_SUSPENDED = "messengers.messenger.suspended"
    MESSENGER_RESUMED = "messengers.messenger.resumed"
    MESSENGER_RETIRED = "messengers.messenger.retired"
    HEALTH_FAILED = "messengers.health.failed"
    HEALTH_RECOVERED = "messengers.health.recovered"
    DIRECTORY_CHANGED = "messengers.directory.changed"
    USER_MATCHED = "messengers.user.matched"
    USERS_MATCHED = "messengers.users.matched"
    USER_UNMATCHED = "messengers.user.unmatched"
    ROOM_FOUND = "messengers.room.found"
    ROOM_GONE = "messengers.room.gone"
    ROOM_RETURNED = "messengers.room.returned"
    ROOM_RENAMED = "messengers.room.renamed"
    ROOM_OWNER_CHANGED = "messengers.room.owner-changed"
    ROOM_MEMBERS_CHANGED = "messengers.room.members-changed"
    ROOM_SETTINGS_CHANGED = "messengers.room.settings-changed"
    ROOM_MADE = "messengers.room.made"
    ROOM_REGISTERED = "messengers.room.registered"
    CHANGE_BEGUN = "messengers.change.begun"
    CHANGE_DONE = "messengers.change.done"
    CHANGE_FAILED = "messengers.change.failed"
    MESSAGE_REDACTED = "messengers.message.redacted"
    ASIDE_TRIED = "messengers.aside.tried"
    MESSAGE_TAKEN_BACK = "messengers.message.taken-back"
    CHAT_BEGUN = "messengers.chat.begun"
    CHAT_LEFT = "messengers.chat.left"
    CHAT_UNREADABLE = "messengers.chat.unreadable"


SENTENCES = {
    Event.MESSENGER_CONNECTED: _("{actor} connected the messenger {key}"),
    Event.MESSENGER_CHANGED: _("{actor} changed the messenger: {fields}"),
    Event.MESSENGER_SUSPENDED: _("{actor} suspended the messenger: {reason}"),
    Event.MESSENGER_RESUMED: _("{actor} resumed the messenger"),
    Event.MESSENGER_RETIRED: _("{actor} retired the messenger: {reason}"),
    Event.HEALTH_FAILED: _("The messenger does not work: {detail}"),
    Event.HEALTH_RECOVERED: _("The messenger works again"),
    Event.DIRECTORY_CHANGED: _("Its directory was read: {added} people new, {gone} gone, {matched} recognised"),
    Event.USER_MATCHED: _("A user of the messenger was recognised as one of the staff ({how})"),
    Event.USERS_MATCHED: _("{count} users of the messenger were recognised as staff"),
    Event.USER_UNMATCHED: _("{actor} undid who a user of the messenger is"),
    Event.ROOM_FOUND: _("The group “{name}” was found, with {members} members"),
    Event.ROOM_GONE: _("The group is gone from the messenger, or out of sight"),
    Event.ROOM_RETURNED: _("The group is there again"),
    Event.ROOM_RENAMED: _("The group was renamed from “{name[before]}” to “{name[after]}”"),
    Event.ROOM_OWNER_CHANGED: _("The group has another owner"),
    Event.ROOM_MEMBERS_CHANGED: _("{joined_count} joined the group, {left_count} left it"),
    Event.ROOM_SETTINGS_CHANGED: _("The group's settings were changed: {fields}"),
    Event.ROOM_MADE: _("{actor} had the group made"),
    Event.ROOM_REGISTERED: _("{actor} registered the group as the channel {key}"),
    Event.CHANGE_BEGUN: _("{actor} began to change the group: {what}"),
    Event.CHANGE_DONE: _("{actor} changed the group: {what}"),
    Event.CHANGE_FAILED: _("The messenger did not make the change ({what}): {reason}"),
    Event.MESSAGE_REDACTED: _("{actor} took a message back: {reason}"),
    Event.ASIDE_TRIED: _("{actor} tried again what could not be stored: {taken} stored, {failed} not"),
    Event.MESSAGE_TAKEN_BACK: _("A message was taken back in the messenger"),
    Event.CHAT_BEGUN: _("Somebody began a direct chat"),
    Event.CHAT_LEFT: _("Somebody left their direct chat; they can no longer be answered there"),
    Event.CHAT_UNREADABLE: _("Somebody wrote in an encrypted direct chat, which cannot be read; they were told so"),
}

# How the codes in `what` and `fields` are called.
WORDS = (
    ("make", _("made")),
    ("close", _("closed")),
    ("enter", _("entered")),
    ("redact", _("message taken back")),
    ("name", _("name")),
    ("owner", _("owner")),
    ("added", _("people added")),
    ("removed", _("people removed")),
    ("admins", _("administrators")),
    ("promoted", _("administrators added")),
    ("demoted", _("administrators taken away")),
    ("settings", _("settings")),
    ("connector_settings", _("connection")),
    ("sealed_secrets", _("secrets")),
)
