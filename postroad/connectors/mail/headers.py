"""Header lines of outgoing mail, folded and encoded; whatever goes in, one header stays one header (RFC
5322).

The generator of `email` is not used for these: it wraps a Message-ID longer than a line into an encoded
word, and other programs then no longer see the thread.
"""

import re
from collections.abc import Iterable, Sequence
from email.header import Header
from email.utils import quote

from postroad.channels.protocol import Recipient, SendFailed

CRLF = "\r\n"
LINE = 76
MOST_OF_A_LINE = 900
MESSAGE_ID = re.compile(r"[!-;=?-~]{3,900}")
ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
NOT_PRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")


def one_line(text: str) -> str:
    """`text` without anything that could end a line or hide in it: each run of such becomes one space."""
    return NOT_PRINTABLE.sub(" ", text).strip()


def text_line(name: str, text: str) -> str:
    """A header of free text, such as Subject; RFC 2047 words where it is not plain ASCII."""
    text = one_line(text)
    longest_word = max(map(len, text.split(" ")))
    plain = text.isascii() and "=?" not in text and longest_word < MOST_OF_A_LINE
    header = Header(text, "us-ascii" if plain else "utf-8", maxlinelen=LINE, header_name=name)
    return f"{name}: {header.encode(linesep=CRLF)}{CRLF}"


def address_line(name: str, recipients: Iterable[Recipient]) -> str:
    """A header of addresses; nothing for none of them."""
    mailboxes = [_mailbox(recipient) for recipient in recipients]
    return folded_line(name, [*(f"{mailbox}," for mailbox in mailboxes[:-1]), *mailboxes[-1:]])


def ids_line(name: str, ids: Sequence[str]) -> str:
    """A header of message ids, each on a line of its own when they do not fit."""
    return folded_line(name, [f"<{message_id}>" for message_id in ids])


def folded_line(name: str, pieces: Sequence[str]) -> str:
    """`pieces` separated by spaces or folds; nothing for no pieces. Pieces are ASCII without line ends."""
    if not pieces:
        return ""
    lines = [f"{name}:"]
    for piece in pieces:
        if len(lines[-1]) + 1 + len(piece) <= LINE or lines[-1] == f"{name}:":
            lines[-1] += f" {piece}"
        else:
            lines.append(f" {piece}")
    return CRLF.join(lines) + CRLF


def mail_ids(external_ids: Iterable[str]) -> list[str]:
    """The Message-IDs among external ids, in order, each once."""
    plain = (re.sub(r"#[0-9a-f]{16}$", "", external_id) for external_id in external_ids)
    ids = [one for one in plain if MESSAGE_ID.fullmatch(one) and not one.startswith("sha256:")]
    return list(dict.fromkeys(ids))


def transport_address(address: str) -> str:
    """`address` as SMTP carries it: the domain in ASCII (RFC 5891). Raises SendFailed when it is none.

    An address with a local part outside ASCII is refused: few servers take it, and none must.
    """
    local, at, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        (local + domain).encode("ascii")
    except UnicodeError:
        raise SendFailed(f"not an address that mail can reach: {one_line(address)}", permanent=True) from None
    if not at or not local or not domain or re.search(r"[\x00-\x20\x7f<>,;:\"()\\]", local + domain):
        raise SendFailed(f"not an address: {one_line(address)}", permanent=True)
    return f"{local}@{domain}"


def _mailbox(recipient: Recipient) -> str:
    address = transport_address(recipient.address)
    name = one_line(recipient.name)[:200]
    if not name:
        return address
    if ATOM_PHRASE.fullmatch(name) and "=?" not in name:
        return f"{name} <{address}>"
    if name.isascii() and "=?" not in name:
        return f'"{quote(name)}" <{address}>'
    return f"{Header(name, 'utf-8', maxlinelen=LINE).encode(linesep=CRLF)} <{address}>"
