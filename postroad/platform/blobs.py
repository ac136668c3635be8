"""Bytes kept once, by content, sealed per object.

Up to 64 KB they lie in the row, so that the commit which mentions them also keeps them and costs no extra fsync; above
that in the configured storage, written and synced before the row (docs/decisions/004-blobs.md).
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage

from postroad.platform.crypto import KEY_BYTES, KeyDestroyed, open_sealed, open_with, seal, seal_with
from postroad.platform.models import Blob

INLINE_BYTES = 64 * 1024
FRAME_BYTES = 1024 * 1024
SEALED_FRAME_BYTES = FRAME_BYTES + 12 + 16


def store(data: bytes) -> Blob:
    return store_many([data])[0]


def store_many(contents: Sequence[bytes]) -> list[Blob]:
    """Keeps each content once; equal contents give the same blob. Two statements whatever the number."""
    return _keep([_sealed_blob(hashlib.sha256(data).digest(), len(data), [data]) for data in contents])


def store_stream(chunks: Iterable[bytes]) -> Blob:
    """Keeps content of any size in bounded memory."""
    with tempfile.TemporaryFile() as spool:
        sha256, size = hashlib.sha256(), 0
        for chunk in chunks:
            spool.write(chunk)
            sha256.update(chunk)
            size += len(chunk)
        spool.seek(0)
        return _keep([_sealed_blob(sha256.digest(), size, iter(lambda: spool.read(FRAME_BYTES), b""))])[0]


def read(blob: Blob) -> bytes:
    return b"".join(chunks_of(blob))


def chunks_of(blob: Blob) -> Iterator[bytes]:
    """The content in order, a megabyte at a time.

    Raises:
        KeyDestroyed: the content was erased.
        CannotOpen: it was altered.
    """
    if blob.sealed_key is None:
        raise KeyDestroyed(f"The content of {blob.pk} was erased.")
    key = open_sealed(bytes(blob.sealed_key), context=f"blob-key:{blob.pk}")
    frames = (bytes(blob.sealed),) if blob.sealed is not None else _frames_of(blob)
    for number, frame in enumerate(frames):
        yield open_with(key, frame, context=f"blob:{blob.pk}:{number}")


def _frames_of(blob: Blob) -> Iterator[bytes]:
    with default_storage.open(blob.path) as file:
        yield from iter(lambda: file.read(SEALED_FRAME_BYTES), b"")


def _sealed_blob(sha256: bytes, size: int, chunks: Iterable[bytes]) -> Blob:
    blob = Blob(sha256=sha256, size=size)
    key = os.urandom(KEY_BYTES)
    blob.sealed_key = seal(key, context=f"blob-key:{blob.pk}")
    if size <= INLINE_BYTES:
        blob.sealed = seal_with(key, b"".join(chunks), context=f"blob:{blob.pk}:0")
        return blob
    with tempfile.TemporaryFile() as spool:
        for number, frame in enumerate(_in_frames(chunks)):
            spool.write(seal_with(key, frame, context=f"blob:{blob.pk}:{number}"))
        spool.seek(0)
        blob.path = default_storage.save(f"blobs/{blob.pk.hex[-2:]}/{blob.pk.hex}", File(spool))
    _sync(blob.path)
    return blob


def _in_frames(chunks: Iterable[bytes]) -> Iterator[bytes]:
    buffer = BytesIO()
    for chunk in chunks:
        for start in range(0, len(chunk), FRAME_BYTES):
            buffer.write(chunk[start : start + FRAME_BYTES])
            while buffer.tell() >= FRAME_BYTES:
                held = buffer.getvalue()
                yield held[:FRAME_BYTES]
                buffer = BytesIO()
                buffer.write(held[FRAME_BYTES:])
    if buffer.tell():
        yield buffer.getvalue()


def _keep(candidates: list[Blob]) -> list[Blob]:
    """Inserts those whose content is new, in one order for all so that two batches cannot deadlock."""
    by_content = {bytes(blob.sha256): blob for blob in reversed(candidates)}
    Blob.objects.bulk_create(
        [by_content[sha256] for sha256 in sorted(by_content)], ignore_conflicts=True, batch_size=1000
    )
    kept = {bytes(blob.sha256): blob for blob in Blob.objects.defer("sealed").filter(sha256__in=list(by_content))}
    for blob in candidates:
        if blob.path and kept[bytes(blob.sha256)].pk != blob.pk:
            default_storage.delete(blob.path)
    return [kept[bytes(blob.sha256)] for blob in candidates]


def _sync(path: str) -> None:
    with suppress(NotImplementedError):  # a remote storage keeps what it has acknowledged
        local: IO[bytes]
        with open(default_storage.path(path), "rb") as local:  # noqa: PTH123 - a storage's own path
            os.fsync(local.fileno())
