"""Text longer than a messenger takes at once, in parts that end where people would end them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from postroad.channels.protocol import OutgoingMessage
from postroad.messengers.protocol import Account

Item = TypeVar("Item")
_ENDS = ("\n", "。", ". ", " ")


def parts_of(text: str, *, most_bytes: int) -> Iterator[str]:
    """`text` in order and unchanged, each part at most `most_bytes` in UTF-8: by line, sentence, word, or sign."""
    while text:
        part = text.encode()[:most_bytes].decode(errors="ignore")
        if len(part) < len(text):
            part = part[: _last_end(part)]
        yield part
        text = text[len(part) :]


def _last_end(part: str) -> int:
    for end in _ENDS:
        found = part.rfind(end)
        if found >= len(part) // 2:
            return found + len(end)
    return len(part)


def batches_of(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """`items` in order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def addressed(message: OutgoingMessage, account: Account, members: Iterable[str]) -> str:
    """The text, preceded by the names of those members it is for, where a messenger cannot alert them itself."""
    here = {user_id.casefold() for user_id in members}
    names = [
        f"@{recipient.name or recipient.address}"
        for recipient in message.recipients
        if recipient.address.casefold().removesuffix(f"@{account.key}") in here
    ]
    return "\n".join(filter(None, (" ".join(names), message.text)))
