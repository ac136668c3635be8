"""What a source said, as bytes and back, and the digests by which entries are compared and looked up."""

import gzip
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError

from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson, DirectorySnapshot
from postroad.org.personal import PersonalField, digest, normalise_mail
from postroad.platform import crypto

Entry = DirectoryPerson | DirectoryDepartment


def seal_reading(snapshot: DirectorySnapshot, *, context: str) -> bytes:
    plain = json.dumps(asdict(snapshot), ensure_ascii=False).encode()
    return crypto.seal(gzip.compress(plain, mtime=0), context=context)


def open_reading(sealed: bytes, *, context: str) -> DirectorySnapshot:
    """Raises `crypto.CannotOpen` for what was altered or moved."""
    known: dict[str, Any] = json.loads(gzip.decompress(crypto.open_sealed(sealed, context=context)))
    return DirectorySnapshot(
        tuple(_department(one) for one in known["departments"]),
        tuple(_person(one) for one in known["people"]),
        complete=known["complete"],
    )


def seal_entry(entry: Entry, *, context: str) -> bytes:
    return crypto.seal(json.dumps(asdict(entry), ensure_ascii=False).encode(), context=context)


def open_entry(sealed: bytes, *, context: str) -> Entry:
    known: dict[str, Any] = json.loads(crypto.open_sealed(sealed, context=context))
    return _person(known) if "staff_no" in known else _department(known)


def entry_digests() -> Callable[[Entry], bytes]:
    """A function from an entry to its digest, which changes whenever the entry does; each is computed once."""
    kept: dict[int, tuple[Entry, bytes]] = {}

    def of(entry: Entry) -> bytes:
        if id(entry) not in kept:
            plain = json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False)
            kept[id(entry)] = entry, crypto.digest(plain, context="directory.entry")
        return kept[id(entry)][1]

    return of


def mail_digests() -> Callable[[str], bytes | None]:
    """A function from a mail address, as written, to the digest that people are found by; None for what is none."""
    kept: dict[str, bytes | None] = {}

    def of(mail: str) -> bytes | None:
        if mail not in kept:
            try:
                kept[mail] = digest(PersonalField.MAIL, normalise_mail(mail))
            except ValidationError:
                kept[mail] = None
        return kept[mail]

    return of


def _person(known: dict[str, Any]) -> DirectoryPerson:
    return DirectoryPerson(**{**known, "department_ids": tuple(known["department_ids"])})


def _department(known: dict[str, Any]) -> DirectoryDepartment:
    return DirectoryDepartment(**{**known, "head_ids": tuple(known["head_ids"])})
