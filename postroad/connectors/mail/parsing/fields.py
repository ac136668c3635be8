"""Header blocks, and the decoding of one header value (RFC 5322, 2045, 2047, 2231), as broken as they come."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from postroad.connectors.mail.parsing import charsets

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_FIELD_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"(?:return-path|received|from|to|cc|bcc|subject|date|sender|reply-to|message-id|mime-version|content-[a-z-]+|"
    rb"delivered-to|in-reply-to|references|list-[a-z-]+|x-[a-z0-9-]+|dkim-signature|auto-submitted|precedence)[ \t]*:",
    re.IGNORECASE,
)
_FOLD = re.compile(rb"\r*\n")
_CONTROLS = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAKS = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]+")

_WORD = re.compile(
    r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^=]|=(?!\?[^?\s]{1,60}\?[bBqQ]\?))*?)\?="
    r"([ \t\r\n]*(?==\?[^?\s]{1,60}\?[bBqQ]\?))?"
)
_UNENDED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\??\Z")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")

_PARAMETER = re.compile(r"""([^\s=;,"]{1,80})[ \t]{0,9}=[ \t]*("(?:[^"\\]|\\.)*"?|[^;]*)""", re.DOTALL)
_CONTINUED = re.compile(r"(.+?)\*(?:(\d{1,4})(\*?))?")
_CHARSET_PREFIX = re.compile("[^']*'[^']*'")
_ESCAPE = re.compile(r"\\([\"\\])")
_PERCENT_NAME = re.compile(r"(?:%[0-9A-Fa-f]{2}){3,}")


_SHORTEST_PAYLOAD = 4
MAX_VALUE = 1024 * 1024
MAX_NAMES = 2_000
MAX_SAME = 2_000


class Fields:
    """The fields of one header block, in order, names in any case. Values are raw bytes, still folded.

    Of a header that is an attack (more than 2,000 different names, or as many fields of one name) the
    excess is not kept, well-known names excepted.
    """

    __slots__ = ("_values", "count")

    def __init__(self) -> None:
        self.count = 0
        self._values: dict[bytes, list[bytes]] = {}

    def add(self, name: bytes, value: bytes) -> None:
        """Take in one more field."""
        self.count += 1
        name = name.lower()
        values = self._values.get(name)
        if values is not None:
            if len(values) < MAX_SAME:
                values.append(value)
        elif len(self._values) < MAX_NAMES or _KNOWN_FIELD.match(name + b":"):
            self._values[name] = [value]

    def __contains__(self, name: bytes) -> bool:
        return name in self._values

    def all(self, name: bytes) -> list[bytes]:
        """The values of every field called `name` (lower case)."""
        return self._values.get(name, [])

    def first(self, name: bytes) -> bytes:
        """The first value that says anything; b"" where there is none."""
        for value in self._values.get(name, ()):
            if value.strip():
                return value
        return b""


def read_block(block: bytes) -> tuple[Fields, int, str | None]:
    """The fields of `block`, how many of its bytes are header, and a problem where lines were malformed.

    A line that is no field ends the header, unless well-known fields follow it in the same block: then
    only that line is skipped.
    """
    found, lines = _collected(block)
    if lines == block.count(b"\n") + (block[-1:] not in (b"", b"\n")):
        return found, len(block), None
    problem = "a line in the header is no header field"
    position = 0
    while position < len(block):
        end = block.find(b"\n", position) + 1 or len(block)
        is_continued = position > 0 and block[position : position + 1] in (b" ", b"\t")
        if not is_continued and not _FIELD_LINE.match(block, position) and not _fields_follow(block, end):
            return _collected(block[:position])[0], position, problem
        position = end
    return found, len(block), problem


def _collected(block: bytes) -> tuple[Fields, int]:
    """The well-formed fields of `block` and how many lines they take."""
    found = Fields()
    lines = 0
    for match in _FIELD.finditer(block):
        name, value = match.groups()
        found.add(name, value)
        lines += 1 + (value.count(b"\n") if b"\n" in value else 0)
    return found, lines


def _fields_follow(block: bytes, position: int) -> bool:
    for _ in range(200):
        if position >= len(block):
            return False
        if _KNOWN_FIELD.match(block, position):
            return True
        position = block.find(b"\n", position) + 1 or len(block)
    return False


def text_of(value: bytes, hint: str = "") -> str:
    """A raw header value as one line of text, encoded words not yet decoded.

    `hint` is the charset to suspect behind undeclared 8-bit bytes, usually that of the body.
    """
    value = value[:MAX_VALUE].strip()
    if b"\n" in value:
        value = _FOLD.sub(b"", value)
    is_plain = value.isascii() and b"\x1b" not in value
    text = value.decode("ascii") if is_plain else _undeclared(value, hint)
    if not text.isprintable():
        text = _CONTROLS.sub("", _BREAKS.sub(" ", text))
    return text


def _undeclared(value: bytes, hint: str) -> str:
    """8-bit bytes in a header: UTF-8 if they can be (RFC 6532), else what the body's charset suggests."""
    try:
        if b"\x1b" not in value:
            return charsets.clean(value.decode())
    except UnicodeDecodeError:
        pass  # the usual case: read it as below
    is_telling = hint and charsets.codec_for(hint) not in (None, "ascii", "cp1252", "utf-8")
    return charsets.decode(value, hint if is_telling else "")[0]


def unstructured(value: bytes, hint: str = "") -> str:
    """A header of free text (Subject), decoded, runs of white space made one space."""
    return " ".join(decode_words(text_of(value, hint)).split())


def decode_words(text: str) -> str:
    """`text` with its encoded words (RFC 2047) decoded, also those split inside a character."""
    if "=?" not in text:
        return text
    decoded: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    position = 0

    def flush() -> None:
        if pending:
            decoded.append(charsets.decode(b"".join(pending), pending_charset)[0])
            pending.clear()

    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        charset = match[1].split("*")[0].lower()
        if between or charset != pending_charset:
            flush()
        decoded.append(between)
        pending_charset = charset
        pending.append(_word_bytes(match[2], match[3]))
        position = match.end()
    flush()
    rest = text[position:]
    if (unended := _UNENDED_WORD.search(rest)) and len(unended[3]) >= _SHORTEST_PAYLOAD:
        decoded.append(rest[: unended.start()])
        decoded.append(charsets.decode(_word_bytes(unended[2], unended[3]), unended[1])[0])
    else:
        decoded.append(rest)
    result = "".join(decoded)
    return result if result.isprintable() else _CONTROLS.sub("", _BREAKS.sub(" ", result))


def _word_bytes(kind: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if kind in "qQ":
        data = data.replace(b"_", b" ")
        return _HEX.sub(lambda match: binascii.unhexlify(match[1]), data)
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(data) % 4 == 1:
        data = data[:-1]
    return base64.b64decode(data + b"=" * (-len(data) % 4))


def parameters(value: bytes, hint: str = "") -> tuple[str, dict[str, str]]:
    """A parametrised value (Content-Type, Content-Disposition): its first token and its parameters.

    Token and parameter names are lower case; continuations and charsets (RFC 2231) are resolved,
    encoded words inside values (forbidden, but usual) decoded.
    """
    text = text_of(value, hint)
    semicolon = text.find(";")
    head = text if semicolon < 0 else text[:semicolon]
    token, _, stray = head.strip().partition(" ")
    rest = (stray + ";" if "=" in stray else "") + ("" if semicolon < 0 else text[semicolon + 1 :])
    if "=" in token and "/" not in token and not token.startswith("=?"):
        token, rest = "", text
    raw: dict[str, str] = {}
    for name, found in _PARAMETER.findall(rest):
        raw.setdefault(name.lower(), _unquoted(found))
    return token.strip("\"' \t").lower(), _resolved(raw) if any("*" in name for name in raw) else raw


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        value = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
        return _ESCAPE.sub(r"\1", value)
    return value.strip()


def _resolved(raw: dict[str, str]) -> dict[str, str]:
    """RFC 2231 sections 3 and 4; the extended form of a parameter wins over the plain one."""
    plain = {name: value for name, value in raw.items() if "*" not in name}
    segments: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in raw.items():
        if match := _CONTINUED.fullmatch(name):
            extended = match[2] is None or match[3] == "*"
            segments.setdefault(match[1], []).append((int(match[2] or 0), extended, value))
    for name, found in segments.items():
        found.sort(key=lambda segment: segment[0])
        plain[name] = _joined([(extended, value) for _, extended, value in found])
    return plain


def _joined(segments: list[tuple[bool, str]]) -> str:
    if not any(extended for extended, _ in segments):
        return "".join(value for _, value in segments)
    charset = ""
    first_extended, first = segments[0]
    if first_extended and _CHARSET_PREFIX.match(first):
        charset, _, first = first.split("'", 2)
        segments = [(True, first), *segments[1:]]
    data = b"".join(
        unquote_to_bytes(value) if extended or "%" in value else value.encode() for extended, value in segments
    )
    return charsets.decode(data, charset)[0]


def file_name(value: str) -> str:
    """A file name parameter decoded: encoded words, or percent signs left by web mail."""
    value = decode_words(value)
    if _PERCENT_NAME.search(value):
        try:
            return unquote_to_bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            return value
    return value
