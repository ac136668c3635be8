"""What the state events of a room say about it: a pure reading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from postroad.connectors.matrix.power import Powers, powers_of

OWNER_EVENT = "org.postroad.owner"
"""Our own state event: who answers for the room. Believed only from the bot, and only of a member with the power."""


@dataclass(frozen=True, slots=True)
class State:
    """The state events of one room, by type and key."""

    events: Mapping[tuple[str, str], Mapping[str, Any]]

    @classmethod
    def of(cls, events: Iterable[Mapping[str, Any]]) -> "State":
        return cls({(event["type"], event.get("state_key", "")): event for event in events})

    def content(self, kind: str, key: str = "") -> Mapping[str, Any]:
        """Empty when there is no such event."""
        content = self.events.get((kind, key), {}).get("content")
        return content if isinstance(content, Mapping) else {}

    def text(self, kind: str, field: str) -> str:
        """A text in an event; "" for anything else."""
        value = self.content(kind).get(field)
        return value if isinstance(value, str) else ""

    @property
    def name(self) -> str:
        return self.text("m.room.name", "name").strip()

    @property
    def alias(self) -> str:
        return self.text("m.room.canonical_alias", "alias")

    @property
    def creator_id(self) -> str:
        return str(self.events.get(("m.room.create", ""), {}).get("sender", ""))

    @property
    def made_at(self) -> datetime | None:
        return moment(self.events.get(("m.room.create", ""), {}).get("origin_server_ts"))

    @property
    def is_encrypted(self) -> bool:
        return ("m.room.encryption", "") in self.events

    @property
    def is_over(self) -> bool:
        """Replaced by another room."""
        return bool(self.content("m.room.tombstone"))

    def membership(self, user_id: str) -> str:
        """join, invite, knock, leave or ban; "" for somebody who never was there."""
        return str(self.content("m.room.member", user_id).get("membership", ""))

    def people(self, *, without: str) -> frozenset[str]:
        """Who is in the room."""
        members = (key for kind, key in self.events if kind == "m.room.member" and key != without)
        return frozenset(user_id for user_id in members if self.membership(user_id) == "join")

    def powers(self) -> Powers:
        create = self.content("m.room.create")
        levels = self.content("m.room.power_levels") if ("m.room.power_levels", "") in self.events else None
        more = create.get("additional_creators")
        creators = [self.creator_id, *(more if isinstance(more, list) else [])]
        return powers_of(str(create.get("room_version", "1")), creators, levels)

    def is_group(self, *, bot_id: str) -> bool:
        """False for a space, and for what two people say to each other: an unnamed room of at most two.

        A room of somebody with a service account of ours is none either, whatever they call it.
        """
        if self.content("m.room.create").get("type") == "m.space":
            return False
        others = {one for one in self.people(without=bot_id) if not is_service(one, bot_id)}
        if len(others) <= 1 and others != self.people(without=bot_id):
            return False
        return bool(self.name or self.alias) or len(self.people(without=bot_id)) > 2  # noqa: PLR2004 - a pair

    def owner_id(self, *, bot_id: str) -> str | None:
        """Who answers for the room: whom we named, while they are there with an owner's power; else the strongest.

        Power alone does not do: a creator keeps theirs for good (room version 12), or until they give it up
        (earlier), so that a successor could never be told from it.
        """
        powers, people = self.powers(), self.people(without=bot_id)
        event = self.events.get((OWNER_EVENT, ""), {})
        named = self.content(OWNER_EVENT).get("user_id")
        if event.get("sender") == bot_id and named in people and powers.is_owner(str(named)):
            return str(named)
        return powers.strongest(people, first=self.creator_id)


def is_service(user_id: str, bot_id: str) -> bool:
    """Whether a user is a service account of ours: `@postroad_sales:…` beside the bot `@postroad:…`."""
    bot, _, server = bot_id.partition(":")
    return user_id.startswith(f"{bot}_") and user_id.endswith(f":{server}")


def moment(milliseconds: object) -> datetime | None:
    """A time as Matrix writes it; None when it is no such time."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    except (OverflowError, OSError, ValueError):
        return None
