"""What a messenger can and cannot do, in plain words: the honest base of what a plan can promise."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.messengers.protocol import Feature, MessengerConnector, RoomSetting, Sight

SIGHT: Mapping[Sight, Any] = {
    Sight.ALL_ROOMS: gettext_lazy(
        "Postroad sees every group in it, also those that people make by hand. Groups without registration are found."
    ),
    Sight.OWN_ROOMS: gettext_lazy(
        "Postroad sees only the groups that it made itself. What people make by hand stays unseen: ask the owners "
        "to confirm those groups."
    ),
}

FEATURES: Mapping[Feature, Any] = {
    Feature.RECEIVE_GROUP_MESSAGES: gettext_lazy("Hear what is said in groups"),
    Feature.HISTORY: gettext_lazy("Read what was said earlier"),
    Feature.REMOVE_MEMBER: gettext_lazy("Take people out of groups"),
    Feature.CHANGE_OWNER: gettext_lazy("Give a group another owner"),
    Feature.CHANGE_ADMINS: gettext_lazy("See and change who administers groups beside the owner"),
    Feature.CLOSE_ROOM: gettext_lazy("Close groups"),
    Feature.REDACT: gettext_lazy("Take our own messages back"),
    Feature.REDACT_OTHERS: gettext_lazy("Take anybody's messages back"),
    Feature.LISTEN: gettext_lazy("Learn of changes at once, by listening"),
    Feature.CALLBACKS: gettext_lazy("Learn of changes at once, by being called"),
}

ROOM_SETTINGS: Mapping[RoomSetting, Any] = {
    RoomSetting.POSTING_RESTRICTED: gettext_lazy("Only owner and administrators speak"),
    RoomSetting.MENTION_ALL_RESTRICTED: gettext_lazy("Only owner and administrators mention everybody"),
    RoomSetting.MANAGING_RESTRICTED: gettext_lazy("Only owner and administrators change name and members"),
    RoomSetting.SEARCHABLE: gettext_lazy("Can be found by searching"),
    RoomSetting.JOINING_NEEDS_APPROVAL: gettext_lazy("Joining needs approval"),
    RoomSetting.HISTORY_FOR_NEWCOMERS: gettext_lazy("Newcomers see what was said before"),
    RoomSetting.ENCRYPTED: gettext_lazy("Encrypted from end to end"),
    RoomSetting.TOPIC: gettext_lazy("Topic"),
}


def sight(which: Sight) -> Any:
    """One sentence on which rooms can be seen."""
    return SIGHT[which]


def features(connector: MessengerConnector) -> list[tuple[Any, bool]]:
    """What Postroad can do in this messenger, and what it cannot."""
    return [(label, feature in connector.features) for feature, label in FEATURES.items()]


def room_settings(which: Iterable[RoomSetting]) -> list[Any]:
    """The settings of a group that can be read and set, in words."""
    known = set(which)
    return [label for setting, label in ROOM_SETTINGS.items() if setting in known]


def settings_shown(settings: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """A room's settings as seen, label and value."""
    return [
        (label, (_("yes") if value else _("no")) if isinstance(value, bool) else str(value))
        for setting, label in ROOM_SETTINGS.items()
        if (value := settings.get(str(setting))) not in (None, "")
    ]
