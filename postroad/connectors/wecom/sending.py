"""Saying something in a group, or to one member who wrote to the app."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from postroad.channels.protocol import OutgoingAttachment, OutgoingMessage, SendFailed, SendResult, chunks_of
from postroad.connectors.parts import addressed, parts_of
from postroad.connectors.said_once import SaidOnce
from postroad.connectors.wecom.api import DIRECT_DELIVERIES, GROUP_DELIVERIES, Api
from postroad.connectors.wecom.rooms import read_room
from postroad.messengers.protocol import Account, MessengerFault

MOST_TEXT_BYTES = 2048
MOST_PARTS = 8
# A group's id has letters and digits only, so nothing else begins like this.
DIRECT = "direct:"
IMAGES = frozenset({"image/png", "image/jpeg"})


# WeCom has no key against saying a thing twice in a group; to one member it compares the whole request.
_said = SaidOnce()


@dataclass(frozen=True, slots=True)
class Piece:
    """One message as WeCom takes it."""

    kind: str
    content: dict[str, str]


def send(api: Api, account: Account, room_id: str, message: OutgoingMessage) -> SendResult:
    """Files are handed over before anything is said, so that most failures leave nothing half said."""
    try:
        if room_id.startswith(DIRECT):
            _send_directly(api, account, room_id.removeprefix(DIRECT), message)
        else:
            _send_to_group(api, account, room_id, message)
    except MessengerFault as fault:
        raise SendFailed(fault.reason, permanent=fault.permanent) from fault
    return SendResult(external_id=str(message.message_id), accepted_at=datetime.now(tz=UTC))


def _send_to_group(api: Api, account: Account, room_id: str, message: OutgoingMessage) -> None:
    members = read_room(api, room_id).members
    for number, piece in enumerate(list(pieces(api, addressed(message, account, members), message))):
        with _said.once(message.message_id, number) as saying:
            if saying:
                _say(api, room_id, piece, len(members))


def _send_directly(api: Api, account: Account, user_id: str, message: OutgoingMessage) -> None:
    for number, piece in enumerate(list(pieces(api, message.text, message))):
        with _said.once(message.message_id, number) as saying:
            if saying:
                _say_directly(api, account, user_id, piece)


def pieces(api: Api, text: str, message: OutgoingMessage, *, most_parts: int = MOST_PARTS) -> Iterator[Piece]:
    """`text` and the files of `message`, as many messages as WeCom needs for them; too long a text is a file."""
    parts = list(parts_of(text, most_bytes=MOST_TEXT_BYTES))
    if len(parts) > most_parts:
        name = f"{message.subject or message.message_id}.txt"
        yield _file(api, OutgoingAttachment(name, "text/plain", 0, text.encode()))
    else:
        for part in parts:
            yield Piece("text", {"content": part})
    for attachment in message.attachments:
        yield _file(api, attachment)


def _file(api: Api, attachment: OutgoingAttachment) -> Piece:
    kind = "image" if attachment.content_type in IMAGES else "file"
    return Piece(kind, {"media_id": api.upload(kind, attachment.name, b"".join(chunks_of(attachment.content)))})


def _say(api: Api, room_id: str, piece: Piece, size: int) -> None:
    GROUP_DELIVERIES.take_turn(api.allowance("group deliveries"), cost=size)
    api.post("appchat/send", {"chatid": room_id, "msgtype": piece.kind, piece.kind: piece.content}, repeatable=False)


def _say_directly(api: Api, account: Account, user_id: str, piece: Piece) -> None:
    agent_id = int(account.settings["agent_id"])
    # What is too much is dropped without a word, so it must not come to that.
    DIRECT_DELIVERIES.take_turn(api.allowance(f"direct:{agent_id}:{user_id.casefold()}"))
    body: dict[str, Any] = {
        "touser": user_id,
        "agentid": agent_id,
        "msgtype": piece.kind,
        piece.kind: piece.content,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 1800,
    }
    api.post("message/send", body)
