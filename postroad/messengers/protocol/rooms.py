"""Rooms as they are, as they are to be made, and what is to become different about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Settings: TypeAlias = Mapping[str, str | int | bool]


class RoomSetting(StrEnum):
    """What can be set of a room, in words of ours; a connector says which of them its messenger has.

    Values are booleans except where said. `ENCRYPTED`: end to end, so that we cannot read it.
    """

    POSTING_RESTRICTED = "posting-restricted"  # only owner and administrators speak
    MENTION_ALL_RESTRICTED = "mention-all-restricted"  # only owner and administrators mention everybody
    MANAGING_RESTRICTED = "managing-restricted"  # only owner and administrators change name and members
    SEARCHABLE = "searchable"
    JOINING_NEEDS_APPROVAL = "joining-needs-approval"
    HISTORY_FOR_NEWCOMERS = "history-for-newcomers"
    ENCRYPTED = "encrypted"
    TOPIC = "topic"  # text


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomState:
    """A room as its messenger shows it now. `members` holds user ids, the owner among them.

    None for what the messenger does not tell. `settings` holds the `RoomSetting`s that it has.
    """

    id: str
    name: str
    owner_id: str | None
    members: frozenset[str]
    admin_ids: frozenset[str] = frozenset()
    settings: Settings = field(default_factory=dict)
    creator_id: str | None = None
    created_at: datetime | None = None
    last_activity_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSpec:
    """A room to be made. `key` is ours and lasting: asking twice with one key never makes a second room."""

    key: str
    name: str
    owner_id: str
    member_ids: frozenset[str]
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomChange:
    """What is to become different about a room; None or empty: leave it. A new owner is a member or is added.

    `promote_ids` and `demote_ids` become, or cease to be, administrators beside the owner (`CHANGE_ADMINS`).
    """

    name: str | None = None
    owner_id: str | None = None
    add_ids: frozenset[str] = frozenset()
    remove_ids: frozenset[str] = frozenset()
    promote_ids: frozenset[str] = frozenset()
    demote_ids: frozenset[str] = frozenset()
    settings: Settings = field(default_factory=dict)
