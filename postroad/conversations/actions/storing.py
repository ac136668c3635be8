"""What storing a message takes, whichever way it goes: clean text, blobs, file types, the search vector."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import puremagic

from postroad.channels.protocol import Content, chunks_of
from postroad.conversations.digest import message_digest
from postroad.conversations.models import Attachment, Message
from postroad.platform import blobs
from postroad.platform.text import tsvector_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from postroad.platform.models import Blob

# A mailing to thousands must not swell the row that every answer to it locks.
MOST_PARTICIPANTS = 100
SNIFFED_BYTES = 4096
LARGEST_HELD = 256 * 1024
MOST_SEARCHED_CHARACTERS = 300_000
UNKNOWN_TYPE = "application/octet-stream"
PLAIN_TYPES = ("text/", "message/", "multipart/")


def storable(text: str) -> str:
    """`text` as PostgreSQL can keep it: without NUL and lone surrogates, which become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def participants_with(known: Sequence[str], addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*known, *(address.lower() for address in addresses if address)]))[:MOST_PARTICIPANTS]


def searchable(message: Message, attachment_names: Iterable[str]) -> str:
    """The search vector of `message`: who, about what, what was said, what the files are called."""
    people = [message.sender_name, message.sender_address]
    people += [part for one in message.recipients for part in (one["name"], one["address"])]
    whole = "\n".join([message.subject, *people, *attachment_names, message.text])
    return tsvector_literal(whole[:MOST_SEARCHED_CHARACTERS])


def seal(message: Message, attachments: Sequence[Attachment]) -> None:
    """Give `message` its search vector and its digest; `attachments` are its rows, in order."""
    message.search = searchable(message, [one.name for one in attachments])
    message.digest = message_digest(
        message,
        attachments=[(one.name, one.size, bytes(one.blob.sha256)) for one in attachments],
        raw_sha256=bytes(message.raw.sha256) if message.raw else None,
    )


@dataclass(slots=True)
class FileToStore:
    """A file on its way into the store; `row` is its attachment once `build_rows` has run."""

    message_id: UUID
    position: int
    name: str
    declared_type: str
    content: Content
    inline: bool = False
    content_id: str = ""
    row: Attachment = field(init=False)


def build_rows(files: Sequence[FileToStore], contents: Sequence[Blob]) -> None:
    """Build the rows of `files` (not saved) over their `contents`, in the same order."""
    for file, blob in zip(files, contents, strict=True):
        file.row = Attachment(
            message_id=file.message_id,
            position=file.position,
            name=storable(file.name),
            declared_type=storable(file.declared_type),
            content_type=sniffed_type(file.content, declared=file.declared_type),
            size=blob.size,
            blob=blob,
            inline=file.inline,
            content_id=storable(file.content_id),
        )


def store_contents(contents: Sequence[Content]) -> list[Blob]:
    """A blob for each content, in order: all that are in memory with one call, streams one by one."""
    stored = iter(blobs.store_many([one for one in contents if isinstance(one, bytes)]))
    return [next(stored) if isinstance(one, bytes) else blobs.store_stream(one()) for one in contents]


def held(content: Content, *, size: int) -> Content:
    """`content` in memory if it is small, so that it is decoded once."""
    return b"".join(chunks_of(content)) if size <= LARGEST_HELD else content


def sniffed_type(content: Content, *, declared: str) -> str:
    """The type that the bytes show; what is claimed only chooses among types whose bytes look alike."""
    start = next(chunks_of(content), b"")[:SNIFFED_BYTES]
    if start.startswith(b"PK\x03\x04"):
        return declared if declared.startswith("application/") else "application/zip"
    try:
        return puremagic.from_string(start, mime=True) or UNKNOWN_TYPE
    except (puremagic.PureError, ValueError):
        return "text/plain" if declared.startswith(PLAIN_TYPES) and b"\0" not in start else UNKNOWN_TYPE
