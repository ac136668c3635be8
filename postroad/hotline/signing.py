"""How a telephone system proves that an event is its own: HMAC-SHA256 over the time and the body. Pure.

X-Postroad-Timestamp: 1716170400
X-Postroad-Signature: v1=<hex of HMAC-SHA256(secret, "1716170400" + "." + body)>
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

WINDOW = timedelta(minutes=5)
"""How far the sender's clock may be from ours; what is older or newer is refused, so nothing can be replayed later."""
VERSION = "v1="


class Reason(StrEnum):
    """Why a call of the hotline's address is refused."""

    NO_SIGNATURE = "no-signature"
    BAD_SIGNATURE = "bad-signature"
    TOO_OLD = "outside-time-window"
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    BAD_EVENT = "bad-event"
    OTHER_EVENT = "event-id-reused"


class Unproven(Exception):  # noqa: N818 - reads as the sentence it raises
    """The sender did not prove to know the secret."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(secret: bytes, *, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    return VERSION + hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()


def prove(secrets: Iterable[bytes], *, timestamp: str, signature: str, body: bytes, now: datetime) -> None:
    """Raise Unproven unless `signature` was made with one of the secrets, within `WINDOW` of `now`."""
    if not timestamp or not signature:
        raise Unproven(Reason.NO_SIGNATURE)
    expected = [sign(secret, timestamp=timestamp, body=body) for secret in secrets]
    matches = [hmac.compare_digest(one.encode(), signature.strip().encode()) for one in expected]
    if not any(matches):
        raise Unproven(Reason.BAD_SIGNATURE)
    # Checked after the signature: only who knows the secret learns that its clock is wrong.
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now.timestamp() - int(timestamp)) > WINDOW.seconds:
        raise Unproven(Reason.TOO_OLD)
