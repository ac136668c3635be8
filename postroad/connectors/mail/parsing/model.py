"""What a parsed mail is: plain frozen data, no behaviour beyond reaching the attachments' bytes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Auto = Literal["auto-reply", "bounce", "list", "calendar"]


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header. `address` is "" where the header gives only a name."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """One attachment, inline image or attached message.

    `name` is a bare file name, safe to show and to save under, or None. `type` is lower case
    ("image/png"). `size` (bytes) and `sha256` (hex) are those of the decoded content.
    `inline` says that the mail means it to be shown inside the body (cid images).
    """

    name: str | None
    type: str
    size: int
    sha256: str
    content_id: str | None
    inline: bool
    _content: Callable[[], Iterator[bytes]] = field(repr=False, compare=False)

    def chunks(self) -> Iterator[bytes]:
        """The decoded content in pieces of bounded size; may be called any number of times."""
        return self._content()

    def read(self) -> bytes:
        """The decoded content at once; for large attachments prefer `chunks`."""
        return b"".join(self._content())


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """The facts of one mail. Strings are "" where the mail does not say; no field ever holds a lone
    surrogate or NUL, so all of it can go into JSON and PostgreSQL.

    Message ids are without angle brackets. `date` is aware, as the sender wrote it. `text` is
    the visible body, `reply_text` the same without quoted history and signature, `html` the HTML
    body as sent (NOT sanitised) or None. `problems` are English sentences about what was
    malformed. `failed_recipients` and `original_message_id` are filled for bounces (RFC 3464).
    `return_path` is None without such a header, "" for the null return path (`<>`).
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    date: datetime | None
    text: str
    reply_text: str
    html: str | None
    attachments: tuple[ParsedAttachment, ...]
    auto: Auto | None
    may_autorespond: bool
    return_path: str | None
    delivered_to: tuple[str, ...]
    list_id: str
    failed_recipients: tuple[str, ...]
    original_message_id: str
    problems: tuple[str, ...]
