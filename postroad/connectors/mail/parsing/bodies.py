"""From the tree of parts to what a person sees: visible text, reply, HTML and attachments."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from html import escape

from postroad.connectors.mail.parsing import charsets, embedded, fields, html_text, replies, tnef, transfer
from postroad.connectors.mail.parsing.file_names import safe_name
from postroad.connectors.mail.parsing.flowed import unflow
from postroad.connectors.mail.parsing.model import ParsedAttachment
from postroad.connectors.mail.parsing.source import Source
from postroad.connectors.mail.parsing.structure import Part, body, body_pieces

MAX_TEXT = 4 * 1024 * 1024
_AT_ONCE = 1024 * 1024
_TEXT_TYPES = ("text/plain", "text/html")
_UNREADABLE = {
    "multipart/encrypted": "the body is encrypted",
    "application/pkcs7-mime": "the body is inside an S/MIME envelope",
    "application/x-pkcs7-mime": "the body is inside an S/MIME envelope",
    "message/partial": "a fragment of a divided mail",
}
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9_-]{2,40})""", re.IGNORECASE)
_HTML_START = re.compile(r"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)


@dataclass(slots=True)
class Piece:
    """One stretch of the body, as plain text, as HTML or as both (alternatives of each other)."""

    plain: str = ""
    html: str = ""


@dataclass(slots=True)
class Body:
    """The readable side of a mail."""

    text: str
    reply_text: str
    html: str | None
    attachments: tuple[ParsedAttachment, ...]


@dataclass(slots=True)
class _Collector:
    source: Source
    report: Callable[[str], None]
    budget: int = MAX_TEXT
    has_text: bool = False
    attached: list[tuple[Part, bool] | ParsedAttachment] = field(default_factory=list)

    def collect(self, part: Part, *, is_related: bool = False) -> list[Piece]:
        """The pieces of body in `part`; attachments are noted in passing."""
        if part.type in _UNREADABLE:
            self.report(_UNREADABLE[part.type])
        if part.children:
            return self._collect_multipart(part)
        if part.is_multipart:
            return [] if part.is_divided else self._text(part, "text/plain")
        if part.type in _TEXT_TYPES and part.disposition != "attachment":
            if not part.is_type_sure:
                self._attach(part, is_related=False)
            return self._collect_text(part)
        if part.type == "application/ms-tnef" and (pieces := self._unwrapped(part)) is not None:
            return pieces
        self._attach(part, is_related=is_related)
        return []

    def _collect_multipart(self, part: Part) -> list[Piece]:
        is_related = part.type == "multipart/related"
        branches = [self.collect(child, is_related=is_related) for child in part.children]
        if part.type == "multipart/alternative":
            return _alternative(branches)
        return [piece for branch in branches for piece in branch]

    def _collect_text(self, part: Part) -> list[Piece]:
        size = part.end - part.start
        if size > self.budget:
            self.report(f"a text of {size} bytes was cut; all of it is kept as an attachment")
            self._attach(part, is_related=False)
        elif self.has_text and _raw_name(part):
            self._attach(part, is_related=False)
        pieces = self._text(part, part.type) if self.budget > 0 else []
        self.budget -= min(size, self.budget)
        self.has_text = self.has_text or any(piece.plain.strip() or piece.html.strip() for piece in pieces)
        return pieces

    def _text(self, part: Part, kind: str) -> list[Piece]:
        raw = self.source.read(part.start, min(part.end, part.start + self.budget))
        if part.encoding == "base64" and transfer.is_prose(raw):
            self.report("a text declared base64 that is none")
            data = raw
        else:
            data = transfer.decode(part.encoding, raw)
        if kind == "text/plain" and b"begin " in data:
            data, files = embedded.extract(data)
            for file in files:
                self._attach_data(fields.text_of(file.name), "application/octet-stream", file.data)
        label = part.charset
        if kind == "text/html" and not label and (meta := _META_CHARSET.search(data, 0, 2048)):
            label = meta[1].decode("ascii")
        text, problem = charsets.decode(data, label)
        if problem:
            self.report(problem)
        text = _with_line_feeds(text)
        if kind == "text/html" or (part.is_multipart and _HTML_START.match(text)):
            return [Piece(html=text)]
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        return [Piece(plain=text)]

    def _unwrapped(self, part: Part) -> list[Piece] | None:
        """The body inside a winmail.dat, its files attached; None if there are none to be had."""
        if part.end - part.start > tnef.MAX_TNEF:
            self.report("a winmail.dat too large to be unwrapped")
            return None
        unwrapped = tnef.unwrap(body(self.source, part))
        if unwrapped is None:
            self.report("a winmail.dat that cannot be read")
            return None
        if not unwrapped.files:
            return None
        for name, data in unwrapped.files:
            self._attach_data(name, "application/octet-stream", data)
        if self.has_text or not (unwrapped.text or unwrapped.html):
            return []
        return [Piece(plain=_with_line_feeds(unwrapped.text), html=_with_line_feeds(unwrapped.html))]

    def _attach(self, part: Part, *, is_related: bool) -> None:
        self.attached.append((part, is_related))

    def _attach_data(self, name: str, kind: str, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        attachment = ParsedAttachment(
            safe_name(charsets.clean(name)), kind, len(data), digest, None, False, partial(_iterate, data)
        )
        self.attached.append(attachment)

    def attachments(self, html: str) -> tuple[ParsedAttachment, ...]:
        """All attachments in the order of the mail, digested."""
        return tuple(
            found
            if isinstance(found, ParsedAttachment)
            else _attachment(self.source, found[0], is_related=found[1], html=html)
            for found in self.attached
        )


def read_body(source: Source, root: Part, report: Callable[[str], None]) -> Body:
    """What a person sees of the mail `root`; what had to be guessed goes to `report`."""
    collector = _Collector(source, report)
    pieces = collector.collect(root)
    html = _joined_html(pieces)
    text, reply = _text_and_reply(pieces)
    return Body(text, reply, html, collector.attachments(html or ""))


def _alternative(branches: list[list[Piece]]) -> list[Piece]:
    """One piece that holds the plainest and the richest branch."""
    plains = dict.fromkeys(_plain_of(branch) for branch in branches if all(piece.plain.strip() for piece in branch))
    plain = "\n\n".join(filter(None, plains))
    html = next((text for branch in reversed(branches) if (text := _joined_html(branch))), None)
    if not plain and not html:
        plain = next((text for branch in branches if (text := _plain_of(branch)).strip()), "")
    return [Piece(plain=plain, html=html or "")] if plain or html else []


def _plain_of(branch: list[Piece]) -> str:
    return "\n\n".join(piece.plain.strip("\n") for piece in branch if piece.plain.strip())


def _joined_html(pieces: list[Piece]) -> str | None:
    if not any(piece.html for piece in pieces):
        return None
    return "\n".join(
        piece.html or f"<pre>{escape(piece.plain)}</pre>" for piece in pieces if piece.html or piece.plain.strip()
    )


def _text_and_reply(pieces: list[Piece]) -> tuple[str, str]:
    lines: list[str] = []
    quoted: list[bool] = []
    has_marks = False
    for piece in pieces:
        if piece.plain.strip():
            own = [line.rstrip("\n") for line in piece.plain.strip("\n").split("\n")]
            marks = [False] * len(own)
        elif piece.html:
            own, marks = html_text.html_lines(piece.html)
            has_marks = has_marks or any(marks)
        else:
            continue
        if lines and own:
            lines.append("")
            quoted.append(quoted[-1])
        lines += own
        quoted += marks
    reply = replies.visible_reply(lines, quoted if has_marks else None)
    return html_text.joined(lines).strip(), charsets.clean(reply)


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _raw_name(part: Part) -> str:
    return (
        part.disposition_parameters.get("filename")
        or part.parameters.get("name")
        or part.disposition_parameters.get("name", "")
    )


def _attachment(source: Source, part: Part, *, is_related: bool, html: str) -> ParsedAttachment:
    size, digest = _measured(source, part)
    raw_name = _raw_name(part)
    content_id = fields.text_of(part.fields.first(b"content-id")).strip("<> ") or None
    is_shown = content_id is not None and f"cid:{content_id}" in html
    return ParsedAttachment(
        name=safe_name(fields.file_name(raw_name)) if raw_name else None,
        type=part.type,
        size=size,
        sha256=digest,
        content_id=content_id,
        inline=is_shown or part.disposition == "inline" or (is_related and part.disposition != "attachment"),
        _content=partial(body_pieces, source, part),
    )


def _measured(source: Source, part: Part) -> tuple[int, str]:
    if part.end - part.start <= _AT_ONCE:
        data = body(source, part)
        return len(data), hashlib.sha256(data).hexdigest()
    size, digest = 0, hashlib.sha256()
    for piece in body_pieces(source, part):
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def _iterate(data: bytes) -> Iterator[bytes]:
    return iter((data,))
