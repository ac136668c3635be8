"""Sealing: AES-256-GCM under the key ring, under per-subject keys, and keyed digests for exact look-up.

A sealed value is `version (1) | key id (4) | nonce (12) | ciphertext and tag`; the context (table, field, owner) is
bound as additional data, so a value moved to another place does not open.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from postroad.platform.models import SubjectKey

VERSION = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12


class CannotOpen(Exception):  # noqa: N818 - reads as the sentence it raises
    """A sealed value was altered, moved to another context, or its key is not on the ring."""


class KeyDestroyed(CannotOpen):
    """The subject was erased: its data can never be read again."""


def seal(plain: bytes, *, context: str) -> bytes:
    """Seals under the newest key of the ring."""
    key_id, key = next(iter(_ring().items()))
    return VERSION + key_id + seal_with(key, plain, context=context)


def open_sealed(sealed: bytes, *, context: str) -> bytes:
    """The plain bytes.

    Raises:
        CannotOpen: altered, of another context, or sealed with a key that is not on the ring.
    """
    key = _ring().get(sealed[1:5]) if sealed[:1] == VERSION else None
    if key is None:
        raise CannotOpen("Sealed with a key that is not on POSTROAD_KEY_RING.")
    return open_with(key, sealed[5:], context=context)


def seal_with(key: bytes, plain: bytes, *, context: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def open_with(key: bytes, sealed: bytes, *, context: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(f"The sealed value of {context} was altered or moved.") from error


def digest(text: str, *, context: str) -> bytes:
    """A keyed digest (HMAC-SHA256) of normalised text: equal texts are found, nothing can be read or guessed offline.

    Keyed by the oldest key of the ring, which therefore stays on it.
    """
    oldest = list(_ring().values())[-1]
    return hmac.new(oldest, f"{context}\0{text}".encode(), hashlib.sha256).digest()


class SubjectKeys:
    """The keys of some subjects, fetched or made in one query each; use it for one piece of work and let it go."""

    def __init__(self, subject_ids: Iterable[UUID] = (), *, create: bool = False) -> None:
        self._keys: dict[UUID, bytes | None] = {}
        self.load(subject_ids, create=create)

    def load(self, subject_ids: Iterable[UUID], *, create: bool = False) -> None:
        wanted = sorted({subject_id for subject_id in subject_ids if subject_id not in self._keys})
        if not wanted:
            return
        if create:
            SubjectKey.objects.bulk_create(
                [
                    SubjectKey(subject_id=one, sealed_key=seal(os.urandom(KEY_BYTES), context=_context(one)))
                    for one in wanted
                ],
                ignore_conflicts=True,
                batch_size=5000,
            )
        kept = SubjectKey.objects.filter(subject_id__in=wanted).values_list("subject_id", "sealed_key")
        for one, sealed in kept:
            self._keys[one] = None if sealed is None else open_sealed(bytes(sealed), context=_context(one))

    def seal(self, subject_id: UUID, text: str, *, context: str) -> bytes:
        return seal_with(self._key(subject_id, create=True), text.encode(), context=f"{context}:{subject_id}")

    def open(self, subject_id: UUID, sealed: bytes, *, context: str) -> str:
        """Raises KeyDestroyed after an erasure, CannotOpen for an altered or moved value."""
        return open_with(self._key(subject_id), bytes(sealed), context=f"{context}:{subject_id}").decode()

    def _key(self, subject_id: UUID, *, create: bool = False) -> bytes:
        self.load([subject_id], create=create)
        key = self._keys.get(subject_id)
        if key is None:
            raise KeyDestroyed(f"The personal data of {subject_id} was erased.")
        return key


def destroy_subject_key(subject_id: UUID) -> None:
    """Erases all personal data of a subject at once and for good; repeating it changes nothing."""
    SubjectKey.objects.filter(subject_id=subject_id, destroyed_at__isnull=True).update(
        sealed_key=None, destroyed_at=timezone.now()
    )


def _context(subject_id: UUID) -> str:
    return f"subject-key:{subject_id}"


def _ring() -> dict[bytes, bytes]:
    return _parse_ring(settings.KEY_RING)


@cache
def _parse_ring(text: str) -> dict[bytes, bytes]:
    try:
        keys = [base64.b64decode(part, validate=True) for part in text.split(",")]
    except ValueError as error:
        raise ImproperlyConfigured("POSTROAD_KEY_RING must hold base64 keys separated by commas.") from error
    if any(len(key) != KEY_BYTES for key in keys):
        raise ImproperlyConfigured("Each key of POSTROAD_KEY_RING must be 32 bytes.")
    return {hashlib.sha256(key).digest()[:4]: key for key in keys}
