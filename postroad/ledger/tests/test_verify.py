"""Whoever changes evidence is found out, however much of the database they own."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from click.testing import CliRunner
from django.db import connection, connections

from postroad.ledger import merkle, queries
from postroad.ledger.actions import seal
from postroad.ledger.canonical import canonical, head_digest
from postroad.ledger.commands import ledger
from postroad.ledger.models import Entry, Head
from postroad.ledger.tests.factories import put_guards_back, record_parcels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("events")]


def run(*arguments: object):
    return CliRunner().invoke(ledger, [str(argument) for argument in arguments])


def tamper(*statements: str) -> None:
    """What somebody does who owns the tables: switch the triggers off, change, switch them on again."""
    tables = ("ledger_entry", "ledger_leaf", "ledger_node", "ledger_head", "ledger_unsealed")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    put_guards_back()


@pytest.fixture
def inside(monkeypatch):
    """The commands run inside the test's own transaction, which is a snapshot enough."""
    monkeypatch.setattr(queries, "snapshot", nullcontext)


@pytest.fixture
def sealed(events, inside) -> list[Entry]:
    entries = record_parcels(6)
    seal(batch=4)
    return entries + record_parcels(5)


def test_untouched_evidence_is_whole(sealed):
    result = run("verify")
    assert result.exit_code == 0, result.output
    assert "6 entries under 2 heads" in result.output


@pytest.mark.django_db(transaction=True)
def test_verifying_and_exporting_see_one_moment(tmp_path):
    record_parcels(3)
    seal()
    with queries.snapshot():
        assert Head.objects.count() == 1
        with ThreadPoolExecutor(1) as pool:
            pool.submit(record_and_seal_elsewhere).result()
        assert Head.objects.count() == 1
    assert "5 entries under 2 heads" in run("verify").output
    assert "5 entries" in run("export", tmp_path / "evidence.jsonl").output


def record_and_seal_elsewhere():
    try:
        record_parcels(2)
        seal()
    finally:
        connections.close_all()


def test_an_empty_ledger_is_whole(inside):
    assert "0 entries under 0 heads" in run("verify").output


CRIMES = {
    "an entry's data": ("UPDATE ledger_entry SET data = '{\"size\": 1}' WHERE seq = {seq}", "(leaf 2)"),
    "an entry's time": ("UPDATE ledger_entry SET at = at - interval '1 day' WHERE seq = {seq}", "(leaf 2)"),
    "an entry's actor": ("UPDATE ledger_entry SET actor_label = 'x' WHERE seq = {seq}", "(leaf 2)"),
    "an entry removed": ("DELETE FROM ledger_entry WHERE seq = {seq}", "leaf 2"),
    "a leaf removed": ("DELETE FROM ledger_leaf WHERE index = 2", "leaf 2"),
    "a leaf's hash": ("UPDATE ledger_leaf SET hash = '\\x00' WHERE index = 2", "(leaf 2)"),
    "two leaves swapped": (
        "UPDATE ledger_leaf SET index = index + 100 WHERE index IN (2, 3); \
         UPDATE ledger_leaf SET index = 105 - index WHERE index > 100",
        "node 1/1",
    ),
    "a node": ("UPDATE ledger_node SET hash = '\\x00' WHERE level = 2 AND index = 0", "node 2/0"),
    "a node removed": ("DELETE FROM ledger_node WHERE level = 1 AND index = 2", "node 1/2"),
    "a node added": ("INSERT INTO ledger_node VALUES (3, 0, '\\x00')", "node 3/0"),
    "a head's root": ("UPDATE ledger_head SET root = '\\x00' WHERE size = 4", "head 4"),
    "a head's time": ("UPDATE ledger_head SET at = at - interval '1 day' WHERE size = 4", "head 4"),
    "a head's link": ("UPDATE ledger_head SET previous = digest WHERE size = 6", "head 6"),
    "a head removed": ("DELETE FROM ledger_head WHERE size = 4", "head 6"),
    "the last head removed": ("DELETE FROM ledger_head WHERE size = 6", "leaf 4"),
    "an entry kept from sealing": (
        "DELETE FROM ledger_unsealed WHERE entry_id = {waiting}",
        "neither in the tree",
    ),
}


@pytest.mark.parametrize("crime", CRIMES)
def test_tampering_is_found_and_its_first_place_named(sealed, crime):
    statement, place = CRIMES[crime]
    tamper(statement.replace("{seq}", str(sealed[2].seq)).replace("{waiting}", str(sealed[8].seq)))
    result = run("verify")
    assert result.exit_code == 1, result.output
    assert place in result.stderr


@pytest.mark.parametrize("guard", queries.GUARDS)
@pytest.mark.parametrize("how", ["ALTER TABLE {table} DISABLE TRIGGER {guard}", "DROP TRIGGER {guard} ON {table}"])
def test_a_guard_switched_off_is_found(sealed, guard, how):
    table = "ledger_entry" if guard == "ledger_queue_unsealed" else guard.removesuffix("_append_only")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(how.format(table=table, guard=guard))
    result = run("verify")
    assert result.exit_code == 1
    assert guard in result.stderr


def rewrite_history() -> None:
    """Change an entry and recompute everything above it, so that the tree is consistent in itself."""
    changed = Entry.objects.get(leaf__index=1)
    changed.data["root"] = "never happened"
    digest = merkle.leaf_hash(canonical(changed.body)).hex()
    data = json.dumps(changed.data)
    tamper(
        f"UPDATE ledger_entry SET data = '{data}', leaf_hash = '\\x{digest}' WHERE seq = {changed.seq}",
        f"UPDATE ledger_leaf SET hash = '\\x{digest}' WHERE index = 1",
    )
    tree, previous = merkle.Frontier(), None
    statements = []
    heads = {head.size: head for head in Head.objects.all()}
    for entry in Entry.objects.filter(leaf__isnull=False).order_by("leaf__index"):
        for subtree, value in tree.append(bytes(entry.leaf_hash)):
            statements.append(
                f"UPDATE ledger_node SET hash = '\\x{value.hex()}' "
                f"WHERE level = {subtree.level} AND index = {subtree.number}"
            )
        if head := heads.get(tree.size):
            head.root, head.previous = tree.root(), previous or head.previous
            previous = head_digest(head.body)
            statements.append(
                f"UPDATE ledger_head SET root = '\\x{bytes(head.root).hex()}', digest = '\\x{previous.hex()}', "
                f"previous = '\\x{bytes(head.previous).hex()}' WHERE size = {head.size}"
            )
    tamper(*statements)


def test_a_history_rewritten_as_a_whole_is_found_by_any_proof_kept_elsewhere(sealed, tmp_path):
    kept = tmp_path / "proof.json"
    kept.write_text(run("prove", sealed[0].uuid).output)
    seal()
    assert run("verify", "--against", kept).exit_code == 0
    rewrite_history()
    assert run("verify").exit_code == 0
    result = run("verify", "--against", kept)
    assert result.exit_code == 1
    assert "head 6: its root is not the one that was noted elsewhere" in result.stderr


def test_a_history_cut_short_is_found_by_a_proof_kept_elsewhere(sealed, tmp_path):
    kept = tmp_path / "proof.json"
    kept.write_text(run("prove", sealed[0].uuid).output)
    tamper(
        "DELETE FROM ledger_head WHERE size > 4",
        "DELETE FROM ledger_node WHERE level = 1 AND index = 2",
        "DELETE FROM ledger_unsealed",
        "DELETE FROM ledger_entry WHERE seq NOT IN (SELECT entry_id FROM ledger_leaf WHERE index < 4)",
        "DELETE FROM ledger_leaf WHERE index >= 4",
    )
    assert run("verify").exit_code == 0
    assert "missing here" in run("verify", "--against", kept).stderr


def test_a_proof_is_checked_without_a_database(sealed, tmp_path, django_db_blocker):
    kept = tmp_path / "proof.json"
    kept.write_text(run("prove", sealed[3].uuid).output)
    with django_db_blocker.block():
        result = run("check", kept)
    assert result.exit_code == 0, result.output
    document = json.loads(kept.read_text())
    document["path"][0] = "00" * 32
    kept.write_text(json.dumps(document))
    assert "does not lead" in run("check", kept).stderr


def test_an_export_is_verified_without_a_database(sealed, tmp_path, django_db_blocker):
    file = tmp_path / "evidence.jsonl"
    assert "11 entries" in run("export", file).output
    with django_db_blocker.block():
        result = run("verify", "--from-export", file)
    assert result.exit_code == 0, result.stderr
    assert "11 entries under 3 heads" in result.output
    assert Entry.objects.latest("seq").data["size"] == 11


DAMAGE = {
    "a changed entry": (lambda lines: [line.replace('"size":3', '"size":4') for line in lines], "(leaf 3)"),
    "an entry left out": (lambda lines: lines[:2] + lines[3:], "leaf 1"),
    "two entries swapped": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "leaf 0"),
    "the tail cut off": (lambda lines: lines[:-3], "cut short"),
    "the end left out": (lambda lines: lines[:-1], "cut short"),
    "a head left out": (lambda lines: [line for line in lines if '"size":4,' not in line], "head 6"),
    "something added": (lambda lines: [*lines, "{}"], "follows the end"),
    "no export at all": (lambda lines: ["{}"], "not an export"),
    "not even JSON": (lambda lines: [lines[0], "\udcff", *lines[1:]], "line 2: it is not JSON"),
    "nothing": (lambda lines: [], "cut short"),
    "a record of nothing": (lambda lines: [lines[0], '{"x": 1}', *lines[1:]], "line 2: it is not a record"),
    "a head that is none": (lambda lines: [lines[0], '{"head": {"size": 0}}'], "line 2: it is not a record"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_an_export_is_found_and_named(sealed, tmp_path, damage):
    file = tmp_path / "evidence.jsonl"
    run("export", file)
    change, place = DAMAGE[damage]
    lines = change(file.read_text().splitlines())
    file.write_text("\n".join(lines) + "\n" if lines else "", encoding="utf-8", errors="surrogateescape")
    result = run("verify", "--from-export", file)
    assert result.exit_code == 1, result.output
    assert place in result.stderr


def test_proving_something_unknown_or_unsealed_is_a_clear_error(sealed):
    assert run("prove", sealed[10].uuid).exit_code == 1
    assert run("prove", "01a20860-c307-731d-8509-f6875026e1b3").exit_code == 1
    assert run("prove", "nonsense").exit_code == 2
