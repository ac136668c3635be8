"""Saying something by the app's robot, in a group that it is in or to one member, and taking it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_noop

from postroad.channels.protocol import OutgoingAttachment, OutgoingMessage, SendFailed, SendResult, chunks_of
from postroad.connectors.dingtalk.api import Api
from postroad.connectors.dingtalk.rooms import read_room
from postroad.connectors.parts import addressed, parts_of
from postroad.connectors.said_once import SaidOnce
from postroad.connectors.web_api import as_json
from postroad.messengers.protocol import Account, MessengerFault

# A part is JSON of at most 15,000 bytes, in which quotation marks and line ends count twice.
MOST_TEXT_BYTES = 7_000
MOST_PARTS = 5
# No conversation's id has a colon.
DIRECT = "direct:"
# Before the names that DingTalk gives the parts of what we said.
OURS = "sent:"
NOT_OURS = gettext_noop("DingTalk lets us take back only what we said ourselves.")
NOT_DELIVERED = gettext_noop("None of the receivers may be written to.")

_said = SaidOnce()


@dataclass(frozen=True, slots=True)
class Piece:
    """One message as the robot says it."""

    kind: str
    content: dict[str, str]


def send(api: Api, account: Account, room_id: str, message: OutgoingMessage) -> SendResult:
    """Files are handed over before anything is said, so that most failures leave nothing half said."""
    try:
        keys = list(_say_all(api, account, room_id, message))
    except MessengerFault as fault:
        raise SendFailed(fault.reason, permanent=fault.permanent) from fault
    return SendResult(external_id=OURS + ",".join(keys), accepted_at=datetime.now(tz=UTC))


def redact(api: Api, account: Account, room_id: str, external_id: str) -> None:
    """All parts of a message of ours. Raises `MessengerFault`, also when DingTalk leaves one standing."""
    if not external_id.startswith(OURS):
        raise MessengerFault(NOT_OURS, permanent=True)
    keys = external_id.removeprefix(OURS).split(",")
    body = {"openConversationId": room_id, "robotCode": robot_code(account), "processQueryKeys": keys}
    if api.post("v1.0/robot/groupMessages/recall", body).get("failedResult"):
        raise MessengerFault(gettext_noop("DingTalk does not take this message back any more."), permanent=True)


def robot_code(account: Account) -> str:
    """The robot of an app usually has the app's own name."""
    return str(account.settings.get("robot_code") or account.settings.get("app_key", ""))


def _say_all(api: Api, account: Account, room_id: str, message: OutgoingMessage) -> Iterator[str]:
    direct = room_id.startswith(DIRECT)
    text = message.text if direct else addressed(message, account, read_room(api, account, room_id).members)
    for number, piece in enumerate(list(_pieces(api, text, message))):
        with _said.once(message.message_id, number) as saying:
            if saying:
                saying.name = (_say_directly if direct else _say)(api, account, room_id, piece)
        yield saying.name or ""


def _pieces(api: Api, text: str, message: OutgoingMessage) -> Iterator[Piece]:
    parts = list(parts_of(text, most_bytes=MOST_TEXT_BYTES))
    if len(parts) > MOST_PARTS:
        name = f"{message.subject or message.message_id}.txt"
        yield _file(api, OutgoingAttachment(name, "text/plain", 0, text.encode()))
    elif message.subject:
        for part in parts:
            yield Piece("sampleMarkdown", {"title": message.subject, "text": as_markdown(message.subject, part)})
    else:
        for part in parts:
            yield Piece("sampleText", {"content": part})
    for attachment in message.attachments:
        yield _file(api, attachment)


def as_markdown(title: str, text: str) -> str:
    """A notice with a heading; what looks like formatting in `text` is text."""
    return f"#### {_escaped(title)}\n\n" + "  \n".join(_escaped(line) for line in text.split("\n"))


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+-!|~" else sign for sign in text)


def _file(api: Api, attachment: OutgoingAttachment) -> Piece:
    media_id = api.upload(attachment.name, b"".join(chunks_of(attachment.content)))
    kind = attachment.name.rpartition(".")[2]
    return Piece("sampleFile", {"mediaId": media_id, "fileName": attachment.name, "fileType": kind})


def _said_as(account: Account, piece: Piece) -> dict[str, Any]:
    return {"robotCode": robot_code(account), "msgKey": piece.kind, "msgParam": as_json(piece.content).decode()}


def _say(api: Api, account: Account, room_id: str, piece: Piece) -> str:
    body = {"openConversationId": room_id, **_said_as(account, piece)}
    return str(api.post("v1.0/robot/groupMessages/send", body, repeatable=False)["processQueryKey"])


def _say_directly(api: Api, account: Account, room_id: str, piece: Piece) -> str:
    user_id = room_id.removeprefix(DIRECT)
    body = {"userIds": [user_id], **_said_as(account, piece)}
    answer = api.post("v1.0/robot/oToMessages/batchSend", body, repeatable=False)
    if answer.get("invalidStaffIdList"):
        raise MessengerFault(NOT_DELIVERED, permanent=True)
    if answer.get("flowControlledStaffIdList"):
        raise MessengerFault(NOT_DELIVERED)
    return str(answer["processQueryKey"])
