"""Evidence: entries recorded, sealed, proven and verified per second, each against a floor measured in the same run.

The floor of recording is the same rows put into a plain table without index, trigger or hash: one INSERT a commit, or
one COPY for a batch. The floor of sealing is the same tree grown in memory. Quote the ratios: the figures are this
machine's.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from scratch import installation

BATCH = 100
SINGLE = 300
ENTRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
PROOFS = 200
PLAIN = """
CREATE TABLE plain_entry (uuid uuid, at timestamptz, event text, actor_kind text, actor_id text, actor_label text,
                          subject_type text, subject_id text, data jsonb, leaf_hash bytea)
"""
COLUMNS = (
    "uuid",
    "at",
    "event",
    "actor_kind",
    "actor_id",
    "actor_label",
    "subject_type",
    "subject_id",
    "data",
    "leaf_hash",
)


def measure(run: Callable[[int], None], *, rounds: int, each: int = 1) -> float:
    """Entries a second over `rounds` calls that handle `each` entries."""
    run(0)
    start = time.perf_counter()
    for number in range(1, rounds + 1):
        run(number)
    return rounds * each / (time.perf_counter() - start)


def show(name: str, rate: float, floor: float) -> None:
    print(f"{name:<44} {rate:>10,.0f} /s   floor {floor:>12,.0f} /s   ratio {rate / floor:.2f}")


def main() -> None:
    from django.db import connection, transaction

    from postroad.ledger import merkle, queries, verification
    from postroad.ledger.actions import NewEntry, record_many, seal
    from postroad.ledger.events import Event
    from postroad.ledger.models import Entry
    from postroad.platform.actors import Actor, Subject

    actor = Actor(kind="person", id="01a20860-c307-731d-8509-f6875026e1b3", label="王芳")

    def new(number: int) -> NewEntry:
        subject = Subject("desk.case", f"01a20860-c307-731d-8509-{number:012}")
        return NewEntry(Event.EXPORT_WRITTEN, actor, subject, {"size": number, "root": "ab" * 32})

    def record(count: int) -> Callable[[int], None]:
        def run(number: int) -> None:
            with transaction.atomic():
                record_many([new(number * count + one) for one in range(count)])

        return run

    with connection.cursor() as cursor:
        cursor.execute(PLAIN)
    with transaction.atomic():
        sample = record_many([new(number) for number in range(BATCH)])
    rows = [[getattr(entry, name) for name in COLUMNS] for entry in sample]
    for row in rows:
        row[COLUMNS.index("data")] = json.dumps(row[COLUMNS.index("data")])

    def insert_plain(number: int) -> None:
        with connection.cursor() as cursor:
            values = ", ".join(["%s"] * len(COLUMNS))
            cursor.execute(f"INSERT INTO plain_entry VALUES ({values})", rows[number % BATCH])

    def copy_plain(_number: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor, cursor.copy("COPY plain_entry FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    show("record, one a commit", measure(record(1), rounds=SINGLE), measure(insert_plain, rounds=SINGLE))
    rounds = ENTRIES // BATCH
    show(
        f"record_many, {BATCH} a commit",
        measure(record(BATCH), rounds=rounds, each=BATCH),
        measure(copy_plain, rounds=rounds, each=BATCH),
    )

    leaves = [bytes(leaf) for leaf in Entry.objects.values_list("leaf_hash", flat=True)]
    start = time.perf_counter()
    frontier = merkle.Frontier()
    for leaf in leaves:
        list(frontier.append(leaf))
    floor = len(leaves) / (time.perf_counter() - start)
    start = time.perf_counter()
    sealed = seal()
    show("seal", sealed / (time.perf_counter() - start), floor)

    start = time.perf_counter()
    with queries.sealed_tree() as (records, nodes):
        verdict = verification.verify(records, nodes=nodes)
    show("verify the database", verdict.entries / (time.perf_counter() - start), floor)

    entries = list(Entry.objects.order_by("?")[:PROOFS])
    start = time.perf_counter()
    for entry in entries:
        verification.check_proof(queries.inclusion_proof(entry).document)
    each = (time.perf_counter() - start) / len(entries)
    print(f"prove and check one of {verdict.entries:,} entries: {each * 1000:.1f} ms")


if __name__ == "__main__":
    with installation():
        main()
