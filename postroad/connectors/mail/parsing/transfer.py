"""Content-Transfer-Encoding undone (RFC 2045 section 6), piece by piece, whatever the bytes are."""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator

_NAMES = {
    "base64": "base64",
    "b64": "base64",
    "quotedprintable": "quoted-printable",
    "qp": "quoted-printable",
    "uuencode": "uuencode",
    "xuuencode": "uuencode",
    "uue": "uuencode",
    "xuue": "uuencode",
}
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7bits", "8bits"})
_NOT_IN_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_PADDING = re.compile(rb"=+")
_SPACED_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r*\n)")
_PROSE = re.compile(rb"[^A-Za-z0-9+/=\s]|[A-Za-z] [A-Za-z]")


def encoding_named(value: str) -> tuple[str, str | None]:
    """The encoding a header value means ("" = none), and a problem where it means nothing known."""
    token = re.sub(r"[^a-z0-9]+", "", value.split(";", maxsplit=1)[0].split("(", maxsplit=1)[0].lower())
    if token in _IDENTITY:
        return "", None
    name = _NAMES.get(token)
    if name is None and token.startswith("quotedprintable"):
        name = "quoted-printable"
    return (name, None) if name else ("", f"unknown Content-Transfer-Encoding {value.strip()[:40]!r}")


def decode(encoding: str, data: bytes) -> bytes:
    """`data` decoded at once."""
    if not encoding:
        return data
    if encoding == "base64" and data.find(b"=", 0, -4) < 0:
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            pass
    return b"".join(decode_pieces(encoding, (data,)))


def decode_pieces(encoding: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """`pieces` decoded one after the other; holds no more than one piece and a line."""
    return _DECODERS[encoding](pieces) if encoding else iter(pieces)


def is_prose(data: bytes) -> bool:
    """Whether a body declared base64 is in truth ordinary text."""
    return len(_PROSE.findall(data[:4096])) * 20 > len(data[:4096].strip()) > 0


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *ended, rest = _PADDING.split(rest + piece.translate(None, _NOT_IN_BASE64))
        for segment in ended:
            yield _base64_segment(segment)
        usable = len(rest) - len(rest) % 4
        yield binascii.a2b_base64(rest[:usable])
        rest = rest[usable:]
    yield _base64_segment(rest)


def _base64_segment(segment: bytes) -> bytes:
    if len(segment) % 4 == 1:
        segment = segment[:-1]
    return binascii.a2b_base64(segment + b"=" * (-len(segment) % 4))


def _quoted_printable(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data = rest + piece
        cut = data.rfind(b"\n") + 1 or _before_torn_escape(data)
        yield _quoted_printable_lines(data[:cut])
        rest = data[cut:]
    yield _quoted_printable_lines(rest)


def _before_torn_escape(piece: bytes) -> int:
    """The end of `piece`, or where an escape begins that the end has cut in two."""
    escape = piece.rfind(b"=", max(len(piece) - 2, 0))
    return escape if escape >= 0 else len(piece)


def _quoted_printable_lines(data: bytes) -> bytes:
    if b"= " in data or b"=\t" in data:
        data = _SPACED_SOFT_BREAK.sub(b"=", data)
    return binascii.a2b_qp(data)


def _uuencode(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield uu_lines(lines)
    yield uu_lines([rest])


def uu_lines(lines: Iterable[bytes]) -> bytes:
    """Uuencoded lines decoded; begin and end lines and lines that are none are left out."""
    decoded = []
    for line in (ended.rstrip(b"\r\n") for ended in lines):
        if not line or line.startswith((b"begin ", b"begin-")) or line == b"end":
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = ((line[0] - 32) & 63) * 4 // 3 + 2
            try:
                decoded.append(binascii.a2b_uu(line[: length + 1]))
            except binascii.Error:
                continue
    return b"".join(decoded)


_DECODERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "base64": _base64,
    "quoted-printable": _quoted_printable,
    "uuencode": _uuencode,
}
