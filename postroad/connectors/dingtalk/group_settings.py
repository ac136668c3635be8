"""A group's settings in DingTalk's words and in ours. It has two spellings for each, and 0 and 1 for off and on."""

from collections.abc import Mapping
from typing import Any

from postroad.messengers.protocol import RoomSetting, Settings

SNAKE = {
    RoomSetting.POSTING_RESTRICTED: "chat_banned_type",
    RoomSetting.MENTION_ALL_RESTRICTED: "mention_all_authority",
    RoomSetting.MANAGING_RESTRICTED: "management_type",
    RoomSetting.SEARCHABLE: "searchable",
    RoomSetting.JOINING_NEEDS_APPROVAL: "validation_type",
    RoomSetting.HISTORY_FOR_NEWCOMERS: "show_history_type",
}
CAMEL = {
    setting: "".join(word if not number else word.capitalize() for number, word in enumerate(name.split("_")))
    for setting, name in SNAKE.items()
}


def read_settings(options: Mapping[str, Any], names: Mapping[RoomSetting, str]) -> Settings:
    """Those that are told."""
    return {setting: bool(int(options[name])) for setting, name in names.items() if options.get(name) is not None}


def write_settings(settings: Settings, names: Mapping[RoomSetting, str]) -> dict[str, int]:
    """Those that DingTalk has."""
    return {names[RoomSetting(key)]: int(bool(value)) for key, value in settings.items() if RoomSetting(key) in names}
