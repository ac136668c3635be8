"""The two things that open one chat to a visitor: the key kept by the browser, and the link to another device."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.core import signing

KEY_KEPT = timedelta(days=90)
LINK_KEPT = timedelta(days=7)
LINK_SALT = "postroad.livechat.link"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """How a token is kept. Random as it is, one round is enough."""
    return hashlib.sha256(token.encode()).digest()


def link_to(visit_id: UUID) -> str:
    """A signed word that opens this one chat for a week."""
    return signing.TimestampSigner(salt=LINK_SALT).sign(visit_id.hex)


def visit_of(link: str) -> UUID | None:
    """The chat that a link opens; None when it was altered or is too old."""
    try:
        return UUID(signing.TimestampSigner(salt=LINK_SALT).unsign(link, max_age=LINK_KEPT))
    except (signing.BadSignature, ValueError):
        return None
