"""What live chat writes into the ledger. Visitors appear by their chat, never by name or address."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    CHAT_STARTED = "livechat.chat.started"
    CHAT_LEFT = "livechat.chat.left"
    CHAT_RESUMED = "livechat.chat.resumed"
    SETTINGS_CHANGED = "livechat.settings.changed"


SENTENCES = {
    Event.CHAT_STARTED: _("A visitor agreed to the stated purpose and began a chat on {channel}"),
    Event.CHAT_LEFT: _("The visitor left the chat"),
    Event.CHAT_RESUMED: _("The visitor opened the chat by its link in another browser"),
    Event.SETTINGS_CHANGED: _("{actor} changed the settings of the live chat: {fields}"),
}
