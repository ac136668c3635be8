"""The tree of parts of a mail (RFC 2046), found by its boundary lines without reading bodies into memory.

Not the standard library's parser, because mail is hostile: this one needs no recursion (thousands of
levels), no copy of the bodies (a part is a range of the source) and no line-by-line Python loop.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from postroad.connectors.mail.parsing import fields, transfer
from postroad.connectors.mail.parsing.fields import Fields
from postroad.connectors.mail.parsing.source import Source, pieces_of, start_of_header

MAX_HEADER = 8 * 1024 * 1024
MAX_PARTS = 10_000
MAX_DEPTH = 50
MAX_PROBLEMS = 50
_CARRIAGE_RETURN = 13
_MAX_DELIMITER = 2_048

_BLANK_LINE = re.compile(rb"\n\r*\n")
_DELIMITER_LINE = re.compile(rb"\n--([^\n]{1,2000})")
_HAS_FILES = re.compile(
    rb"^content-(?:disposition:[ \t]*attachment|transfer-encoding:[ \t]*base64)", re.IGNORECASE | re.MULTILINE
)
_GUESSED = re.compile(rb"(?:\A|\n)--([^\s-][^\s]{0,70}|-+[^\s-][^\s]{0,70})[ \t]*\r*\n(?=Content-)", re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")


@dataclass(slots=True)
class Part:
    """One entity. Its body is the range [start, end) of the source, still encoded."""

    fields: Fields
    type: str
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    encoding: str
    start: int
    end: int
    children: list["Part"] = field(default_factory=list)
    is_divided: bool = False
    is_type_sure: bool = True

    @property
    def is_multipart(self) -> bool:
        """Whether the part has, or says it has, parts of its own."""
        return self.type.startswith("multipart/")

    @property
    def charset(self) -> str:
        """The declared charset, "" if none."""
        return self.parameters.get("charset", "")

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


def read_structure(source: Source, problems: list[str]) -> Part:
    """The tree of parts of the mail in `source`; whatever is malformed is added to `problems`."""
    reader = _Reader(source, problems)
    root = reader.open_part(start_of_header(source), "text/plain", {})
    reader.fill(root)
    return root


def note(problems: list[str], problem: str) -> None:
    """Add `problem` to `problems` unless it is there already or there are more than anybody will read."""
    if problem not in problems and len(problems) < MAX_PROBLEMS:
        problems.append(problem)


class _Reader:
    def __init__(self, source: Source, problems: list[str]) -> None:
        self._source = source
        self._problems = problems
        self._parts = 0

    def report(self, problem: str) -> None:
        note(self._problems, problem)

    def open_part(self, start: int, default_type: str, delimiters: dict[bytes, int]) -> Part:
        """Read the header at `start`; the body is taken to reach to the end until a delimiter says otherwise."""
        self._parts += 1
        block, body_start = self._header_block(start, delimiters)
        header, used, problem = fields.read_block(block)
        if problem:
            self.report(problem)
        if used < len(block):
            body_start = start + used
        part = _described(header, body_start, self._source.size, default_type)
        part.encoding, problem = transfer.encoding_named(fields.text_of(header.first(b"content-transfer-encoding")))
        if problem:
            self.report(problem)
        return part

    def _header_block(self, start: int, delimiters: dict[bytes, int]) -> tuple[bytes, int]:
        """The bytes of the header at `start`, and where its body begins."""
        size = 16 * 1024
        while True:
            block = self._source.read(start, start + size)
            if match := re.match(rb"\r*\n", block):
                return b"", start + match.end()
            blank = _BLANK_LINE.search(block)
            if blank or len(block) < size or size >= MAX_HEADER:
                break
            size = min(size * 16, MAX_HEADER)
        end = blank.start() + 1 if blank else len(block)
        after = start + (blank.end() if blank else len(block))
        if not blank and len(block) == size:
            self.report("the header is longer than 8 MiB; the rest was taken for the body")
        if delimiters and (b"--" in block):
            for match in _DELIMITER_LINE.finditer(b"\n" + block[:end]):
                if match[1].rstrip() in delimiters:
                    self.report("a header without a body")
                    return block[: match.start()], start + match.start()
        return block[:end], after

    def fill(self, root: Part) -> None:
        """Find the parts of `root`, and guess the boundary of those multiparts where the declared one never comes."""
        self._split(root)
        for part in list(root.walk()):
            if part.is_multipart and not part.is_divided:
                self._fill_by_guess(part)

    def _fill_by_guess(self, part: Part) -> None:
        head = self._source.read(part.start, min(part.end, part.start + 64 * 1024))
        guess = _GUESSED.search(head)
        if guess is None or ("boundary" not in part.parameters and not _HAS_FILES.search(head)):
            self.report("a multipart without any of its boundaries")
            return
        self.report("a multipart with another boundary than declared")
        part.parameters = {**part.parameters, "boundary": guess[1].decode("latin-1")}
        self._split(part)

    def _split(self, root: Part) -> None:
        """Fill `root` with its parts and theirs, in one pass over its bytes."""
        if not root.is_multipart or not root.parameters.get("boundary"):
            return
        open_parts: list[Part] = []
        delimiters: dict[bytes, int] = {}
        _push(root, open_parts, delimiters)
        leaf: Part | None = None
        position = root.start
        while delimiter := self._next_delimiter(position, root.end, delimiters):
            line_start, position, token = delimiter
            depth, is_end = divmod(delimiters[token], 2)
            _close(leaf, open_parts, delimiters, depth, line_start)
            leaf = None
            open_parts[depth].is_divided = True
            if is_end:
                continue
            if self._parts >= MAX_PARTS:
                self.report(f"more than {MAX_PARTS} parts; the rest was left in one piece")
                leaf = self.open_part(position, "application/octet-stream", {})
                open_parts[depth].children.append(leaf)
                break
            parent = open_parts[depth]
            default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
            part = self.open_part(position, default, delimiters)
            part.end = root.end
            open_parts[min(depth, MAX_DEPTH)].children.append(part)
            position = part.start
            if part.is_multipart and part.parameters.get("boundary"):
                _push(part, open_parts, delimiters)
            else:
                leaf = part
        if leaf is not None:
            leaf.end = root.end

    def _next_delimiter(self, start: int, end: int, delimiters: dict[bytes, int]) -> tuple[int, int, bytes] | None:
        """The next boundary line in [start, end): where its line break and what follows it begin, and its token."""
        if start == 0 and (top := self._delimiter_at_top(delimiters)):
            return top
        position = max(start - 1, 0)
        while position < end:
            data, offset = self._source.view(position, _MAX_DELIMITER)
            available = min(len(data), end - offset)
            is_last = offset + available >= end
            for match in _DELIMITER_LINE.finditer(data, position - offset, available):
                if match.end() == available and not is_last:
                    break  # the line may go on after the view
                token = match[1].rstrip()
                if token in delimiters:
                    after = match.end() + (data[match.end() : match.end() + 1] == b"\n")
                    line_start = match.start()
                    while line_start > 0 and data[line_start - 1] == _CARRIAGE_RETURN:
                        line_start -= 1
                    return max(offset + line_start, start), min(offset + after, end), token
            if is_last:
                return None
            position = max(offset + available - _MAX_DELIMITER + 1, position + 1)
        return None

    def _delimiter_at_top(self, delimiters: dict[bytes, int]) -> tuple[int, int, bytes] | None:
        line = self._source.read(0, _MAX_DELIMITER).split(b"\n", 1)[0]
        if line.startswith(b"--") and line[2:].rstrip() in delimiters:
            return 0, min(len(line) + 1, self._source.size), line[2:].rstrip()
        return None


def _described(header: Fields, start: int, end: int, default_type: str) -> Part:
    content_type = disposition = ""
    parameters: dict[str, str] = {}
    disposition_parameters: dict[str, str] = {}
    for value in header.all(b"content-type"):
        found, found_parameters = fields.parameters(value)
        if not content_type or (found.startswith("multipart/") and "boundary" in found_parameters):
            content_type, parameters = found, found_parameters
            if "boundary" in parameters:
                break
    if value := header.first(b"content-disposition"):
        disposition, disposition_parameters = fields.parameters(value)
    is_type_sure = not content_type or _TYPE.fullmatch(content_type) is not None
    if not content_type or not is_type_sure:
        content_type = _type_guessed(content_type, default_type, disposition, parameters)
    return Part(
        header, content_type, parameters, disposition, disposition_parameters, "", start, end, is_type_sure=is_type_sure
    )


def _type_guessed(found: str, default: str, disposition: str, parameters: dict[str, str]) -> str:
    """RFC 2045 section 5.2 says text/plain; a part that calls itself an attachment is none."""
    if found in ("text", "html", "plain"):
        return "text/html" if found == "html" else "text/plain"
    if found == "multipart" and "boundary" in parameters:
        return "multipart/mixed"
    is_attached = disposition == "attachment" or ("name" in parameters and found == "")
    return "application/octet-stream" if is_attached and default == "text/plain" else default


def _push(part: Part, open_parts: list[Part], delimiters: dict[bytes, int]) -> None:
    boundary = part.parameters["boundary"].rstrip().encode("utf-8", "replace")
    depth = len(open_parts)
    open_parts.append(part)
    delimiters.setdefault(boundary, 2 * depth)
    delimiters.setdefault(boundary + b"--", 2 * depth + 1)


def _close(leaf: Part | None, open_parts: list[Part], delimiters: dict[bytes, int], depth: int, end: int) -> None:
    """End everything that lies deeper than the multipart at `depth`."""
    if leaf is not None:
        leaf.end = max(leaf.start, end)
    while len(open_parts) > depth + 1:
        part = open_parts.pop()
        part.end = max(part.start, end)
        boundary = part.parameters["boundary"].rstrip().encode("utf-8", "replace")
        for token in (boundary, boundary + b"--"):
            if delimiters.get(token, -1) // 2 == len(open_parts):
                del delimiters[token]


def body_pieces(source: Source, part: Part) -> Iterator[bytes]:
    """The decoded body of a leaf in pieces of bounded size."""
    return transfer.decode_pieces(part.encoding, pieces_of(source, part.start, part.end))


def body(source: Source, part: Part, limit: int | None = None) -> bytes:
    """The decoded body of a leaf, at most about `limit` encoded bytes of it."""
    end = part.end if limit is None else min(part.end, part.start + limit)
    return transfer.decode(part.encoding, source.read(part.start, end))
