"""The tree against the RFC's own recursive definitions and against published test vectors."""

from collections.abc import Collection, Mapping
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.ledger import merkle
from postroad.ledger.merkle import Frontier, Subtree

# RFC 6962 / RFC 9162 vectors of the certificate-transparency project.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class Store:
    """Perfect subtrees as a grown tree leaves them behind; counts how many a proof reads."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.frontier = Frontier()
        self.hashes: dict[Subtree, bytes] = {}
        self.reads = 0
        for leaf in leaves:
            self.hashes.update(self.frontier.append(merkle.leaf_hash(leaf)))

    def __call__(self, subtrees: Collection[Subtree]) -> Mapping[Subtree, bytes]:
        self.reads += len(subtrees)
        return {subtree: self.hashes[subtree] for subtree in subtrees}


def _k(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    """MTH exactly as section 2.1.1 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = _k(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH exactly as section 2.1.3.1 defines it."""
    if len(leaves) == 1:
        return []
    k = _k(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF exactly as section 2.1.4.1 defines it."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = _k(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known=known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], known=False), mth(leaves[:k])]


many_leaves = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    store = Store(LEAVES[:size])
    assert store.frontier.root().hex() == ROOTS[size - 1]
    assert merkle.root(size, store).hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing_as_root() -> None:
    assert merkle.root(0, Store([])).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == merkle.EMPTY_ROOT


@pytest.mark.parametrize(("case", "expected"), INCLUSION.items())
def test_inclusion_proofs_are_the_published_ones(case: tuple[int, int], expected: list[str]) -> None:
    index, size = case
    proof = merkle.inclusion_proof(index, size, Store(LEAVES))
    assert [part.hex() for part in proof] == expected


@pytest.mark.parametrize(("case", "expected"), CONSISTENCY.items())
def test_consistency_proofs_are_the_published_ones(case: tuple[int, int], expected: list[str]) -> None:
    old, new = case
    proof = merkle.consistency_proof(old, new, Store(LEAVES))
    assert [part.hex() for part in proof] == expected


@given(many_leaves)
def test_growing_leaf_by_leaf_gives_the_root_of_the_definition(leaves: list[bytes]) -> None:
    store = Store(leaves)
    assert store.frontier.root() == mth(leaves)
    assert [merkle.root(size, store) for size in range(len(leaves) + 1)] == [
        mth(leaves[:size]) for size in range(len(leaves) + 1)
    ]


@given(many_leaves, st.data())
def test_inclusion_proofs_follow_the_definition_and_hold(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, Store(leaves))
    assert proof == path(index, leaves[:size])
    assert merkle.verify_inclusion(
        leaf=merkle.leaf_hash(leaves[index]), index=index, size=size, proof=proof, root=mth(leaves[:size])
    )


@given(many_leaves, st.data())
def test_consistency_proofs_follow_the_definition_and_hold(leaves: list[bytes], data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(leaves)))
    old = data.draw(st.integers(1, new))
    proof = merkle.consistency_proof(old, new, Store(leaves))
    assert proof == subproof(old, leaves[:new])
    assert merkle.verify_consistency(
        old=old, new=new, old_root=mth(leaves[:old]), new_root=mth(leaves[:new]), proof=proof
    )


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=70, unique=True), st.data())
def test_an_inclusion_proof_holds_for_nothing_else(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index, other = data.draw(
        st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] != pair[1])
    )
    proof, root = merkle.inclusion_proof(index, size, Store(leaves)), mth(leaves)
    leaf = merkle.leaf_hash(leaves[index])
    broken = data.draw(st.integers(0, len(proof) - 1))
    flipped = [bytes([part[0] ^ 1]) + part[1:] if at == broken else part for at, part in enumerate(proof)]
    assert not merkle.verify_inclusion(
        leaf=merkle.leaf_hash(leaves[other]), index=index, size=size, proof=proof, root=root
    )
    assert not merkle.verify_inclusion(leaf=leaf, index=other, size=size, proof=proof, root=root)
    assert not merkle.verify_inclusion(leaf=leaf, index=index, size=size, proof=flipped, root=root)
    assert not merkle.verify_inclusion(leaf=leaf, index=index, size=size, proof=proof[:-1], root=root)
    assert not merkle.verify_inclusion(leaf=leaf, index=index, size=size, proof=[*proof, root], root=root)
    assert not merkle.verify_inclusion(leaf=leaf, index=size, size=size, proof=proof, root=root)


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=70, unique=True), st.data())
def test_a_changed_past_is_never_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    new = len(leaves)
    old = data.draw(st.integers(1, new))
    changed_at = data.draw(st.integers(0, old - 1))
    rewritten = [b"changed" if at == changed_at else leaf for at, leaf in enumerate(leaves)]
    proof = merkle.consistency_proof(old, new, Store(rewritten))
    assert not merkle.verify_consistency(
        old=old, new=new, old_root=mth(leaves[:old]), new_root=mth(rewritten), proof=proof
    )
    assert not merkle.verify_consistency(
        old=old, new=new, old_root=mth(leaves[:old]), new_root=mth(leaves), proof=[*proof, mth(leaves)]
    )


@given(st.integers(1, 500), st.data())
def test_a_proof_reads_only_logarithmically_many_hashes(size: int, data: st.DataObject) -> None:
    store = Store([str(number).encode() for number in range(size)])
    index = data.draw(st.integers(0, size - 1))
    merkle.inclusion_proof(index, size, store)
    merkle.consistency_proof(index + 1, size, store)
    assert store.reads <= 4 * (size.bit_length() + 1)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_inclusion_proof_exists_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_proof(index, size, Store(LEAVES))


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_no_consistency_proof_leads_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        merkle.consistency_proof(old, new, Store(LEAVES))
    assert not merkle.verify_consistency(old=old, new=new, old_root=b"", new_root=b"", proof=[])
