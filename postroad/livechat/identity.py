"""Who a visitor is, as the embedding site says and signs.

The site puts `<payload>.<signature>` into the script tag: the payload is base64url (RFC 4648 section 5, no padding) of
a JSON object with `id`, `name`, `mail` (optional) and `exp` (seconds since 1970); the signature is the hexadecimal
HMAC-SHA256 of the payload, as it stands there, under the chat's identity key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Identity:
    id: str
    name: str
    mail: str


def signed(payload: dict[str, str | int], *, secret: str) -> str:
    """What a site would send for `payload`; here for the settings page, the demo and tests."""
    text = base64.urlsafe_b64encode(json.dumps(payload, ensure_ascii=False).encode()).decode().rstrip("=")
    return f"{text}.{_signature(text, secret)}"


def read(token: str, *, secret: str, now: float | None = None) -> Identity | None:
    """The identity, or None for one that is malformed, expired or not signed with `secret`."""
    text, dot, signature = token.partition(".")
    if not (secret and dot) or len(token) > LONGEST:
        return None
    if not hmac.compare_digest(_signature(text, secret).encode(), signature.lower().encode()):
        return None
    try:
        given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(given, dict) or not _is_in_time(given.get("exp"), now or time.time()):
        return None
    known = [given.get(field) or "" for field in ("id", "name", "mail")]
    if not all(isinstance(one, str) for one in known) or not known[0]:
        return None
    return Identity(known[0][:200], known[1][:80], known[2][:254])


def _is_in_time(expires: object, now: float) -> bool:
    return isinstance(expires, int | float) and not isinstance(expires, bool) and expires > now


def _signature(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
