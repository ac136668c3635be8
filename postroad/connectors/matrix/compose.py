"""The events that say one message of ours: its text, in parts when it is long, then each file. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from postroad.channels.protocol import OutgoingAttachment, OutgoingMessage
from postroad.connectors.parts import parts_of
from postroad.messengers.protocol import Account

SAID_BY_US = "org.postroad.message"
"""In the content of what we send: our message's id and the number of the part, to find it again after a crash."""
# An event may have 65 536 bytes; quoting may double these, and there is the rest of the event.
LONGEST_TEXT_BYTES = 20_000
USER_ID = re.compile(r"@[^\s:@]+:[^\s@]+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Part:
    """One event to send. `file`: to be uploaded, and named in `content` then."""

    number: int
    content: dict[str, Any]
    file: OutgoingAttachment | None = None


def compose(account: Account, message: OutgoingMessage) -> list[Part]:
    """The parts of `message` in order; the same message always has the same parts."""
    contents = [(content, None) for content in _texts(account, message)]
    files = [({"msgtype": _kind(one.content_type), "body": one.name}, one) for one in message.attachments]
    parts = [
        Part(number, {**content, SAID_BY_US: {"id": str(message.message_id), "part": number}}, file)
        for number, (content, file) in enumerate([*contents, *files])
    ]
    if parts and (replied_to := _replied_to(message)):
        parts[0].content["m.relates_to"] = {"m.in_reply_to": {"event_id": replied_to}}
    return parts


def mentioned(account: Account, message: OutgoingMessage) -> list[str]:
    """The users whom `message` is for: addressees that are user ids, as they are or with the messenger's key."""
    addresses = (one.address.removesuffix(f"@{account.key}") for one in message.recipients)
    return [address for address in dict.fromkeys(addresses) if USER_ID.fullmatch(address)]


def _texts(account: Account, message: OutgoingMessage) -> Iterator[dict[str, Any]]:
    text = UNPRINTABLE.sub("", message.text.encode(errors="replace").decode())
    if not text and message.attachments:
        return
    html = message.html or ""
    if len(text.encode()) + len(html.encode(errors="replace")) > LONGEST_TEXT_BYTES:
        html = ""  # a part of HTML is no HTML; the text says the same
    users = mentioned(account, message)
    for number, part in enumerate(parts_of(text, most_bytes=LONGEST_TEXT_BYTES)):
        content: dict[str, Any] = {"msgtype": "m.notice" if message.automatic else "m.text", "body": part}
        if html:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        if users and not number:
            content["m.mentions"] = {"user_ids": users}
        yield content


def _kind(content_type: str) -> str:
    main = content_type.partition("/")[0]
    return f"m.{main}" if main in {"image", "audio", "video"} else "m.file"


def _replied_to(message: OutgoingMessage) -> str:
    """The event answered last; conversations may name it behind its room's id."""
    last = message.thread_ids[-1].rpartition("/")[2] if message.thread_ids else ""
    return last if last.startswith("$") else ""
