"""What a pushed event means: a pure reading that makes something or nothing of anything.

People put what they like into events, so nothing is believed of their shape, and an unknown kind is no fault.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from postroad.connectors.matrix.state import is_service, moment
from postroad.messengers.protocol import DirectNews, DirectoryEvent, Happening, RoomEvent, RoomEventKind, RoomMessage

Event = Mapping[str, Any]

ENCRYPTED_TEXT = "[encrypted]"
FILE_KINDS = frozenset({"m.file", "m.image", "m.audio", "m.video"})
MESSAGE_KINDS = frozenset({"m.room.message", "m.room.encrypted", "m.sticker"})
LASTING = ("content", "event_id", "origin_server_ts", "room_id", "sender", "type")
EPOCH = datetime.fromtimestamp(0, tz=UTC)
CHANGES = {
    "m.room.create": RoomEventKind.MADE,
    "m.room.name": RoomEventKind.RENAMED,
    "m.room.topic": RoomEventKind.SETTINGS_CHANGED,
    "m.room.join_rules": RoomEventKind.SETTINGS_CHANGED,
    "m.room.history_visibility": RoomEventKind.SETTINGS_CHANGED,
    "m.room.encryption": RoomEventKind.SETTINGS_CHANGED,
    "m.room.tombstone": RoomEventKind.CLOSED,
    "org.postroad.owner": RoomEventKind.OWNER_CHANGED,
}


@dataclass(frozen=True, slots=True)
class File:
    """A file that a message names. `encrypted`: only the people in the room can read it."""

    name: str
    content_type: str
    size: int
    uri: str
    encrypted: bool


def read_event(event: Event, *, bot_id: str, names: Mapping[str, str]) -> Iterator[Happening]:
    """What happened by `event`; nothing for what does not concern us. `names`: how people are called."""
    kind, room_id, sender = text_at(event, "type"), text_at(event, "room_id"), text_at(event, "sender")
    if not (kind and room_id and sender and text_at(event, "event_id")):
        return
    if kind in MESSAGE_KINDS:
        if message := read_message(event, bot_id=bot_id, names=names):
            yield message
    elif kind == "m.room.redaction":
        taken_back = text_at(event, "redacts") or text_at(map_at(event, "content"), "redacts")
        if taken_back:
            yield _room_event(RoomEventKind.MESSAGE_REDACTED, event, bot_id=bot_id, external_id=taken_back)
    elif "state_key" in event:
        yield from _read_state(event, bot_id=bot_id)


def read_message(event: Event, *, bot_id: str, names: Mapping[str, str]) -> RoomMessage | None:
    """The message in `event`, its files left out; None for one whose content has been taken back."""
    content = map_at(event, "content")
    if not content:
        return None
    relation, sender = map_at(content, "m.relates_to"), text_at(event, "sender")
    said = map_at(content, "m.new_content") if text_at(relation, "rel_type") == "m.replace" else content
    return RoomMessage(
        room_id=text_at(event, "room_id"),
        external_id=text_at(event, "event_id"),
        sender_id=sender,
        sender_name=names.get(sender, "") or localpart(sender),
        sent_at=moment(event.get("origin_server_ts")) or EPOCH,
        text=_said(event, said),
        html=text_at(said, "formatted_body") if text_at(said, "format") == "org.matrix.custom.html" else None,
        raw=_lasting(event),
        reply_to=text_at(map_at(relation, "m.in_reply_to"), "event_id") or None,
        replaces=text_at(relation, "event_id") or None if said is not content else None,
        mentions=_mentions(said),
        ours=sender == bot_id or is_service(sender, bot_id),
        unreadable=text_at(event, "type") == "m.room.encrypted",
    )


def file_of(event: Event) -> File | None:
    """The file that a message holds, if it holds one."""
    content = map_at(event, "content")
    sticker = text_at(event, "type") == "m.sticker"
    if text_at(content, "msgtype") not in FILE_KINDS and not sticker:
        return None
    sealed, info = map_at(content, "file"), map_at(content, "info")
    uri, size = text_at(content, "url") or text_at(sealed, "url"), info.get("size")
    if not uri.startswith("mxc://"):
        return None
    return File(
        name=(text_at(content, "filename") or text_at(content, "body") or "file")[:255],
        content_type=text_at(info, "mimetype")[:100] or "application/octet-stream",
        size=size if isinstance(size, int) and not isinstance(size, bool) else 0,
        uri=uri,
        encrypted=bool(sealed),
    )


def senders(events: Sequence[Event]) -> frozenset[str]:
    """Who said something in `events`."""
    return frozenset(text_at(event, "sender") for event in events if text_at(event, "type") in MESSAGE_KINDS) - {""}


def localpart(user_id: str) -> str:
    """`li` of `@li:company.example`."""
    return user_id.partition(":")[0].removeprefix("@")


def map_at(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, Mapping) else {}


def text_at(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _lasting(event: Event) -> bytes:
    """The event without what the server says anew each time (its age): the same bytes whenever it comes."""
    lasting = {name: event[name] for name in LASTING if name in event}
    return json.dumps(lasting, ensure_ascii=False, sort_keys=True).encode(errors="surrogatepass")


def _said(event: Event, said: Mapping[str, Any]) -> str:
    if text_at(event, "type") == "m.room.encrypted":
        return ENCRYPTED_TEXT
    body = text_at(said, "body")
    if file_of(event) and text_at(said, "filename") in ("", body):
        return ""  # without a caption the body repeats the file's name
    return body


def _mentions(said: Mapping[str, Any]) -> tuple[str, ...]:
    mentions = map_at(said, "m.mentions")
    users = mentions.get("user_ids")
    named = [one for one in users if isinstance(one, str)] if isinstance(users, list) else []
    return tuple(dict.fromkeys([*named, *(["@room"] if mentions.get("room") is True else [])]))


def _read_state(event: Event, *, bot_id: str) -> Iterator[Happening]:
    kind, user_id = text_at(event, "type"), text_at(event, "state_key")
    before = map_at(map_at(event, "unsigned"), "prev_content")
    if kind == "m.room.member" and is_service(user_id, bot_id) and _membership(event) == "invite":
        yield _invitation(event, user_id)
    elif kind == "m.room.member" and user_id != bot_id:
        yield from _read_membership(event, user_id, before, bot_id=bot_id)
    elif kind == "m.room.power_levels":
        if before.get("users") != map_at(event, "content").get("users"):
            yield _room_event(RoomEventKind.OWNER_CHANGED, event, bot_id=bot_id)
        else:
            yield _room_event(RoomEventKind.SETTINGS_CHANGED, event, bot_id=bot_id)
    elif kind in CHANGES:
        yield _room_event(CHANGES[kind], event, bot_id=bot_id)


def _read_membership(event: Event, user_id: str, before: Mapping[str, Any], *, bot_id: str) -> Iterator[Happening]:
    content = map_at(event, "content")
    was, now = text_at(before, "membership") == "join", _membership(event) == "join"
    if now and not was:
        yield _room_event(RoomEventKind.JOINED, event, bot_id=bot_id, user_ids=(user_id,))
    elif was and not now:
        yield _room_event(RoomEventKind.LEFT, event, bot_id=bot_id, user_ids=(user_id,))
    elif now and content.get("displayname") != before.get("displayname"):
        yield DirectoryEvent(at=moment(event.get("origin_server_ts")) or EPOCH, user_ids=(user_id,))


def _invitation(event: Event, service_id: str) -> DirectNews:
    """Somebody asks a service account of ours into a room of their own; what they say there since is fetched."""
    room_id, at = text_at(event, "room_id"), moment(event.get("origin_server_ts")) or EPOCH
    token = f"{int(at.timestamp() * 1000)} {room_id}"
    return DirectNews(service_id=service_id, at=at, token=token, room_id=room_id, user_id=text_at(event, "sender"))


def _membership(event: Event) -> str:
    return text_at(map_at(event, "content"), "membership")


def _room_event(kind: RoomEventKind, event: Event, *, bot_id: str, **details: Any) -> RoomEvent:
    """What we did ourselves was done by nobody in the messenger: our evidence has who asked for it."""
    sender = text_at(event, "sender")
    return RoomEvent(
        kind=kind,
        room_id=text_at(event, "room_id"),
        at=moment(event.get("origin_server_ts")) or EPOCH,
        by=sender if sender != bot_id else None,
        **{"external_id": text_at(event, "event_id"), **details},
    )
