"""Address headers (RFC 5322 section 3.4), read forgivingly: whatever holds an address yields it."""

import re

from postroad.connectors.mail.parsing.fields import decode_words
from postroad.connectors.mail.parsing.model import Address

_TOKEN = re.compile(
    r"""
    (?P<angle><[^<>]*>|<[^<>,;\s]*) | (?P<word>=\?[^?\s]{1,60}\?[bBqQ]\?(?:[^=]|=(?!\?[^?\s]{1,60}\?[bBqQ]\?))*?\?=)
    | (?P<separator>[,;\uff0c\uff1b]) | (?P<colon>:) | (?P<text>[^"(<,;:=\uff0c\uff1b]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REACH = 1000
# What opens with a quotation mark or parenthesis, if it closes within reach; comments nest once.
_ENCLOSED = {
    '"': ("quoted", re.compile(rf'"((?:[^"\\]|\\.){{0,{_REACH}}})"', re.DOTALL)),
    "(": ("comment", re.compile(rf"\(((?:[^()\\]|\\.|\([^()]{{0,{_REACH}}}\)){{0,{_REACH}}})\)", re.DOTALL)),
}
_BARE = re.compile(r"(?<![^\s<>\"'(),;:\[\]])[^\s<>\"'(),;:\[\]]{1,300}@(?:\[[^\]\s]{0,80}\]|[^\s<>\"'(),;:]{1,300})")
_ROUTE = re.compile(r"^(?:@[^,:@]+,?)+:")
_ESCAPE = re.compile(r"\\(.)")
_QUOTES = "\"'\u2018\u2019\u201c\u201d"
_MAX_NAME_PIECES = 12
MAX_ADDRESSES = 10_000


def parse_addresses(text: str) -> tuple[Address, ...]:
    """The mailboxes of one address header, groups flattened, names decoded.

    Text without any address becomes an Address with only a name.
    """
    found: list[Address] = []
    pieces: list[tuple[str, str]] = []
    position = 0
    unclosed = {'"': 0, "(": 0}
    while position < len(text) and len(found) < MAX_ADDRESSES:
        kind, value, position = _token(text, position, unclosed)
        if kind == "colon" and _is_group(pieces):
            pieces = []
        elif kind == "separator":
            pieces = _finish(pieces, found, more=value in ",\uff0c" and position < len(text))
        else:
            pieces.append((kind, value))
    _finish(pieces, found, more=False)
    return tuple(found)


def _token(text: str, position: int, unclosed: dict[str, int]) -> tuple[str, str, int]:
    """The kind, value and end of the token at `position`.

    `unclosed` remembers up to where an opening mark is known to have no closing one, so that a header
    of nothing but opening marks is read in linear time.
    """
    char = text[position]
    if char in _ENCLOSED and position >= unclosed[char]:
        kind, pattern = _ENCLOSED[char]
        if match := pattern.match(text, position):
            return kind, match[1], match.end()
        unclosed[char] = position + _REACH
    match = _TOKEN.match(text, position)
    assert match is not None  # its last alternative takes any character
    return match.lastgroup or "text", match[0], match.end()


def _is_group(pieces: list[tuple[str, str]]) -> bool:
    return len(pieces) < _MAX_NAME_PIECES and not any(kind == "angle" or "@" in value for kind, value in pieces)


def _finish(pieces: list[tuple[str, str]], found: list[Address], *, more: bool) -> list[tuple[str, str]]:
    """Turn the tokens of one mailbox into an Address; returns what belongs to the next one.

    An unquoted comma in a name ("Doe, John <j@x>") leaves tokens without an address: they are kept
    for the mailbox that follows.
    """
    if not any(value.strip() for _, value in pieces):
        return []
    address = next((_angle(value) for kind, value in pieces if kind == "angle"), None)
    if address is None:
        return _finish_bare(pieces, found, more=more)
    name = "".join(_plain(kind, value) for kind, value in pieces if kind not in ("angle", "comment"))
    name = _tidy(name) or _tidy("".join(value for kind, value in pieces if kind == "comment"))
    if not address and "@" in name and _BARE.fullmatch(name):
        name, address = "", name
    found.append(Address("" if name.lower() == address.lower() else name, address))
    return []


def _finish_bare(pieces: list[tuple[str, str]], found: list[Address], *, more: bool) -> list[tuple[str, str]]:
    text = "".join(value if kind != "quoted" else _bare_quoted(value) for kind, value in pieces if kind != "comment")
    comments = _tidy(" ".join(value for kind, value in pieces if kind == "comment"))
    matches = list(_BARE.finditer(text)) if "@" in text else []
    if not matches and "@" in text and (packed := re.sub(r"\s*([.@])\s*", r"\1", text).strip()) != text:
        matches = list(_BARE.finditer(packed))
        text = packed
    if not matches:
        decoded = decode_words(text)
        if decoded != text and (match := _BARE.search(decoded)):
            found.append(Address(_tidy(decoded.replace(match[0], "").replace("<>", "")), match[0]))
            return []
        if more and text.strip() and len(pieces) < _MAX_NAME_PIECES:
            return [*pieces, ("text", ", ")]
        if name := _tidy("".join(_plain(kind, value) for kind, value in pieces if kind != "comment")) or comments:
            found.append(Address(name.rstrip(", "), ""))
        return []
    first = matches[0]
    name = _tidy(text[: first.start()] + text[first.end() :]) or comments
    found.append(Address(name, first[0].rstrip(".")))
    return []


def _bare_quoted(value: str) -> str:
    return f'"{value}"' if "@" not in value else f" {value} "


def _plain(kind: str, value: str) -> str:
    return _ESCAPE.sub(r"\1", value) if kind == "quoted" else value


def _angle(value: str) -> str:
    """The address between angle brackets: without route, white space and comments."""
    address = value.strip("<> \t")
    if "(" in address:
        address = re.sub(r"\([^()]*\)", "", address)
    address = _ROUTE.sub("", "".join(address.split()))
    return decode_words(address).removeprefix("mailto:") if "=?" in address else address.removeprefix("mailto:")


def _tidy(name: str) -> str:
    name = " ".join(decode_words(name).split())
    while len(name) > 1 and name[0] in _QUOTES and name[-1] in _QUOTES:
        name = name[1:-1].strip()
    return name
