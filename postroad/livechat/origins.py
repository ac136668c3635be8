"""Which sites may embed a chat. Pure."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit


def normalised(text: str) -> str:
    """Scheme, host and port as browsers send them. Raises ValueError for what is no origin of a web site."""
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(text)
    if parts.username or parts.query or parts.fragment or parts.path not in {"", "/"}:
        raise ValueError(text)
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port not in {None, usual} else ""
    return f"{parts.scheme}://{shown}{port}"


def is_allowed(origin: str, *, allowed: Collection[str], own: str) -> bool:
    """Whether a page of this origin may use the chat. Without an origin it is no other site's page that asks."""
    return not origin or origin in allowed or origin == normalised(own)
