"""The words of a chat that its owner has left to us, and those of the widget, in the visitor's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from postroad.channels.models import Channel
from postroad.livechat.models import ChatSettings
from postroad.platform.language import in_english

LANGUAGES = ("zh-hans", "en")


def settings_of(channel: Channel) -> ChatSettings:
    """How the chat is set up; the defaults where nobody has said so."""
    return getattr(channel, "chat_settings", None) or ChatSettings(channel=channel)


def own_or(settings: ChatSettings, field: str, default: str) -> str:
    """What the owner wrote in the active language, else in the other one, else the default."""
    chinese, english = getattr(settings, field), getattr(settings, f"{field}_en")
    own = (english, chinese) if in_english() else (chinese, english)
    return str(own[0] or (own[1] if field == "title" else "") or default)


def title(settings: ChatSettings) -> str:
    return own_or(settings, "title", str(settings.channel))


def consent(settings: ChatSettings) -> str:
    default = _(
        "I agree that my name, my mail address and what I write are stored in order to answer me, and that this "
        "browser keeps a key to this chat. I can ask for erasure at any time."
    )
    return own_or(settings, "consent", default)


def widget(settings: ChatSettings) -> dict[str, str]:
    """Every word that the widget shows, by the name it uses."""
    return {
        "title": title(settings),
        "greeting": own_or(settings, "greeting", _("How can we help you?")),
        "away": own_or(
            settings,
            "away",
            _("Nobody is here just now. Leave your question and a mail address; we answer by mail."),
        ),
        "consent": consent(settings),
        "opens": _("We are here again {time}."),
        "open": _("Open the chat"),
        "close": _("Close the chat"),
        "name": _("Your name"),
        "mail": _("Mail address"),
        "optional": _("optional"),
        "question": _("Your question"),
        "helps": _("This may answer it:"),
        "start": _("Start the chat"),
        "leaveQuestion": _("Send the question"),
        "message": _("Write a message"),
        "send": pgettext("chat", "Send"),
        "attach": pgettext("chat", "Attach a file"),
        "drop": pgettext("chat", "Remove the file"),
        "you": pgettext("chat", "You"),
        "sending": pgettext("chat", "sending…"),
        "sent": pgettext("chat", "delivered"),
        "read": pgettext("chat", "read"),
        "unsent": _("Not sent. Tap to try again."),
        "typing": _("{name} is writing…"),
        "next": _("You are next."),
        "place": _("Place {place} in the queue."),
        "wait": _("About {minutes} min, by the latest first replies."),
        "waitUnknown": _("We cannot say yet how long it takes."),
        "nobody": _("Nobody is at the desk now. Your message is kept and will be answered."),
        "offline": _("No connection. What you write is sent as soon as there is one."),
        "menu": pgettext("chat", "More"),
        "device": _("Continue on another device"),
        "deviceHelp": _("Whoever has this link can read this chat. It works for 7 days."),
        "copy": pgettext("chat", "Copy the link"),
        "copied": pgettext("chat", "Copied"),
        "leave": _("Leave and get answers by mail"),
        "leaveHelp": _("What we still answer goes to this address."),
        "mailInstead": _("Nobody has found the time to answer yet. Shall we answer by mail instead?"),
        "left": _("You have left. Answers go to your mail address; write here to go on."),
        "fresh": _("Begin a new chat"),
        "ended": _("This chat is no longer open in this browser."),
        "failed": _("That did not work. Please try again."),
        "offer": own_or(settings, "greeting", _("Can we help you? Write to us here.")),
        "dismiss": pgettext("chat", "No, thank you"),
        "byMail": _("Answered by mail"),
        "download": pgettext("chat", "Download"),
        "newMessages": _("New message"),
    }
