"""Sealing: batches, races, a sealer that dies, and the proofs that follow."""

import threading

import pytest
from django.db import OperationalError, connection, connections, transaction

from postroad.ledger import actions, merkle, queries
from postroad.ledger.actions import seal, seal_batch
from postroad.ledger.canonical import BEFORE_FIRST
from postroad.ledger.models import Entry, Head, Leaf, Node, Unsealed
from postroad.ledger.tests.factories import record_parcels
from postroad.ledger.verification import Broken, check_proof, verify
from postroad.platform.errors import Conflict

pytestmark = [pytest.mark.usefixtures("events")]


def whole() -> int:
    return verify(queries.sealed_records(), nodes=queries.stored_nodes()).entries


@pytest.mark.django_db
def test_everything_waiting_goes_in_batch_by_batch_each_under_its_head():
    record_parcels(7)
    assert seal(batch=3) == 7
    assert list(Head.objects.order_by("size").values_list("size", flat=True)) == [3, 6, 7]
    assert not Unsealed.objects.exists()
    assert whole() == 7


@pytest.mark.django_db
def test_nothing_waiting_makes_no_head():
    assert seal() == 0
    record_parcels(1)
    seal()
    assert seal() == 0
    assert Head.objects.count() == 1


@pytest.mark.django_db
def test_heads_are_chained():
    for _ in range(3):
        record_parcels(2)
        seal()
    first, second, third = Head.objects.order_by("size")
    assert bytes(first.previous) == BEFORE_FIRST
    assert bytes(second.previous) == bytes(first.digest)
    assert bytes(third.previous) == bytes(second.digest)


@pytest.mark.django_db
@pytest.mark.parametrize("sizes", [(1,), (2, 1), (3, 5, 1, 8), (16, 1), (5, 5, 5)])
def test_the_stored_tree_is_the_tree_over_all_leaves(sizes):
    for size in sizes:
        record_parcels(size)
        seal()
    leaves = [bytes(entry.leaf_hash) for entry in Entry.objects.order_by("leaf__index")]
    reference = merkle.Frontier()
    grown = {subtree: digest for leaf in leaves for subtree, digest in reference.append(leaf)}
    stored = {merkle.Subtree(node.level, node.index): bytes(node.hash) for node in Node.objects.all()}
    assert stored == {subtree: digest for subtree, digest in grown.items() if subtree.level}
    assert bytes(Head.objects.latest("size").root) == reference.root()


@pytest.mark.django_db
def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(django_assert_num_queries):
    for count in (3, 300):
        record_parcels(count)
        with django_assert_num_queries(10):
            assert seal_batch() == count


@pytest.mark.django_db
def test_a_proof_of_every_entry_holds_and_fits_no_other_content(django_assert_num_queries):
    entries = record_parcels(11)
    seal(batch=4)
    for entry in entries:
        with django_assert_num_queries(3):
            document = queries.inclusion_proof(entry).document
        assert check_proof(document).size == 11
        document["entry"]["data"]["size"] = 99
        with pytest.raises(Broken, match="does not match its leaf"):
            check_proof(document)


@pytest.mark.django_db
def test_consistency_between_any_two_heads_holds():
    for size in (1, 4, 3, 9):
        record_parcels(size)
        seal()
    heads = list(Head.objects.order_by("size"))
    for position, old in enumerate(heads):
        for new in heads[position:]:
            assert merkle.verify_consistency(
                old=old.size,
                new=new.size,
                old_root=bytes(old.root),
                new_root=bytes(new.root),
                proof=queries.consistency_proof(old=old, new=new),
            )


@pytest.mark.django_db
def test_an_entry_that_waits_has_no_proof_yet():
    [entry] = record_parcels(1)
    with pytest.raises(Conflict):
        queries.inclusion_proof(entry)


def in_thread(work) -> threading.Thread:
    def run():
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_while_one_seals_another_leaves_the_work_to_it():
    record_parcels(5)
    results = []
    with transaction.atomic():
        assert seal_batch() == 5
        in_thread(lambda: results.append(seal())).join()
    assert results == [0]
    assert whole() == 5


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sealers_at_once_lose_and_double_nothing():
    def write():
        for _ in range(10):
            record_parcels(3)

    def keep_sealing():
        for _ in range(15):
            seal(batch=7)

    for thread in [in_thread(work) for work in (write, keep_sealing, write, keep_sealing)]:
        thread.join()
    seal()
    assert Leaf.objects.count() == Entry.objects.count() == whole() == 60
    assert queries.first_forgotten() is None


@pytest.mark.django_db(transaction=True)
def test_an_entry_whose_transaction_commits_late_is_not_skipped():
    """Sealing by a high-water mark would miss it: its number is lower than that of one already sealed."""
    inserted, go_on = threading.Event(), threading.Event()

    def slow_writer():
        with transaction.atomic():
            record_parcels(1)
            inserted.set()
            go_on.wait(timeout=20)

    thread = in_thread(slow_writer)
    assert inserted.wait(timeout=20)
    [fast] = record_parcels(1)
    seal()
    assert fast.leaf.index == 0
    go_on.set()
    thread.join()
    seal()
    late = Entry.objects.get(leaf__index=1)
    assert late.seq < fast.seq
    assert whole() == 2


@pytest.mark.django_db(transaction=True)
def test_a_sealer_killed_midway_leaves_everything_to_the_next(monkeypatch):
    record_parcels(5)
    insert_head = actions._insert_head

    def die(*args, **kwargs):
        insert_head(*args, **kwargs)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(actions, "_insert_head", die)
    with pytest.raises(OperationalError):
        seal()
    monkeypatch.setattr(actions, "_insert_head", insert_head)
    connection.close()
    assert not Leaf.objects.exists()
    assert seal() == 5
    assert whole() == 5
