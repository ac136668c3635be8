"""The bytes of one mail while it is on its way in: small ones in memory, large ones in a file."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO

from django.conf import settings

from postroad.channels.protocol import Content

IN_MEMORY_BYTES = 1024 * 1024
CHUNK_BYTES = 256 * 1024
LEFT_BEHIND_SECONDS = 6 * 3600


class RawMail:
    """Write pieces, then read it as often as needed, then `close`. Raises OSError when the disk is full."""

    def __init__(self, data: bytes = b"") -> None:
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._readers: list[BinaryIO] = []
        self.size = 0
        self.path: Path | None = None
        if data:
            self.write(data)

    def write(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._file is None:
            self._pieces.append(piece)
            if self.size > IN_MEMORY_BYTES:
                self._to_file()
        else:
            self._file.write(piece)

    def finish(self) -> None:
        """Nothing more will be written."""
        if self._file is not None:
            self._file.flush()
        else:
            self._pieces = [b"".join(self._pieces)]

    @property
    def data(self) -> bytes:
        """All of it; for a mail in a file prefer `content`."""
        return b"".join(self._pieces) if self.path is None else self.path.read_bytes()

    @property
    def content(self) -> Content:
        return self.data if self.path is None else _reader(self.path)

    def open(self) -> BinaryIO:
        """The mail as a file of its own position, open until `close`."""
        if self.path is None:
            return BytesIO(self.data)
        reader = self.path.open("rb")
        self._readers.append(reader)
        return reader

    def __getstate__(self) -> dict[str, object]:
        """For another process of this machine, which reads it while this one keeps the file."""
        return {**vars(self), "_file": None, "_readers": []}

    def close_readers(self) -> None:
        """What `open` gave out; the mail itself stays."""
        for file in self._readers:
            file.close()
        self._readers = []

    def discard(self) -> None:
        """Forget what was written so far and take nothing more into memory or onto the disk."""
        self.close()
        self._pieces = []

    def close(self) -> None:
        self.close_readers()
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

    def _to_file(self) -> None:
        folder = settings.HOME / "spool"
        folder.mkdir(parents=True, exist_ok=True)
        # Closed and removed by `close`, when the mail is committed or refused.
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="mail-", delete=False)  # noqa: SIM115
        self.path = Path(self._file.name)
        for piece in self._pieces:
            self._file.write(piece)
        self._pieces = []


def sweep_spool() -> None:
    """Removes what a killed listener left behind; no sender was told that those mails were accepted."""
    for path in (settings.HOME / "spool").glob("mail-*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - LEFT_BEHIND_SECONDS:
                path.unlink()


def _reader(path: Path) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with path.open("rb") as file:
            yield from iter(lambda: file.read(CHUNK_BYTES), b"")

    return read
