"""The Merkle tree of RFC 9162, section 2.1: hashes, roots, proofs and their verification. Pure.

A tree over n leaves is kept as its *perfect subtrees*: the subtree (level, number) spans the
leaves ``number << level`` up to ``(number + 1) << level``. They never change once complete, so a
store of them only ever grows, and any root or proof needs O(log n) of them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256(b"").digest()


class Subtree(NamedTuple):
    """The address of a perfect subtree; level 0 is a single leaf."""

    level: int
    number: int


class Range(NamedTuple):
    """Leaves from ``start`` up to but not including ``end``, as the RFC writes D[start:end]."""

    start: int
    end: int


HashesOf = Callable[[Collection[Subtree]], Mapping[Subtree, bytes]]
"""Looks up the hashes of perfect subtrees, all in one go."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf (RFC 9162 §2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 9162 §2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """The right edge of a growing tree: the hashes of its maximal perfect subtrees, largest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> Iterator[tuple[Subtree, bytes]]:
        """Take in one leaf hash; yield every perfect subtree it completes, the leaf itself first."""
        level, number, current = 0, self.size, leaf
        self.size += 1
        yield Subtree(level, number), current
        while number & 1:
            current = node_hash(self.peaks.pop(), current)
            level, number = level + 1, number >> 1
            yield Subtree(level, number), current
        self.peaks.append(current)

    def root(self) -> bytes:
        """The root over all leaves taken in so far."""
        return _fold(self.peaks)


def peaks_of(size: int) -> list[Subtree]:
    """The maximal perfect subtrees of a tree of that size, largest first."""
    return _cover(Range(0, size))


def root(size: int, hashes_of: HashesOf) -> bytes:
    """The root of the tree over the first ``size`` leaves (RFC 9162 §2.1.1, MTH)."""
    peaks = peaks_of(size)
    known = hashes_of(peaks)
    return _fold([known[peak] for peak in peaks])


def inclusion_proof(index: int, size: int, hashes_of: HashesOf) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves (RFC 9162 §2.1.3.1, PATH).

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return _resolve(list(_inclusion_ranges(index, size)), hashes_of)


def consistency_proof(old: int, new: int, hashes_of: HashesOf) -> list[bytes]:
    """The proof that the tree of ``new`` leaves only adds to that of ``old`` (RFC 9162 §2.1.4.1).

    Raises ValueError unless 0 < old <= new. The proof between equal sizes is empty.
    """
    if not 0 < old <= new:
        raise ValueError(f"no consistency proof leads from {old} to {new}")
    return _resolve(list(_consistency_ranges(old, new)), hashes_of)


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` is number ``index`` under ``root`` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the newer tree holds the older one unchanged (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _split(width: int) -> int:
    """The largest power of two smaller than ``width`` (the RFC's k)."""
    return 1 << (width - 1).bit_length() - 1


def _cover(leaves: Range) -> list[Subtree]:
    """The perfect subtrees that make up a range of the RFC's recursion, left to right."""
    subtrees, start, width = [], leaves.start, leaves.end - leaves.start
    while width:
        level = width.bit_length() - 1
        subtrees.append(Subtree(level, start >> level))
        start, width = start + (1 << level), width - (1 << level)
    return subtrees


def _fold(peaks: Sequence[bytes]) -> bytes:
    """The root over maximal perfect subtrees given largest first."""
    if not peaks:
        return EMPTY_ROOT
    current = peaks[-1]
    for peak in reversed(peaks[:-1]):
        current = node_hash(peak, current)
    return current


def _resolve(ranges: Sequence[Range], hashes_of: HashesOf) -> list[bytes]:
    covers = [_cover(leaves) for leaves in ranges]
    known = hashes_of([subtree for cover in covers for subtree in cover])
    return [_fold([known[subtree] for subtree in cover]) for cover in covers]


def _inclusion_ranges(index: int, size: int) -> Iterator[Range]:
    """The siblings on the way from the leaf to the root, lowest first."""
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start = middle
    return reversed(path)


def _consistency_ranges(old: int, new: int) -> Iterator[Range]:
    """SUBPROOF of the RFC, written as a loop: the verifier knows D[0:old] while start is 0."""
    start, end, path = 0, new, []
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start = middle
    if start:
        path.append(Range(start, end))
    return reversed(path)
