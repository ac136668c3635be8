"""What pushing sources (SCIM) told us and we keep for them, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Collection

from django.db.models.functions import Lower

from postroad.directory import queries
from postroad.directory.models import Source, SourcePerson
from postroad.directory.scim.reading import AnyUser, entry_of, named_department
from postroad.directory.scim.resources import PROVIDER, FullUser
from postroad.messengers.protocol import DirectoryPerson, DirectorySnapshot
from postroad.platform import crypto


def open_resource(entry: SourcePerson) -> AnyUser:
    """The user as it was pushed, without what we add."""
    plain = crypto.open_sealed(bytes(entry.sealed_resource or b""), context=queries.resource_context(entry))
    with PROVIDER:
        return FullUser.model_validate(json.loads(plain))


def seal_resource(entry: SourcePerson, user: AnyUser) -> None:
    """Puts a user, and what it is found by, on an unsaved row."""
    with PROVIDER:
        known = user.model_dump()
    kept = {name: value for name, value in known.items() if name not in {"id", "meta", "groups"}}
    plain = json.dumps(kept, ensure_ascii=False).encode()
    entry.sealed_resource = crypto.seal(plain, context=queries.resource_context(entry))
    entry.login_digest = queries.login_digest(user.user_name or "")
    entry.pushed_digest = queries.pushed_digest(user.external_id) if user.external_id else None


def person_of(source: Source, entry: SourcePerson, user: AnyUser | None = None) -> DirectoryPerson:
    """The entry as a reading would show it; inactive when it waits to end."""
    user = user or open_resource(entry)
    return entry_of(
        user,
        entry_id=entry.external_id,
        department_ids=entry.department_ids,
        by_user_name=source.takes_user_id,
        active=False if entry.ending_since else None,
    )


def snapshot_of(source: Source, entries: Collection[SourcePerson]) -> DirectorySnapshot:
    """A reading of these entries alone; whoever is not in it is not meant."""
    users = [(entry, open_resource(entry)) for entry in entries]
    named = {one.id: one for _entry, user in users if (one := named_department(user))}
    return DirectorySnapshot(
        tuple(named.values()), tuple(person_of(source, entry, user) for entry, user in users), complete=False
    )


def reading_of_pushed(source: Source, external_ids: Collection[str]) -> DirectorySnapshot:
    """What a pushing source says of these entries now."""
    keys = [one.lower() for one in external_ids]
    found = source.people.annotate(key=Lower("external_id")).filter(
        key__in=keys, gone_at__isnull=True, sealed_resource__isnull=False
    )
    departments = source.departments.annotate(key=Lower("external_id")).filter(key__in=keys, gone_at__isnull=True)
    snapshot = snapshot_of(source, list(found))
    pushed = [queries.department_entry(one) for one in departments]
    return DirectorySnapshot((*pushed, *snapshot.departments), snapshot.people, complete=False)
