"""Rooms: reading all of them through the administration API, and changing them as our bot.

The bot is a member of every room that we made or changed; there it is seen by all, and there alone do we receive
what is said. It is nobody's colleague: it is never among a room's members as we tell them.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.utils.translation import gettext_noop

from postroad.connectors.matrix.homeserver import ADMIN, ADMIN_V2, CLIENT, Homeserver
from postroad.connectors.matrix.power import ADMINISTRATOR
from postroad.connectors.matrix.settings import read_settings, set_powers, state_to_set
from postroad.connectors.matrix.state import OWNER_EVENT, State, moment
from postroad.messengers.protocol import (
    MessengerFault,
    NoSuchRoom,
    RoomChange,
    RoomSetting,
    RoomSpec,
    RoomState,
    Settings,
)

T = TypeVar("T")

PAGE = 1000
# A room that ends while the list is read moves the rest up: pages overlap, so that none is taken for gone.
OVERLAP = 100
ALIAS_PREFIX = "postroad_"
SAID = json.dumps({"types": ["m.room.message", "m.room.encrypted"]})
CLOSING_SECONDS = 60

# Kept in the source language and translated when shown.
GONE = gettext_noop("The group is not there any more.")
BEING_MADE = gettext_noop("Somebody else is making the group at this moment.")
BEING_CLOSED = gettext_noop("The homeserver is still closing the group.")
NOT_CLOSED = gettext_noop("The homeserver could not close the group.")
OWNER_OUTSIDE = gettext_noop("Nobody can own a group without being in it.")
NO_SUCH_SETTING = gettext_noop("Matrix has no such setting.")


@dataclass(frozen=True, slots=True)
class SeenRoom:
    """A room as the administration API shows it. `listed`: in the server's list of public rooms."""

    id: str
    listed: bool
    state: State


@dataclass(slots=True)
class Refusals:
    """What was refused for good while the rest went on."""

    faults: list[MessengerFault] = field(default_factory=list)

    def go_on(self, what: str, step: Callable[[], Any]) -> None:
        """Do `step`; a refusal for good is kept for the end, any other goes up."""
        try:
            step()
        except MessengerFault as fault:
            if not fault.permanent or isinstance(fault, NoSuchRoom):
                raise
            self.faults.append(MessengerFault(f"{what}: {fault.reason}", code=fault.code, permanent=True))

    def tell(self) -> None:
        if self.faults:
            codes = ", ".join(sorted({fault.code for fault in self.faults}))
            raise MessengerFault("; ".join(fault.reason for fault in self.faults), code=codes, permanent=True)


def read_rooms(homeserver: Homeserver) -> Iterator[RoomState]:
    """Every group on the server; not spaces, nor what two people say to each other."""
    for entry in list(_listed(homeserver)):
        try:
            seen = _see(homeserver, entry)
        except NoSuchRoom:
            continue
        yield _as_told(homeserver, seen)


def read_room(homeserver: Homeserver, room_id: str) -> RoomState:
    """Raises `NoSuchRoom`, also for what is no group."""
    return _as_told(homeserver, see_room(homeserver, room_id))


def see_room(homeserver: Homeserver, room_id: str) -> SeenRoom:
    """Raises `NoSuchRoom`."""
    return _see(homeserver, _found(homeserver, ADMIN, "rooms", room_id))


def make_room(homeserver: Homeserver, spec: RoomSpec) -> str:
    """Make the room of `spec.key` or complete the one made before.

    A member whom the server refuses for good is left out; the room's state then shows it.
    """
    room_id = _create(homeserver, spec) or _made_before(homeserver, spec)
    people = spec.member_ids | {spec.owner_id}
    change = RoomChange(name=spec.name, owner_id=spec.owner_id, add_ids=people, settings=spec.settings)
    _change(homeserver, room_id, change)
    return room_id


def change_room(homeserver: Homeserver, room_id: str, change: RoomChange) -> None:
    """Make the change; an empty one only seats the bot. What is refused for good is told after all else is done."""
    _change(homeserver, room_id, change).tell()


def close_room(homeserver: Homeserver, room_id: str) -> None:
    """Put everybody out and let nobody in again. What was said stays on the server."""
    try:
        entry = homeserver.get(ADMIN, "rooms", room_id)
    except MessengerFault as fault:
        if fault.code == "M_NOT_FOUND":
            return
        raise
    if entry["joined_members"]:
        # Our own address for the room must be free for the next one of the same key.
        _forget_alias(homeserver, str(entry.get("canonical_alias") or ""))
        deleted = homeserver.call("DELETE", ADMIN_V2, "rooms", room_id, json={"block": True, "purge": False})
        _wait_until_closed(homeserver, str(deleted["delete_id"]))


def seat_bot(homeserver: Homeserver, room_id: str) -> SeenRoom:
    """The room, with the bot in it as administrator. Raises `NoSuchRoom`, or a fault where nobody could let it in."""
    seen = see_room(homeserver, room_id)
    bot_id = homeserver.bot_id
    if seen.state.membership(bot_id) == "join" and seen.state.powers().of(bot_id) >= ADMINISTRATOR:
        return seen
    homeserver.post(ADMIN, "rooms", room_id, "make_room_admin", content={"user_id": bot_id})
    homeserver.post(CLIENT, "join", room_id)
    return see_room(homeserver, room_id)


def in_room(homeserver: Homeserver, room_id: str, call: Callable[[], T]) -> T:
    """What `call` gives, which needs our bot in the room; it is seated when it turns out not to be there."""
    try:
        return call()
    except MessengerFault as fault:
        if fault.code != "M_FORBIDDEN":
            raise
    seat_bot(homeserver, room_id)
    return call()


def alias_localpart(key: str) -> str:
    """The local part of the address under which a room of ours is found again: readable, and one for each key."""
    readable = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:40]
    return f"{ALIAS_PREFIX}{readable}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


# --- reading ------------------------------------------------------------------------------------------------


def _listed(homeserver: Homeserver) -> Iterator[Mapping[str, Any]]:
    seen: set[str] = set()
    start = 0
    while True:
        page = homeserver.get(ADMIN, "rooms", query={"from": start, "limit": PAGE})
        for entry in page["rooms"]:
            if entry["room_id"] not in seen:
                seen.add(entry["room_id"])
                yield entry
        if page.get("next_batch") is None:
            return
        start += PAGE - OVERLAP


def _see(homeserver: Homeserver, entry: Mapping[str, Any]) -> SeenRoom:
    room_id = str(entry["room_id"])
    if not entry["joined_members"]:
        raise NoSuchRoom(GONE)
    state = State.of(_found(homeserver, ADMIN, "rooms", room_id, "state")["state"])
    if state.is_over or not state.is_group(bot_id=homeserver.bot_id):
        raise NoSuchRoom(GONE)
    return SeenRoom(room_id, bool(entry.get("public")), state)


def _as_told(homeserver: Homeserver, seen: SeenRoom) -> RoomState:
    state, bot_id = seen.state, homeserver.bot_id
    people = state.people(without=bot_id)
    last = homeserver.get(
        ADMIN, "rooms", seen.id, "messages", query={"dir": "b", "limit": 1, "filter": SAID}
    )["chunk"]  # fmt: skip
    return RoomState(
        id=seen.id,
        name=state.name or state.alias,
        owner_id=state.owner_id(bot_id=bot_id),
        members=people,
        admin_ids=state.powers().administrators(people),
        settings=read_settings(state, is_listed=seen.listed),
        creator_id=state.creator_id or None,
        created_at=state.made_at,
        last_activity_at=moment(last[0].get("origin_server_ts")) if last else None,
    )


def _found(homeserver: Homeserver, base: str, *parts: str) -> dict[str, Any]:
    try:
        return homeserver.get(base, *parts)
    except MessengerFault as fault:
        if fault.permanent and fault.code in {"M_NOT_FOUND", "M_INVALID_PARAM", "M_UNKNOWN"}:
            raise NoSuchRoom(fault.reason, code=fault.code) from fault
        raise


# --- making and changing ------------------------------------------------------------------------------------


def _create(homeserver: Homeserver, spec: RoomSpec) -> str | None:
    """The new room's id; None when its address is taken, which is how we know that it was made before."""
    content = {
        "name": spec.name,
        "preset": "private_chat",
        "room_alias_name": alias_localpart(spec.key),
        "initial_state": [{"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}}],
        # The company's own people only; a room can never be opened to other servers later, nor by mistake.
        "creation_content": {"m.federate": False},
    }
    try:
        return str(homeserver.post(CLIENT, "createRoom", content=content)["room_id"])
    except MessengerFault as fault:
        if fault.code == "M_ROOM_IN_USE":
            return None
        raise


def _made_before(homeserver: Homeserver, spec: RoomSpec) -> str:
    alias = f"#{alias_localpart(spec.key)}:{homeserver.server_name}"
    room_id = str(homeserver.get(CLIENT, "directory", "room", alias)["room_id"])
    try:
        see_room(homeserver, room_id)
    except NoSuchRoom:
        # Closed by somebody else, or never finished: its address still stands in the way.
        _forget_alias(homeserver, alias)
        if again := _create(homeserver, spec):
            return again
        raise MessengerFault(BEING_MADE) from None
    return room_id


def _forget_alias(homeserver: Homeserver, alias: str) -> None:
    if alias.startswith(f"#{ALIAS_PREFIX}"):
        try:
            homeserver.call("DELETE", CLIENT, "directory", "room", alias)
        except MessengerFault as fault:
            if fault.code != "M_NOT_FOUND":
                raise


def _change(homeserver: Homeserver, room_id: str, change: RoomChange) -> Refusals:
    seen, refusals = seat_bot(homeserver, room_id), Refusals()
    if change.name is not None and change.name != seen.state.name:
        refusals.go_on(
            "name", lambda: _set_state(homeserver, room_id, "m.room.name", {"name": change.name})
        )  # fmt: skip
    if change.settings:
        refusals.go_on("settings", lambda: _set_settings(homeserver, seen, change.settings))
    owner = frozenset({change.owner_id} if change.owner_id else ())
    for user_id in sorted((change.add_ids | owner) - seen.state.people(without="")):
        refusals.go_on(user_id, lambda user_id=user_id: _bring_in(homeserver, room_id, user_id))  # type: ignore[misc]
    if change.owner_id and change.owner_id != seen.state.owner_id(bot_id=homeserver.bot_id):
        refusals.go_on(change.owner_id, lambda: _set_owner(homeserver, room_id, str(change.owner_id)))
    if change.promote_ids or change.demote_ids:
        refusals.go_on("administrators", lambda: _set_administrators(homeserver, room_id, change))
    for user_id in sorted(change.remove_ids - {homeserver.bot_id}):
        if seen.state.membership(user_id) in {"join", "invite", "knock"}:
            refusals.go_on(user_id, lambda user_id=user_id: _put_out(homeserver, room_id, user_id))  # type: ignore[misc]
    return refusals


def _set_state(homeserver: Homeserver, room_id: str, kind: str, content: Mapping[str, Any]) -> None:
    homeserver.put(CLIENT, "rooms", room_id, "state", kind, "", content=content)


def _set_settings(homeserver: Homeserver, seen: SeenRoom, settings: Settings) -> None:
    unknown = set(settings) - set(RoomSetting)
    if unknown:
        raise MessengerFault(NO_SUCH_SETTING, code=", ".join(sorted(unknown)), permanent=True)
    before = seen.state.powers()
    after = set_powers(before, settings)
    if after != before:
        _set_state(homeserver, seen.id, "m.room.power_levels", after.levels)
    for kind, content in list(state_to_set(seen.state, settings)):
        _set_state(homeserver, seen.id, kind, content)
    listed = settings.get(RoomSetting.SEARCHABLE)
    if listed is not None and listed != seen.listed:
        visibility = {"visibility": "public" if listed else "private"}
        homeserver.put(CLIENT, "directory", "list", "room", seen.id, content=visibility)


def _set_owner(homeserver: Homeserver, room_id: str, owner_id: str) -> None:
    """Power for the new owner and none above a moderator's for the former; then the name on the door."""
    state = see_room(homeserver, room_id).state
    if state.membership(owner_id) != "join":
        raise MessengerFault(OWNER_OUTSIDE, permanent=True)
    before = state.powers()
    after = before.with_owner(owner_id, bot_id=homeserver.bot_id)
    if after != before:
        _set_state(homeserver, room_id, "m.room.power_levels", after.levels)
    _set_state(homeserver, room_id, OWNER_EVENT, {"user_id": owner_id})


def _set_administrators(homeserver: Homeserver, room_id: str, change: RoomChange) -> None:
    before = see_room(homeserver, room_id).state.powers()
    after = before.with_administrators(change.promote_ids, change.demote_ids, bot_id=homeserver.bot_id)
    if after != before:
        _set_state(homeserver, room_id, "m.room.power_levels", after.levels)


def _bring_in(homeserver: Homeserver, room_id: str, user_id: str) -> None:
    """Joins a user of this server at once, without their having to accept; others can only be invited."""
    if not homeserver.is_local(user_id):
        homeserver.post(CLIENT, "rooms", room_id, "invite", content={"user_id": user_id})
        return
    try:
        homeserver.post(ADMIN, "join", room_id, content={"user_id": user_id})
    except MessengerFault as fault:
        if fault.code != "M_FORBIDDEN" or _membership(homeserver, room_id, user_id) != "join":
            raise


def _put_out(homeserver: Homeserver, room_id: str, user_id: str) -> None:
    try:
        homeserver.post(CLIENT, "rooms", room_id, "kick", content={"user_id": user_id})
    except MessengerFault as fault:
        if fault.code != "M_FORBIDDEN" or _membership(homeserver, room_id, user_id) in {"join", "invite", "knock"}:
            raise


def _membership(homeserver: Homeserver, room_id: str, user_id: str) -> str:
    content = homeserver.get(CLIENT, "rooms", room_id, "state", "m.room.member", user_id)
    return str(content.get("membership", ""))


def _wait_until_closed(homeserver: Homeserver, delete_id: str) -> None:
    deadline = time.monotonic() + CLOSING_SECONDS
    while True:
        status = homeserver.get(ADMIN_V2, "rooms", "delete_status", delete_id)
        if status["status"] == "complete":
            return
        if status["status"] == "failed":
            raise MessengerFault(NOT_CLOSED, code=str(status.get("error", ""))[:100])
        if time.monotonic() > deadline:
            raise MessengerFault(BEING_CLOSED)
        time.sleep(0.2)
