"""What could not be stored, as bytes and back: whole, so that it can be tried again."""

import json
from base64 import b64decode, b64encode
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from postroad.channels.protocol import IncomingAttachment, chunks_of
from postroad.messengers.protocol import DirectNews, DirectoryEvent, Happening, RoomEvent, RoomEventKind, RoomMessage

KINDS: dict[str, type[Happening]] = {
    "message": RoomMessage,
    "room": RoomEvent,
    "directory": DirectoryEvent,
    "news": DirectNews,
}


def as_bytes(happening: Happening) -> bytes:
    """All of it, as JSON."""
    kind = next(name for name, one in KINDS.items() if type(happening) is one)
    return json.dumps({"kind": kind, **_plain(happening)}, ensure_ascii=False).encode()


def from_bytes(kept: bytes) -> Happening:
    """What `as_bytes` was given. Raises ValueError for anything else."""
    told: dict[str, Any] = json.loads(kept)
    if told.get("kind") not in KINDS:
        raise ValueError("kept in a form that is not known")
    kind = KINDS[told.pop("kind")]
    for name in ("sent_at", "at"):
        if name in told:
            told[name] = datetime.fromisoformat(told[name])
    for name in ("user_ids", "department_ids", "mentions"):
        if name in told:
            told[name] = tuple(told[name])
    if kind is RoomEvent:
        told["kind"] = RoomEventKind(told.pop("what"))
    if kind is RoomMessage:
        told["raw"] = b64decode(told["raw"])
        told["attachments"] = tuple(
            IncomingAttachment(**{**one, "content": b64decode(one["content"])}) for one in told["attachments"]
        )
    return kind(**told)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode()
        case tuple():
            return [_plain(one) for one in value]
        case IncomingAttachment():
            return {**_fields_of(value), "content": b64encode(b"".join(chunks_of(value.content))).decode()}
        case RoomEvent():
            told = _fields_of(value)
            return {"what": told.pop("kind"), **told}
    return _fields_of(value) if is_dataclass(value) else value


def _fields_of(value: Any) -> dict[str, Any]:
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name != "content"}
