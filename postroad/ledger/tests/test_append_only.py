"""The database itself refuses to change evidence: to us, to a table owner, to a replica session."""

import pytest
from django.db import IntegrityError, connection, transaction

from postroad.ledger.actions import seal
from postroad.ledger.models import Entry, Unsealed
from postroad.ledger.tests.factories import record_parcels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("events")]

TABLES = ("ledger_entry", "ledger_leaf", "ledger_node", "ledger_head")
CHANGES = {
    "ledger_entry": "event = 'x'",
    "ledger_leaf": "hash = ''",
    "ledger_node": "hash = ''",
    "ledger_head": "root = ''",
}


def attempt(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def sealed(events):
    record_parcels(3)
    seal()
    connection.check_constraints()  # or TRUNCATE trips over pending foreign keys before it meets our trigger


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {table} SET {value}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"])
def test_no_evidence_can_be_changed(table, change):
    statement = change.format(table=table, value=CHANGES[table])
    with pytest.raises(IntegrityError, match="append-only"):
        attempt(statement)
    with pytest.raises(IntegrityError, match="append-only"):
        attempt("SET LOCAL session_replication_role = replica", statement)
    with pytest.raises(IntegrityError, match="append-only"):
        attempt("SET LOCAL pgtrigger.ignore = '{*}'", statement)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("table", TABLES)
def test_an_owner_who_is_no_superuser_is_refused_too(table):
    with pytest.raises(IntegrityError, match="append-only"):
        attempt(
            "CREATE ROLE evidence_owner",
            "GRANT ALL ON SCHEMA public TO evidence_owner",
            f"ALTER TABLE {table} OWNER TO evidence_owner",
            "SET LOCAL ROLE evidence_owner",
            f"DELETE FROM {table}",
        )


@pytest.mark.usefixtures("sealed")
def test_a_statement_that_hits_no_row_is_refused_as_well():
    with pytest.raises(IntegrityError, match="append-only"):
        Entry.objects.filter(event="nothing").update(event="x")


def test_a_replica_session_queues_its_entries_too():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        record_parcels(2)
    assert Unsealed.objects.count() == 2
