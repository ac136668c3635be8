"""What is hashed: the JSON forms of entries and heads and the one byte form of JSON. Pure.

The byte form is UTF-8 JSON, keys sorted by code point, no white space, characters outside ASCII written as
themselves. Floating-point numbers are refused because they do not survive the database unchanged.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

AT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How moments are written, always in UTC."""

PROOF_FORMAT = "postroad-ledger-proof/1"
BEFORE_FIRST = bytes(32)
"""What the first head names as its previous one."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Json) -> bytes:
    """The bytes that are hashed for ``value``."""
    return _ENCODER.encode(value).encode()


def entry_body(
    *,
    uuid: str,
    at: str,
    event: str,
    actor: tuple[str, str, str],
    subject: tuple[str, str],
    data: dict[str, Json],
) -> dict[str, Json]:
    """The JSON object that a leaf is made of; ``actor`` is (kind, id, label), ``subject`` (type, id)."""
    kind, actor_id, label = actor
    subject_type, subject_id = subject
    return {
        "v": 1,
        "id": uuid,
        "at": at,
        "event": event,
        "actor": {"kind": kind, "id": actor_id, "label": label},
        "subject": {"type": subject_type, "id": subject_id},
        "data": data,
    }


def head_body(*, size: int, root: bytes, at: str, previous: bytes) -> dict[str, Json]:
    """The JSON object that a head's digest covers; ``previous`` is the digest of the head before it."""
    return {"v": 1, "size": size, "root": root.hex(), "at": at, "previous": previous.hex()}


def head_digest(body: dict[str, Json]) -> bytes:
    """What the next head names as its previous one."""
    return sha256(canonical(body)).digest()


def require_admissible(value: object, *, at: str = "data") -> None:
    """Raise TypeError or ValueError, naming the place, unless ``value`` can be evidence for ever.

    Admitted are None, bool, int, str without NUL or lone surrogates, and lists and
    string-keyed mappings of these.
    """
    match value:
        case None | bool() | int():
            return
        case str():
            _require_storable(value, at=at)
        case list() | tuple():
            for position, item in enumerate(value):
                require_admissible(item, at=f"{at}[{position}]")
        case Mapping():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"{at}: the key {key!r} is not text")
                _require_storable(key, at=at)
                require_admissible(item, at=f"{at}.{key}")
        case _:
            raise TypeError(f"{at}: {type(value).__name__} is not admitted in evidence; give text or a whole number")


def _require_storable(text: str, *, at: str) -> None:
    if "\x00" in text:
        raise ValueError(f"{at}: NUL cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{at}: a lone surrogate cannot be stored") from error
