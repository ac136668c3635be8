"""What DingTalk tells us, by its stream or by calling us, as happenings. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from postroad.connectors.dingtalk.sending import DIRECT
from postroad.messengers.protocol import DirectoryEvent, Happening, RoomEvent, RoomEventKind, RoomMessage

GROUP = "2"
ROOM_EVENTS = {
    "chat_add_member": RoomEventKind.JOINED,
    "chat_remove_member": RoomEventKind.LEFT,
    "chat_quit": RoomEventKind.LEFT,
    "chat_update_owner": RoomEventKind.OWNER_CHANGED,
    "chat_update_title": RoomEventKind.RENAMED,
    "chat_disband": RoomEventKind.CLOSED,
    "chat_template_change": RoomEventKind.SETTINGS_CHANGED,
}
DIRECTORY_EVENTS = frozenset(
    {
        "user_add_org",
        "user_modify_org",
        "user_leave_org",
        "user_active_org",
        "org_dept_create",
        "org_dept_modify",
        "org_dept_remove",
    }
)


def read_event(kind: str, event_id: str, data: Mapping[str, Any]) -> list[Happening]:
    """What an event means to us; nothing for kinds we have no use for. Raises ValueError when it makes no sense."""
    if kind in DIRECTORY_EVENTS:
        return [
            DirectoryEvent(
                at=_moment(data.get("timeStamp")),
                user_ids=_strings(data.get("userId")),
                department_ids=_strings(data.get("deptId")),
            )
        ]
    if kind in ROOM_EVENTS:
        return [
            RoomEvent(
                kind=ROOM_EVENTS[kind],
                room_id=_required(data, "openConversationId"),
                at=_moment(data.get("timeStamp")),
                by=str(data["operator"]) if data.get("operator") else None,
                user_ids=_strings(data.get("userId")),
                external_id=event_id,
            )
        ]
    return []


def read_robot_message(body: Mapping[str, Any], raw: bytes) -> RoomMessage:
    """What somebody said to our robot: in a group (they mentioned it), or to it alone. Raises ValueError."""
    sender = str(body.get("senderStaffId") or _required(body, "senderId"))
    in_group = str(body.get("conversationType")) == GROUP
    text = body.get("text")
    mentioned = body.get("atUsers")
    return RoomMessage(
        room_id=_required(body, "conversationId") if in_group else f"{DIRECT}{sender}",
        external_id=_required(body, "msgId"),
        sender_id=sender,
        sender_name=str(body.get("senderNick", "")),
        sent_at=_moment(body.get("createAt")),
        text=str(text.get("content", "")).strip() if isinstance(text, Mapping) else "",
        raw=raw,
        mentions=tuple(
            str(one["staffId"])
            for one in (mentioned if isinstance(mentioned, list) else ())
            if isinstance(one, Mapping) and one.get("staffId")
        ),
        direct=not in_group,
    )


def _required(data: Mapping[str, Any], name: str) -> str:
    if not data.get(name):
        message = f"{name} is missing"
        raise ValueError(message)
    return str(data[name])


def _strings(value: Any) -> tuple[str, ...]:
    """A list, or one thing alone, as strings."""
    return tuple(str(one) for one in (value if isinstance(value, list) else [value] if value else ()))


def _moment(milliseconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)
    except (TypeError, OverflowError, OSError) as error:
        raise ValueError("the time is missing") from error
