"""A parsed mail as an incoming message: its name, its thread, its case, and whether a machine may answer it."""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from postroad.channels.protocol import (
    SUBJECT_TOKEN,
    AutoKind,
    Content,
    Endpoint,
    FailedRecipient,
    IncomingAttachment,
    IncomingMessage,
    Recipient,
    RecipientRole,
    chunks_of,
)
from postroad.connectors.mail.addresses import Tagged, normal, own_domain, read_tag
from postroad.connectors.mail.compose import LOOP_HEADER, PROBE_HEADER
from postroad.connectors.mail.headers import one_line
from postroad.connectors.mail.parsing import Address, ParsedMail, parse_mail, parse_open_mail
from postroad.connectors.mail.spool import RawMail

log = logging.getLogger(__name__)

LONGEST_ID = 250
MOST_REFERENCES = 100
MOST_HEADER_BYTES = 256 * 1024
MOST_HOPS = 100
RECEIVED = re.compile(rb"(?im)^received:.*(?:\n[ \t].*)*\n?")
PROBE_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as it came in for one channel. `envelope_to` is "" where the way in has no envelope (IMAP)."""

    endpoint: Endpoint
    mail: RawMail
    received_at: datetime
    envelope_to: str = ""


def read(arrival: Arrival) -> IncomingMessage:
    """The message in `arrival`. Whatever the bytes are, there is one: what cannot be parsed is kept raw."""
    try:
        parsed = parse_open_mail(arrival.mail.open()) if arrival.mail.path else parse_mail(arrival.mail.data)
    except Exception:
        log.exception("a mail for %s could not be parsed and is kept as it came", arrival.endpoint.key)
        return _unreadable(arrival)
    return _message(arrival, parsed)


def _message(arrival: Arrival, parsed: ParsedMail) -> IncomingMessage:
    endpoint = arrival.endpoint
    head = HeaderBlock.of(arrival.mail.content)
    tag = read_tag(arrival.envelope_to)
    sender = _first(parsed.from_, parsed.sender, parsed.reply_to)
    digest = _digest(arrival, parsed, sender, head)
    auto = AutoKind.BOUNCE if tag.bounced_message else parsed.auto
    return IncomingMessage(
        channel_id=endpoint.channel_id,
        external_id=external_id(parsed.message_id) or f"sha256:{digest}",
        content_digest=digest,
        thread_ids=_thread(parsed),
        subject_token=_subject_token(parsed.subject, tag),
        sent_at=parsed.date,
        received_at=arrival.received_at,
        sender_name=sender.name,
        sender_address=normal(sender.address),
        reply_address=normal(_first(parsed.reply_to, (sender,)).address or sender.address),
        recipients=_recipients(parsed, tag),
        subject=parsed.subject,
        text=parsed.text,
        reply_text=parsed.reply_text,
        html=parsed.html,
        attachments=tuple(
            IncomingAttachment(
                name=one.name or "",
                content_type=one.type,
                size=one.size,
                sha256=one.sha256,
                content=one.chunks,
                inline=one.inline,
                content_id=one.content_id,
            )
            for one in parsed.attachments
        ),
        raw=arrival.mail.content,
        auto=auto,
        may_autorespond=auto is None and parsed.may_autorespond and not _from_ourselves(head, endpoint, sender),
        bounce_of=_bounce_of(parsed, tag, endpoint) if auto == AutoKind.BOUNCE else None,
        failed_recipients=tuple(FailedRecipient(normal(one), permanent=True) for one in parsed.failed_recipients),
        problems=parsed.problems,
        probe=_probe_token(head, endpoint, sender),
    )


def _unreadable(arrival: Arrival) -> IncomingMessage:
    whole = hashlib.sha256()
    for chunk in chunks_of(arrival.mail.content):
        whole.update(chunk)
    return IncomingMessage(
        channel_id=arrival.endpoint.channel_id,
        external_id=f"sha256:{whole.hexdigest()}",
        content_digest=whole.hexdigest(),
        received_at=arrival.received_at,
        sender_name="",
        sender_address="",
        raw=arrival.mail.content,
        problems=("The mail could not be read; its original is kept.",),
    )


def external_id(message_id: str) -> str:
    """The external id of the mail with this Message-ID; "" for none. Overlong ids are replaced by a digest."""
    message_id = one_line(message_id).strip("<>").strip()
    if len(message_id) <= LONGEST_ID:
        return message_id
    return f"sha256:{hashlib.sha256(message_id.encode('utf-8', 'replace')).hexdigest()}"


def _thread(parsed: ParsedMail) -> tuple[str, ...]:
    ids = [external_id(one) for one in (*parsed.references, parsed.in_reply_to)]
    # The one replied to is last, also when References names it earlier.
    newest_first = dict.fromkeys(one for one in reversed(ids) if one)
    return tuple(reversed(list(newest_first)[:MOST_REFERENCES]))


def _subject_token(subject: str, tag: Tagged) -> str | None:
    found = SUBJECT_TOKEN.findall(subject)
    return found[-1] if found else tag.subject_token


def _recipients(parsed: ParsedMail, tag: Tagged) -> tuple[Recipient, ...]:
    named = [
        Recipient(role, one.name, normal(one.address))
        for role, addresses in ((RecipientRole.TO, parsed.to), (RecipientRole.CC, parsed.cc))
        for one in addresses
        if one.address
    ]
    if tag.address and all(read_tag(one.address).address != tag.address for one in named):
        named.append(Recipient(RecipientRole.BCC, "", tag.address))
    return tuple(dict.fromkeys(named))


def _bounce_of(parsed: ParsedMail, tag: Tagged, endpoint: Endpoint) -> str | None:
    if tag.bounced_message:
        return f"{tag.bounced_message}@{own_domain(endpoint)}"
    return external_id(parsed.original_message_id) or None


def _first(*choices: tuple[Address, ...]) -> Address:
    """The first one that has an address, else the first that has at least a name."""
    given = list(chain.from_iterable(choices))
    return next((one for one in given if one.address), given[0] if given else Address("", ""))


def _digest(arrival: Arrival, parsed: ParsedMail, sender: Address, head: "HeaderBlock") -> str:
    """SHA-256 of what makes this mail this mail, the same whichever way it came and however often it is tried."""
    facts = [parsed.message_id, sender.address, parsed.date.isoformat() if parsed.date else "", parsed.subject]
    if not parsed.message_id or not parsed.date:
        # A device that says neither may send the same words each day; its server's trace tells the days apart.
        facts.append(head.trace() or arrival.received_at.isoformat())
    digest = hashlib.sha256("\0".join(facts).encode("utf-8", "replace") + b"\0")
    blank_lines = b""
    for chunk in _body(arrival.mail.content):
        text = blank_lines + chunk.replace(b"\r", b"")
        kept = text.rstrip(b"\n")
        blank_lines = text[len(kept) :][-MOST_HEADER_BYTES:]
        digest.update(kept)
    return digest.hexdigest()


def _body(raw: Content) -> Iterator[bytes]:
    """What follows the header block."""
    head = b""
    chunks = chunks_of(raw)
    for chunk in chunks:
        head += chunk
        if (end := _end_of_head(head)) is not None or len(head) > MOST_HEADER_BYTES:
            yield head[end or 0 :]
            yield from chunks
            return
    yield head


def _end_of_head(data: bytes) -> int | None:
    found = re.search(rb"\r?\n\r?\n", data)
    return found.end() if found else None


def _from_ourselves(head: "HeaderBlock", endpoint: Endpoint, sender: Address) -> bool:
    return str(endpoint.channel_id) in head.values(LOOP_HEADER) or (
        read_tag(sender.address).address == normal(endpoint.address)
    )


def _probe_token(head: "HeaderBlock", endpoint: Endpoint, sender: Address) -> str | None:
    """The token of our own probe. A stranger's header is none: the sink knows the tokens that are under way."""
    token = next(iter(head.values(PROBE_HEADER)), "")
    own = normal(sender.address) == normal(endpoint.address)
    return token if own and PROBE_TOKEN.fullmatch(token) else None


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """The header lines of a raw mail, for the few that the parser has no opinion on."""

    data: bytes

    @classmethod
    def of(cls, raw: Content) -> "HeaderBlock":
        head = b""
        for chunk in chunks_of(raw):
            head += chunk[: MOST_HEADER_BYTES - len(head)]
            if (end := _end_of_head(head)) is not None or len(head) >= MOST_HEADER_BYTES:
                return cls(head[:end])
        return cls(head)

    def values(self, name: str) -> list[str]:
        """The values of a header of ours, which is never folded."""
        pattern = rb"(?im)^" + re.escape(name.encode()) + rb":[ \t]*([^\r\n]*?)[ \t]*\r?$"
        return [value.decode("ascii", "replace") for value in re.findall(pattern, self.data)]

    def trace(self) -> str:
        """What the servers on the way wrote, as they wrote it; "" when none did."""
        return b"".join(RECEIVED.findall(self.data)).replace(b"\r", b"").decode("ascii", "replace")

    def hops(self) -> int:
        """How many servers have passed this mail on."""
        return len(RECEIVED.findall(self.data))


def goes_in_circles(raw: Content) -> bool:
    """Whether so many servers passed this mail on that it must be in a loop (RFC 5321 section 6.3)."""
    return HeaderBlock.of(raw).hops() > MOST_HOPS


def moment(received: datetime | None) -> datetime:
    """`received` as an aware moment that is not in the future; now, when the server does not say."""
    now = datetime.now(tz=UTC)
    if received is None:
        return now
    aware = received if received.tzinfo else received.astimezone()
    return min(aware.astimezone(UTC), now)
