"""Power levels: who may do what in a room (Matrix specification, `m.room.power_levels`; room versions up to 12).

A number for each user, and a number needed for each thing to do. Until room version 11 the creator has 100 like
anybody who was given 100. From version 12 on creators stand above all numbers and may not appear in the list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

ADMINISTRATOR = 100
OWNER = 90
"""What we give an owner: above moderators, below the bot, so that the bot can take it back."""
MODERATOR = 50
ABOVE_ALL = 2**63
WITH_ORDINARY_CREATORS = frozenset(str(number) for number in range(1, 12))
DEFAULTS = {"ban": 50, "kick": 50, "redact": 50, "invite": 0, "events_default": 0, "state_default": 50}


@dataclass(frozen=True, slots=True)
class Powers:
    """Who may do what. `levels` is the event's content, with what it leaves out as the specification has it."""

    creators: frozenset[str]
    levels: Mapping[str, Any]

    def of(self, user_id: str) -> int:
        if user_id in self.creators:
            return ABOVE_ALL
        return _number(self._map("users").get(user_id), _number(self.levels.get("users_default"), 0))

    def needed(self, action: str) -> int:
        """For `ban`, `kick`, `redact`, `invite`, `events_default`, `state_default`."""
        return _number(self.levels.get(action), DEFAULTS[action])

    def needed_to_send(self, kind: str, *, state: bool) -> int:
        """For an event of a type."""
        default = self.needed("state_default" if state else "events_default")
        return _number(self._map("events").get(kind), default)

    def needed_to_mention_all(self) -> int:
        return _number(self._map("notifications").get("room"), 50)

    def is_owner(self, user_id: str) -> bool:
        return self.of(user_id) >= OWNER

    def administrators(self, people: Iterable[str]) -> frozenset[str]:
        """Those among `people` who may do more than speak."""
        return frozenset(user_id for user_id in people if self.of(user_id) >= MODERATOR)

    def strongest(self, people: Iterable[str], *, first: str) -> str | None:
        """Who has most power, `first` among equals, then by name; None when all are ordinary."""
        above = self.administrators(people)
        return min(above, key=lambda user_id: (-self.of(user_id), user_id != first, user_id), default=None)

    def with_owner(self, owner_id: str, *, bot_id: str) -> "Powers":
        """With `owner_id` as owner, and nobody else as strong whom the bot may lower."""
        users = {
            user_id: level
            for user_id, level in self._map("users").items()
            if user_id in (owner_id, bot_id) or not OWNER <= _number(level, 0) < self.of(bot_id)
        }
        if self.of(owner_id) < OWNER:
            users[owner_id] = OWNER
        return self.changed(users=users)

    def with_administrators(self, promote: Iterable[str], demote: Iterable[str], *, bot_id: str) -> "Powers":
        """With moderators' power for some and none for others, as far as the bot stands above them."""
        users = dict(self._map("users"))
        users |= {user_id: MODERATOR for user_id in promote if self.of(user_id) < MODERATOR}
        for user_id in demote:
            if MODERATOR <= self.of(user_id) < self.of(bot_id):
                users.pop(user_id, None)
        return self.changed(users=users)

    def changed(self, **levels: Any) -> "Powers":
        return replace(self, levels={**self.levels, **levels})

    def with_events(self, levels: Mapping[str, int | None]) -> "Powers":
        """With other levels for types of events; None: what holds for all types."""
        events = {**self._map("events"), **levels}
        return self.changed(events={kind: level for kind, level in events.items() if level is not None})

    def _map(self, name: str) -> Mapping[str, Any]:
        value = self.levels.get(name)
        return value if isinstance(value, Mapping) else {}


def powers_of(room_version: str, creators: Iterable[str], levels: Mapping[str, Any] | None) -> Powers:
    """The powers in a room. `levels` None: there is no such event, and a creator has 100, nothing being guarded."""
    if levels is None:
        levels = {"state_default": 0, "users": dict.fromkeys(creators, ADMINISTRATOR)}
    ordinary = room_version in WITH_ORDINARY_CREATORS
    return Powers(frozenset() if ordinary else frozenset(filter(None, creators)), levels)


def _number(value: object, default: int) -> int:
    """Old rooms hold numbers in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        return int(value)
    except (ValueError, OverflowError):
        return default
