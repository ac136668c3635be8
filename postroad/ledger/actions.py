"""Writing evidence and sealing it into the tree.

Evidence is written by the actions of every package, inside their own transactions. Sealing writes no
entry of its own: it would never come to rest.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from typing import TextIO

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from postroad.ledger import export, queries, registry
from postroad.ledger.canonical import BEFORE_FIRST, Json, canonical, head_digest, require_admissible
from postroad.ledger.events import Event
from postroad.ledger.merkle import Frontier, Subtree, leaf_hash
from postroad.ledger.models import Entry, Head, Unsealed
from postroad.ledger.verification import SealedHead
from postroad.platform.actors import Actor, Subject, subject_of
from postroad.platform.ids import new_id

SEAL_LOCK = 0x6C6564676572
"""The advisory lock of the one sealer; the word ledger in ASCII."""

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One thing to put on record; ``data`` holds no personal data in plain, a change as before/after."""

    event: StrEnum
    actor: Actor
    subject: Subject | Model
    data: Mapping[str, Json] = field(default_factory=dict)


def record(event: StrEnum, *, actor: Actor, subject: Subject | Model, data: Mapping[str, Json] | None = None) -> Entry:
    """Put one thing on record in the current transaction; see ``record_many``."""
    [entry] = record_many([NewEntry(event=event, actor=actor, subject=subject, data=data or {})])
    return entry


def record_many(new: Sequence[NewEntry]) -> list[Entry]:
    """Put things on record in the current transaction, in order, with one statement.

    The label of an outside contact is left out: what stands here can never be erased.
    Raises UnknownEvent for an event that nobody registered, ValueError where ``data`` lacks what the
    event's sentence tells, TypeError or ValueError for data that cannot be kept unchanged.
    """
    at = timezone.now().astimezone(UTC)
    entries = [_entry(item, at=at) for item in new]
    if entries:
        _insert(entries)
    return entries


def seal(*, batch: int = BATCH) -> int:
    """Put all entries that wait into the tree, a batch per transaction; returns how many.

    While somebody else is sealing, this leaves the work to them.
    """
    sealed = 0
    while count := seal_batch(size=batch):
        sealed += count
    return sealed


@transaction.atomic
def seal_batch(*, size: int = BATCH) -> int:
    """Put up to ``size`` waiting entries into the tree under a new head; returns how many."""
    if not _alone():
        return 0
    waiting = list(Unsealed.objects.order_by("entry_id").values_list("entry_id", "entry__leaf_hash")[:size])
    if not waiting:
        return 0
    last = Head.objects.order_by("-size").first()
    frontier = queries.frontier(last.size if last else 0)
    first = frontier.size
    grown = list(chain.from_iterable(frontier.append(bytes(leaf)) for _, leaf in waiting))
    _insert_leaves([entry_id for entry_id, _ in waiting], [bytes(leaf) for _, leaf in waiting], first=first)
    _insert_nodes([(subtree, digest) for subtree, digest in grown if subtree.level])
    _insert_head(frontier, last=last)
    Unsealed.objects.filter(entry_id__in=[entry_id for entry_id, _ in waiting]).delete()
    return len(waiting)


def export_evidence(file: TextIO, *, actor: Actor) -> SealedHead | None:
    """Seal what waits, write the whole tree to ``file`` and put that on record; returns the exported head."""
    seal()
    with queries.sealed_tree() as (records, _nodes):
        head = export.write(file, records)
    if head:
        data: dict[str, Json] = {"size": head.size, "root": head.root.hex()}
        record(Event.EXPORT_WRITTEN, actor=actor, subject=Subject("ledger.head", str(head.size)), data=data)
    return head


def _entry(new: NewEntry, *, at: datetime) -> Entry:
    missing = registry.data_needed(new.event) - new.data.keys()
    if missing:
        raise ValueError(f"{new.event}: the data lacks {', '.join(sorted(missing))}, which its sentence tells")
    require_admissible(new.data)
    subject = subject_of(new.subject) if isinstance(new.subject, Model) else new.subject
    entry = Entry(
        uuid=new_id(),
        at=at,
        event=new.event.value,
        actor_kind=new.actor.kind,
        actor_id=new.actor.id,
        actor_label="" if new.actor.kind == "contact" else new.actor.label,
        subject_type=subject.type,
        subject_id=subject.id,
        data=dict(new.data),
    )
    entry.leaf_hash = leaf_hash(canonical(entry.body))
    return entry


def _insert(entries: Sequence[Entry]) -> None:
    # One JSON value, not bulk_create: one short statement whatever the number, at a fraction of the work.
    rows = [
        {
            "uuid": str(entry.uuid),
            "at": entry.at.isoformat(),
            "event": entry.event,
            "actor_kind": entry.actor_kind,
            "actor_id": entry.actor_id,
            "actor_label": entry.actor_label,
            "subject_type": entry.subject_type,
            "subject_id": entry.subject_id,
            "data": entry.data,
            "leaf_hash": bytes(entry.leaf_hash).hex(),
        }
        for entry in entries
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_entry (
                uuid, at, event, actor_kind, actor_id, actor_label, subject_type, subject_id, data, leaf_hash)
            SELECT uuid, at, event, actor_kind, actor_id, actor_label, subject_type, subject_id, data,
                decode(leaf_hash, 'hex')
            FROM json_to_recordset(%s) AS new (
                uuid uuid, at timestamptz, event text, actor_kind text, actor_id text, actor_label text,
                subject_type text, subject_id text, data jsonb, leaf_hash text)
            RETURNING seq
            """,
            [json.dumps(rows, ensure_ascii=False)],
        )
        for entry, (seq,) in zip(entries, cursor.fetchall(), strict=True):
            entry.seq = seq
            entry._state.adding = False  # noqa: SLF001 - what bulk_create does for the rows it inserted


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        [alone] = cursor.fetchone()
    return bool(alone)


def _insert_leaves(entry_ids: Sequence[int], hashes: Sequence[bytes], *, first: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_leaf (index, entry_id, hash) "
            "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])",
            [list(range(first, first + len(entry_ids))), list(entry_ids), list(hashes)],
        )


def _insert_nodes(nodes: Sequence[tuple[Subtree, bytes]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_node (level, index, hash) "
            "SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])",
            [
                [subtree.level for subtree, _ in nodes],
                [subtree.number for subtree, _ in nodes],
                [digest for _, digest in nodes],
            ],
        )


def _insert_head(frontier: Frontier, *, last: Head | None) -> None:
    head = Head(
        size=frontier.size,
        root=frontier.root(),
        at=timezone.now().astimezone(UTC),
        previous=bytes(last.digest) if last else BEFORE_FIRST,
    )
    head.digest = head_digest(head.body)
    head.save(force_insert=True)
