"""Callbacks as WeCom and DingTalk seal them: signed by a shared token, encrypted with a shared key.

AES-256-CBC, padded to 32 bytes, over 16 random bytes, the length of the message, the message, and who it is for
(WeCom developer documentation 90968; DingTalk uses the same scheme).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.utils.translation import gettext_noop

from postroad.messengers.protocol import CallbackRefused

REPLAY_WINDOW = timedelta(minutes=5)
KEY_BYTES = 32
PAD_TO = 32
SALT_BYTES = 16
HEAD_BYTES = SALT_BYTES + 4
UNREADABLE = gettext_noop("The content cannot be decrypted; the key may be wrong.")


def key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes written as 43 characters. Raises ValueError."""
    key = base64.b64decode(f"{encoding_aes_key}=", validate=True)
    if len(key) != KEY_BYTES:
        message = "the key has the wrong length"
        raise ValueError(message)
    return key


def check_time(sent_at: str, *, received_at: datetime, unit: timedelta = timedelta(seconds=1)) -> None:
    """`sent_at` counts `unit`s since 1970. Raises `CallbackRefused` outside the window."""
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= len("1234567890123")):
        raise CallbackRefused(gettext_noop("The time of sending is missing."), status=400)
    age = received_at - (datetime.fromtimestamp(0, tz=UTC) + int(sent_at) * unit)
    if age > REPLAY_WINDOW:
        raise CallbackRefused(gettext_noop("It was sent long ago and may be a repeat by somebody else."))
    if age < -REPLAY_WINDOW:
        raise CallbackRefused(gettext_noop("It claims to be from the future; a clock may be wrong."))


@dataclass(frozen=True, slots=True)
class SealedCallbacks:
    """`receive_id` is the corp id (WeCom) or the app key (DingTalk): callbacks for anybody else are refused."""

    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    receive_id: str

    def open(self, *, signature: str, timestamp: str, nonce: str, encrypted: str) -> bytes:
        """The message inside. Raises `CallbackRefused`."""
        expected = self._signature(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise CallbackRefused(gettext_noop("The signature is wrong."))
        try:
            return self._opened(base64.b64decode(encrypted, validate=True))
        except (binascii.Error, ValueError, struct.error) as error:
            raise CallbackRefused(UNREADABLE) from error

    def close(self, plain: bytes, *, timestamp: str, nonce: str) -> tuple[str, str]:
        """The encrypted text and its signature, as the other side reads them."""
        encrypted = self._closed(plain, secrets.token_bytes(SALT_BYTES))
        return encrypted, self._signature(timestamp, nonce, encrypted)

    def _signature(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted((self.token, *parts))).encode(), usedforsecurity=False).hexdigest()

    def _cipher(self) -> Cipher[modes.CBC]:
        key = key_of(self.encoding_aes_key)
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def _opened(self, sealed: bytes) -> bytes:
        decryptor = self._cipher().decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        padding = padded[-1] if padded else 0
        if not 1 <= padding <= PAD_TO or not padded.endswith(bytes([padding]) * padding):
            raise ValueError("the padding is wrong")
        content = padded[:-padding]
        (length,) = struct.unpack(">I", content[SALT_BYTES:HEAD_BYTES])
        message, receiver = content[HEAD_BYTES : HEAD_BYTES + length], content[HEAD_BYTES + length :]
        if len(message) != length:
            raise ValueError("the length is wrong")
        if receiver != self.receive_id.encode():
            raise CallbackRefused(gettext_noop("It is meant for another company or app."))
        return message

    def _closed(self, plain: bytes, salt: bytes) -> str:
        content = salt + struct.pack(">I", len(plain)) + plain + self.receive_id.encode()
        padding = PAD_TO - len(content) % PAD_TO
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()
