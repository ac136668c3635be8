"""Our words for a room's settings, and Matrix's state events for them."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from postroad.connectors.matrix.power import MODERATOR, Powers
from postroad.connectors.matrix.state import State
from postroad.messengers.protocol import MessengerFault, RoomSetting, Settings

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}
BY_INVITATION_OR_APPROVAL = frozenset({"invite", "private", "knock"})
FOR_NEWCOMERS = frozenset({"shared", "world_readable"})
STAYS_ENCRYPTED = gettext_noop("The encryption of a Matrix room cannot be switched off again.")


def read_settings(state: State, *, is_listed: bool) -> Settings:
    """All of `RoomSetting`. `is_listed`: the room stands in the server's list of public rooms."""
    powers = state.powers()
    return {
        RoomSetting.POSTING_RESTRICTED: powers.needed_to_send("m.room.message", state=False) >= MODERATOR,
        RoomSetting.MENTION_ALL_RESTRICTED: powers.needed_to_mention_all() >= MODERATOR,
        RoomSetting.MANAGING_RESTRICTED: min(
            powers.needed("invite"), powers.needed("kick"), powers.needed_to_send("m.room.name", state=True)
        )
        >= MODERATOR,
        RoomSetting.SEARCHABLE: is_listed,
        RoomSetting.JOINING_NEEDS_APPROVAL: _join_rule(state) in BY_INVITATION_OR_APPROVAL,
        RoomSetting.HISTORY_FOR_NEWCOMERS: _history(state) in FOR_NEWCOMERS,
        RoomSetting.ENCRYPTED: state.is_encrypted,
        RoomSetting.TOPIC: state.text("m.room.topic", "topic"),
    }


def set_powers(powers: Powers, settings: Settings) -> Powers:
    """`powers` with those settings that are a matter of power."""
    if (restricted := settings.get(RoomSetting.POSTING_RESTRICTED)) is not None:
        # An exception for one kind of message would undo the rule for all.
        powers = powers.changed(events_default=_level(restricted)).with_events({"m.room.message": None})
    if (restricted := settings.get(RoomSetting.MENTION_ALL_RESTRICTED)) is not None:
        powers = powers.changed(notifications={"room": _level(restricted)})
    if (restricted := settings.get(RoomSetting.MANAGING_RESTRICTED)) is not None:
        powers = powers.changed(invite=_level(restricted)).with_events({"m.room.name": _level(restricted)})
        if restricted:
            powers = powers.changed(kick=max(MODERATOR, powers.needed("kick")))
    return powers


def state_to_set(state: State, settings: Settings) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The state events to write, type and content, for those settings that are state and differ.

    Raises `MessengerFault` for what Matrix cannot do.
    """
    now = read_settings(state, is_listed=False)
    wanted = {name: value for name, value in settings.items() if now.get(RoomSetting(name)) != value}
    if RoomSetting.TOPIC in wanted:
        yield "m.room.topic", {"topic": str(wanted[RoomSetting.TOPIC])}
    if RoomSetting.JOINING_NEEDS_APPROVAL in wanted:
        yield "m.room.join_rules", {"join_rule": "knock" if wanted[RoomSetting.JOINING_NEEDS_APPROVAL] else "public"}
    if RoomSetting.HISTORY_FOR_NEWCOMERS in wanted:
        visibility = "shared" if wanted[RoomSetting.HISTORY_FOR_NEWCOMERS] else "joined"
        yield "m.room.history_visibility", {"history_visibility": visibility}
    if RoomSetting.ENCRYPTED in wanted:
        if not wanted[RoomSetting.ENCRYPTED]:
            raise MessengerFault(STAYS_ENCRYPTED, permanent=True)
        yield "m.room.encryption", ENCRYPTION


def _join_rule(state: State) -> str:
    return state.text("m.room.join_rules", "join_rule") or "invite"


def _history(state: State) -> str:
    return state.text("m.room.history_visibility", "history_visibility") or "shared"


def _level(restricted: object) -> int:
    return MODERATOR if restricted else 0
