"""Where the database is: `DATABASE_URL`, or the embedded server below the installation's home."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from postroad.platform.database.embedded import socket_directory

OPTIONS = {
    # A cached generic plan is 300 times slower for phrase searches: see docs/decisions/006-full-text.md.
    "options": "-c plan_cache_mode=force_custom_plan -c timezone=UTC",
    "application_name": "postroad",
    # Under ASGI each request has a thread of its own: connections are shared through a pool, not kept by threads.
    "pool": {"min_size": 1, "max_size": 20, "timeout": 10.0},
}


def database_settings(*, home: Path) -> dict[str, Any]:
    """Django's settings for the one database.

    Raises:
        ImproperlyConfigured: DATABASE_URL is not a PostgreSQL address.
    """
    url = os.environ.get("DATABASE_URL", "")
    address = _from_url(url) if url else _embedded(home / "postgres")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        **address,
        "OPTIONS": {**OPTIONS, **address["OPTIONS"]},
    }


def uses_embedded_server() -> bool:
    return not os.environ.get("DATABASE_URL")


def _embedded(data: Path) -> dict[str, Any]:
    return {"NAME": "postroad", "USER": "postgres", "HOST": str(socket_directory(data)), "OPTIONS": {}}


def _from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
