"""The way in: raw bytes or a file become a ParsedMail."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import partial
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from postroad.connectors.mail.parsing import automatic, bodies, fields
from postroad.connectors.mail.parsing.addresses import parse_addresses
from postroad.connectors.mail.parsing.charsets import clean
from postroad.connectors.mail.parsing.fields import Fields
from postroad.connectors.mail.parsing.model import Address, ParsedAttachment, ParsedMail
from postroad.connectors.mail.parsing.source import FileSource, MemorySource, Source, normalised, pieces_of
from postroad.connectors.mail.parsing.structure import Part, body, note, read_structure

_BRACKETED = re.compile(r"<([^<>]{1,998})>")
_MAX_REFERENCES = 1000
_LOOK = 64 * 1024
_ROUTING = (
    b"delivered-to", b"x-original-to", b"envelope-to", b"x-envelope-to", b"x-delivered-to", b"x-forwarded-to",
    b"x-rcpt-to", b"apparently-to",
)  # fmt: skip
_SINGLE = (b"from", b"subject", b"date", b"message-id", b"sender", b"reply-to", b"content-type")


def parse_mail(raw: bytes) -> ParsedMail:
    """Everything Postroad wants to know of a mail in memory. Takes any bytes and never raises."""
    return _parse(MemorySource(raw))


def parse_mail_file(path: str | PathLike[str]) -> ParsedMail:
    """The same for a mail in a file, in memory bounded however large it is.

    The attachments' content is read from the file when asked for: the file stays open until the
    result is let go. Raises OSError where the file cannot be read.
    """
    return parse_open_mail(Path(path).open("rb"))


def parse_open_mail(file: BinaryIO) -> ParsedMail:
    """The same for an open seekable binary file (a spooled upload)."""
    return _parse(FileSource(file))


def _parse(source: Source) -> ParsedMail:
    problems: list[str] = []
    try:
        return read_mail(source, problems)
    # A mail must never stop the listener. The tests call read_mail and so see what is caught here.
    except Exception as error:  # noqa: BLE001
        return _unreadable(source, clean(f"the mail could not be taken apart ({type(error).__name__}: {error})"))


def read_mail(source: Source, problems: list[str]) -> ParsedMail:
    """Parse without a safety net; what is malformed is added to `problems`."""
    source = normalised(source)
    root = read_structure(source, problems)
    header = root.fields
    report = partial(note, problems)
    _check_header(header, report)
    hint = next((part.charset for part in root.walk() if part.charset), "")
    mailboxes = partial(_mailboxes, header, hint)
    from_ = mailboxes(b"from")
    subject = fields.unstructured(header.first(b"subject"), hint)
    return_path = _return_path(header)
    read = bodies.read_body(source, root, report)
    look = partial(_look, source)
    verdict = automatic.judge(
        automatic.Signs(root=root, sender=from_, subject=subject, return_path=return_path, read=look)
    )
    to, cc = mailboxes(b"to", named_only=False), mailboxes(b"cc", named_only=False)
    failure = automatic.Failure((), "")
    if verdict.auto == "bounce":
        own = {box.address.lower() for box in (*from_, *to)}
        failure = automatic.read_failure(root, read.text, own, look)
    return ParsedMail(
        message_id=next(iter(message_ids(header.first(b"message-id"), loose=True)), ""),
        in_reply_to=next((found for value in header.all(b"in-reply-to") for found in message_ids(value)), ""),
        references=tuple(dict.fromkeys(found for value in header.all(b"references") for found in message_ids(value)))[
            -_MAX_REFERENCES:
        ],
        from_=from_,
        sender=mailboxes(b"sender"),
        reply_to=mailboxes(b"reply-to", named_only=False),
        to=to,
        cc=cc,
        subject=subject,
        date=_date(header.first(b"date"), report),
        text=read.text,
        reply_text=read.reply_text,
        html=read.html,
        attachments=read.attachments,
        auto=verdict.auto,
        may_autorespond=verdict.may_autorespond,
        return_path=return_path,
        delivered_to=_delivered_to(header),
        list_id=_list_id(header),
        failed_recipients=failure.recipients,
        original_message_id=failure.message_id,
        problems=tuple(problems),
    )


def _check_header(header: Fields, report: partial[None]) -> None:
    if header.count == 0:
        report("no header")
        return
    for name in _SINGLE:
        if len(header.all(name)) > 1:
            report(f"more than one {name.decode()} field; the first was taken")
    for name in (b"from", b"date", b"message-id"):
        if not header.first(name):
            report(f"no {name.decode()} field")


def _mailboxes(header: Fields, hint: str, name: bytes, *, named_only: bool = True) -> tuple[Address, ...]:
    values = header.all(name)
    if name in (b"from", b"sender"):
        values = [header.first(name)] if values else []
    found = [box for value in values for box in parse_addresses(fields.text_of(value, hint))]
    return tuple(box for box in found if box.address or (named_only and box.name))


def message_ids(value: bytes, *, loose: bool = False) -> list[str]:
    """The message ids in a header value, without angle brackets.

    Where there are no brackets, words with an "@" count; if `loose`, the whole value does.
    """
    text = fields.text_of(value)
    found = ["".join(match.split()) for match in _BRACKETED.findall(text)]
    found = [one for one in found if one]
    if not found:
        found = [word.strip("<>,;\"'()") for word in text.split() if "@" in word]
    if not found and loose and (whole := text.strip("<> ")):
        found = [whole]
    return found


def _return_path(header: Fields) -> str | None:
    for name in (b"return-path", b"x-envelope-from", b"x-return-path"):
        if name in header:
            text = fields.text_of(header.all(name)[0])
            if match := re.search(r"<([^<>]*)>", text):
                return match[1].strip()
            return text or None
    return None


def _delivered_to(header: Fields) -> tuple[str, ...]:
    found = (
        box.address.lower()
        for name in _ROUTING
        for value in header.all(name)
        for box in parse_addresses(fields.text_of(value))
        if box.address
    )
    return tuple(dict.fromkeys(found))


def _list_id(header: Fields) -> str:
    text = fields.text_of(header.first(b"list-id"))
    match = _BRACKETED.search(text)
    return match[1].strip() if match else text


def _date(value: bytes, report: partial[None]) -> datetime | None:
    """The Date header (RFC 5322 section 3.3) in the sender's zone; without one, UTC is assumed."""
    text = fields.text_of(value)
    if not text:
        return None
    try:
        parts = parsedate_tz(text)
        if parts is not None:
            year, month, day, hour, minute, second = parts[:6]
            offset = timedelta(seconds=parts[9] or 0)
            zone = timezone(offset) if offset and abs(offset) < timedelta(hours=24) else UTC
            return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        date = datetime.fromisoformat(text)
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, IndexError, TypeError, OverflowError):
        report(f"unreadable date {text[:60]!r}")
        return None


def _look(source: Source, part: Part) -> bytes:
    return body(source, part, _LOOK)


def _unreadable(source: Source, problem: str) -> ParsedMail:
    """The last resort: nothing is known, everything is kept as one attachment."""
    digest = sha256()
    for piece in pieces_of(source, 0, source.size):
        digest.update(piece)
    whole = ParsedAttachment(
        None, "message/rfc822", source.size, digest.hexdigest(), None, False, partial(pieces_of, source, 0, source.size)
    )
    return ParsedMail(
        message_id="", in_reply_to="", references=(), from_=(), sender=(), reply_to=(), to=(), cc=(), subject="",
        date=None, text="", reply_text="", html=None, attachments=(whole,), auto=None, may_autorespond=False,
        return_path=None, delivered_to=(), list_id="", failed_recipients=(), original_message_id="",
        problems=(problem,),
    )  # fmt: skip
