"""Reading the evidence: histories, the filtered list, the tree's hashes, proofs."""

import heapq
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, Model, OuterRef, QuerySet
from django.utils.translation import gettext as _

from postroad.ledger import merkle
from postroad.ledger.canonical import PROOF_FORMAT, Json
from postroad.ledger.merkle import Frontier, Subtree
from postroad.ledger.models import Entry, Head, Leaf, Node, Unsealed
from postroad.ledger.verification import SealedEntry, SealedHead
from postroad.platform.actors import Subject, subject_of
from postroad.platform.errors import Conflict


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in the tree under a head; ``document`` is the form that anybody can check."""

    entry: Entry
    index: int
    head: Head
    path: list[bytes]

    @property
    def path_hex(self) -> list[str]:
        """The path in hexadecimal."""
        return [part.hex() for part in self.path]

    @property
    def document(self) -> dict[str, Json]:
        """A self-contained JSON object; ``postroad ledger check`` takes it."""
        return {
            "format": PROOF_FORMAT,
            "entry": self.entry.body,
            "leaf_hash": self.entry.leaf_hex,
            "leaf_index": self.index,
            "path": [*self.path_hex],
            "head": {**self.head.body, "digest": bytes(self.head.digest).hex()},
        }


def history_of(subject: Subject | Model) -> QuerySet[Entry]:
    """Everything on record about one thing, newest first."""
    found = subject_of(subject) if isinstance(subject, Model) else subject
    return Entry.objects.filter(subject_type=found.type, subject_id=found.id).order_by("-at", "-seq")


def entries(
    *,
    event: str = "",
    actor: str | UUID = "",
    subject: Subject | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Entry]:
    """The evidence narrowed down: an event, an actor's name or id, a subject, a period (``until`` excluded)."""
    found = Entry.objects.all()
    if event:
        found = found.filter(event=event)
    if isinstance(actor, UUID):
        found = found.filter(actor_id=str(actor))
    elif actor:
        found = found.filter(actor_label=actor)
    if subject:
        found = found.filter(subject_type=subject.type)
        if subject.id:
            found = found.filter(subject_id=subject.id)
    if since:
        found = found.filter(at__gte=since)
    if until:
        found = found.filter(at__lt=until)
    return found


def latest_head() -> Head | None:
    """The newest head, None before the first sealing."""
    return Head.objects.order_by("-size").first()


def head_over(leaf: Leaf) -> Head:
    """The first head that covers a leaf."""
    return Head.objects.filter(size__gt=leaf.index).earliest("size")


def frontier(size: int) -> Frontier:
    """The right edge of the tree as it was at that size."""
    peaks = merkle.peaks_of(size)
    hashes = hashes_of(peaks)
    return Frontier(size=size, peaks=[hashes[peak] for peak in peaks])


def hashes_of(subtrees: Collection[Subtree]) -> Mapping[Subtree, bytes]:
    """The stored hashes of perfect subtrees, in one statement. Raises LookupError if one is not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH wanted AS (SELECT * FROM unnest(%s::smallint[], %s::bigint[]) AS subtree(level, index))
            SELECT 0, index, hash FROM ledger_leaf WHERE index IN (SELECT index FROM wanted WHERE level = 0)
            UNION ALL
            SELECT level, index, hash FROM ledger_node WHERE (level, index) IN (TABLE wanted)
            """,
            [[subtree.level for subtree in subtrees], [subtree.number for subtree in subtrees]],
        )
        return {Subtree(level, index): bytes(digest) for level, index, digest in cursor.fetchall()}


def inclusion_proof(entry: Entry) -> Proof:
    """The proof that an entry is under the newest head. Raises Conflict while it waits for sealing."""
    leaf = Leaf.objects.filter(entry=entry).first()
    head = latest_head()
    if leaf is None or head is None:
        raise Conflict(_("This entry has not been sealed yet. Sealing runs every few seconds."))
    path = merkle.inclusion_proof(leaf.index, head.size, hashes_of)
    return Proof(entry=entry, index=leaf.index, head=head, path=path)


def consistency_proof(*, old: Head, new: Head) -> list[bytes]:
    """The proof that the tree under ``new`` only adds to that under ``old``; ValueError if older."""
    return merkle.consistency_proof(old.size, new.size, hashes_of)


@contextmanager
def snapshot() -> Iterator[None]:
    """Every read inside sees the same moment, however long it takes. Must be the outermost transaction."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def sealed_tree() -> Iterator[tuple[Iterator[SealedEntry | SealedHead], Iterator[tuple[Subtree, bytes]]]]:
    """All records and all inner nodes as they are at one moment, for ``verification.verify``."""
    # Closed by hand: left to the garbage collector, a cursor may be closed in the midst of another statement, for
    # whose lock it then waits for ever.
    with snapshot(), closing(sealed_records()) as records, closing(stored_nodes()) as nodes:
        yield records, nodes


def sealed_records() -> Generator[SealedEntry | SealedHead, None, None]:
    """The whole tree as the verifier wants it, streamed: entries by index, each head after its last entry."""
    with closing(_sealed_entries()) as entries, closing(_sealed_heads()) as heads:
        yield from heapq.merge(entries, heads, key=lambda record: record.position)


def stored_nodes() -> Generator[tuple[Subtree, bytes], None, None]:
    """The inner nodes in the order in which growing the tree completes them."""
    after = (F("index") + 1).bitleftshift(F("level"))  # type: ignore[arg-type]  # stubs know int only
    ordered = Node.objects.annotate(after=after).order_by("after", "level")
    for level, index, digest in ordered.values_list("level", "index", "hash").iterator(chunk_size=STREAMED):
        yield Subtree(level, index), bytes(digest)


def first_forgotten() -> Entry | None:
    """An entry that is neither in the tree nor waiting for it; there is none unless somebody interfered."""
    placed = Leaf.objects.filter(entry=OuterRef("pk"))
    waiting = Unsealed.objects.filter(entry=OuterRef("pk"))
    return Entry.objects.filter(~Exists(placed), ~Exists(waiting)).order_by("seq").first()


def guards_off() -> list[str]:
    """The triggers that keep evidence as it is and that somebody dropped or switched off; there should be none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A' AND tgname = ANY(%s)", [list(GUARDS)])
        active = {name for (name,) in cursor.fetchall()}
    return sorted(set(GUARDS) - active)


GUARDS = (
    "ledger_entry_append_only",
    "ledger_head_append_only",
    "ledger_leaf_append_only",
    "ledger_node_append_only",
    "ledger_queue_unsealed",
)
STREAMED = 2_000


def _sealed_entries() -> Generator[SealedEntry | SealedHead, None, None]:
    leaves = Leaf.objects.select_related("entry").order_by("index")
    for leaf in leaves.iterator(chunk_size=STREAMED):
        stored = bytes(leaf.hash), bytes(leaf.entry.leaf_hash)
        yield SealedEntry(index=leaf.index, body=leaf.entry.body, stored=stored)


def _sealed_heads() -> Generator[SealedEntry | SealedHead, None, None]:
    for head in Head.objects.order_by("size").iterator(chunk_size=STREAMED):
        yield SealedHead(body=head.body, digest=bytes(head.digest))
