"""Recomputing the whole evidence from its entries, and checking single proofs. Pure: needs no database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from postroad.ledger import merkle
from postroad.ledger.canonical import BEFORE_FIRST, PROOF_FORMAT, Json, canonical, head_digest
from postroad.ledger.merkle import Frontier, Subtree


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry at its place in the tree, and the leaf hashes that are kept of it."""

    index: int
    body: dict[str, Json]
    stored: tuple[bytes, ...]

    @property
    def position(self) -> tuple[int, int]:
        """Entries come before the head that covers them."""
        return self.index + 1, 0


@dataclass(frozen=True, slots=True)
class SealedHead:
    """A head as it was kept."""

    body: dict[str, Json]
    digest: bytes

    @property
    def size(self) -> int:
        """The number of leaves under it."""
        return int(self.body["size"])  # type: ignore[arg-type]  # a number in every head ever written

    @property
    def root(self) -> bytes:
        """The root it claims."""
        return bytes.fromhex(str(self.body["root"]))

    @property
    def position(self) -> tuple[int, int]:
        """Right after its last leaf."""
        return self.size, 1


class Broken(Exception):  # noqa: N818 - reads as the finding it is
    """The evidence does not hold: where first, and why."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much was found whole."""

    entries: int
    heads: int
    root: bytes


def verify(
    records: Iterable[SealedEntry | SealedHead],
    *,
    nodes: Iterator[tuple[Subtree, bytes]] | None = None,
    against: SealedHead | None = None,
) -> Verdict:
    """Recompute every leaf, node and head from the entries. Raises Broken at the first that differs.

    Args:
        records: entries by index, each head right after its last entry.
        nodes: the stored inner nodes in the order in which growing completes them; None if none are stored.
        against: a head kept elsewhere; it must be one of this tree, so that even a history rewritten
            as a whole is found out.

    """
    tree, previous, covered, heads = Frontier(), BEFORE_FIRST, 0, 0
    anchored = against is None
    for record in records:
        if isinstance(record, SealedEntry):
            _take(tree, record, nodes)
            continue
        _require_head(record, tree, previous)
        previous, covered, heads = record.digest, record.size, heads + 1
        if against and against.size == record.size:
            if against.root != record.root:
                raise Broken(f"head {record.size}", "its root is not the one that was noted elsewhere")
            anchored = True
    if covered != tree.size:
        raise Broken(f"leaf {covered}", "no head covers it")
    if nodes is not None and (extra := next(nodes, None)):
        raise Broken(f"node {extra[0].level}/{extra[0].number}", "it spans leaves that are not there")
    if not anchored and against:
        raise Broken(f"head {against.size}", "it was noted elsewhere and is missing here")
    return Verdict(entries=tree.size, heads=heads, root=tree.root())


def check_proof(document: Mapping[str, Any]) -> SealedHead:
    """The head that a proof document leads to. Raises Broken if the proof does not hold or cannot be read."""
    try:
        if document["format"] != PROOF_FORMAT:
            raise Broken("proof", f"unknown format {document['format']!r}")
        head = read_head(document["head"])
        leaf, index = merkle.leaf_hash(canonical(document["entry"])), int(document["leaf_index"])
        claimed = bytes.fromhex(document["leaf_hash"])
        path = [bytes.fromhex(part) for part in document["path"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Broken("proof", f"it cannot be read ({error})") from error
    if leaf != claimed:
        raise Broken(f"entry {document['entry'].get('id')}", "its content does not match its leaf")
    if head.digest != head_digest(head.body):
        raise Broken(f"head {head.size}", "its digest does not match its content")
    if not merkle.verify_inclusion(leaf=leaf, index=index, size=head.size, proof=path, root=head.root):
        raise Broken(f"leaf {index}", "the path does not lead from it to the root")
    return head


def read_head(kept: Mapping[str, Any]) -> SealedHead:
    """A head from its JSON form. Raises KeyError, TypeError or ValueError for anything else."""
    body = {key: value for key, value in kept.items() if key != "digest"}
    head = SealedHead(body=body, digest=bytes.fromhex(kept["digest"]))
    if head.size < 1 or len(head.root) != len(BEFORE_FIRST):
        raise ValueError("no head has this size or root")
    return head


def _take(tree: Frontier, entry: SealedEntry, nodes: Iterator[tuple[Subtree, bytes]] | None) -> None:
    if entry.index != tree.size:
        raise Broken(f"leaf {tree.size}", "it or its entry is missing")
    leaf = merkle.leaf_hash(canonical(entry.body))
    if any(kept != leaf for kept in entry.stored):
        raise Broken(f"entry {entry.body.get('id')} (leaf {entry.index})", "its content does not match its leaf")
    for subtree, digest in tree.append(leaf):
        if nodes is not None and subtree.level and next(nodes, None) != (subtree, digest):
            raise Broken(f"node {subtree.level}/{subtree.number}", "it is missing or does not match its leaves")


def _require_head(head: SealedHead, tree: Frontier, previous: bytes) -> None:
    place = f"head {head.size}"
    if head.size != tree.size:
        raise Broken(place, f"there are only {tree.size} leaves before it")
    if head.root != tree.root():
        raise Broken(place, "its root does not match the leaves")
    if head.body.get("previous") != previous.hex():
        raise Broken(place, "it does not follow from the head before it")
    if head.digest != head_digest(head.body):
        raise Broken(place, "its digest does not match its content")
