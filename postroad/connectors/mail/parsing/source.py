"""Where the bytes of a mail lie: in memory, or in a file that is never read as a whole."""

import codecs
import os
import re
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, Protocol

WINDOW = 256 * 1024
_LEADING_BLANKS = re.compile(rb"(?:[ \t\0]*\r*\n)+")
_MBOX_LINE = re.compile(rb">?From [^\r\n]*\r*\n")
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Source(Protocol):
    """Random access to the bytes of one mail."""

    size: int

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end), fewer at the end of the source."""
        ...

    def view(self, position: int, wanted: int) -> tuple[bytes, int]:
        """A buffer with at least the `wanted` bytes from `position` on (fewer at the end), and where it begins."""
        ...


class MemorySource:
    """A mail in memory."""

    __slots__ = ("_raw", "size")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.size = len(raw)

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end)."""
        return self._raw[start:end]

    def view(self, position: int, wanted: int) -> tuple[bytes, int]:
        """The whole mail: it is in memory anyway."""
        del position, wanted
        return self._raw, 0


class FileSource:
    """A mail in an open seekable file; the file stays open for as long as the source is referenced."""

    __slots__ = ("_file", "_window", "size")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)
        self._window = (b"", 0)

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end), independent of any file position (safe between threads)."""
        wanted = min(end, self.size) - start
        pieces = []
        while wanted > 0:
            piece = os.pread(self._file.fileno(), wanted, start)
            if not piece:
                break
            pieces.append(piece)
            start += len(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def view(self, position: int, wanted: int) -> tuple[bytes, int]:
        """The current window of the file, moved when `position` is too near its end."""
        data, start = self._window
        end = min(position + wanted, self.size)
        if not (start <= position and end <= start + len(data)):
            data, start = self.read(position, position + WINDOW), position
            self._window = (data, start)
        return data, start


def pieces_of(source: Source, start: int, end: int) -> Iterator[bytes]:
    """The bytes [start, end) in windows."""
    while start < end:
        piece = source.read(start, min(start + WINDOW, end))
        if not piece:
            return
        yield piece
        start += len(piece)


def normalised(source: Source) -> Source:
    """The same mail with the line ends and the character width the rest expects.

    A mail whose lines end in CR alone gets LF; UTF-16 (saved by a Windows editor) becomes UTF-8.
    """
    head = source.read(0, WINDOW)
    encoding = _UTF16_MARKS.get(head[:2])
    if encoding:
        return _rebuilt(source, _utf8_from(encoding, pieces_of(source, 2, source.size)))
    if b"\r" in head and b"\n" not in head:
        return _rebuilt(source, (piece.replace(b"\r", b"\n") for piece in pieces_of(source, 0, source.size)))
    return source


def start_of_header(source: Source) -> int:
    """Where the first header field begins: after a byte order mark, blank lines and an mbox "From " line."""
    head = source.read(0, WINDOW)
    position = 3 if head.startswith(codecs.BOM_UTF8) else 0
    for pattern in (_LEADING_BLANKS, _MBOX_LINE):
        if match := pattern.match(head, position):
            position = match.end()
    return position


def _utf8_from(encoding: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "replace")


def _rebuilt(source: Source, pieces: Iterator[bytes]) -> Source:
    if isinstance(source, MemorySource):
        return MemorySource(b"".join(pieces))
    spool = tempfile.TemporaryFile()  # noqa: SIM115  the result goes on reading from it
    for piece in pieces:
        spool.write(piece)
    spool.flush()
    return FileSource(spool)
