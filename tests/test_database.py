"""Each test finds the database as the migrations left it, whatever the test before it committed."""

from __future__ import annotations

import pytest
from django.db import connection

from postroad.clock.tests.factories import make_calendar
from postroad.org.tests.cast import make_company

pytestmark = pytest.mark.django_db(transaction=True)


def asked(question: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def contents() -> dict[str, object]:
    names = [str(name) for (name,) in asked("SELECT name FROM kept.emptied ORDER BY name")]
    return {
        name: asked(f"SELECT md5(string_agg(row::text, '' ORDER BY row::text)) FROM \"{name}\" AS row")
        for name in names
    }


def test_rows_evidence_and_sequences_are_what_they_were() -> None:
    [(entries,)] = asked("SELECT count(*) FROM ledger_entry")
    make_company()
    make_calendar()
    assert asked("SELECT count(*) FROM ledger_entry") > [(entries,)]
    filled = contents()
    assert asked("SELECT kept.restore()") == [(True,)]

    restored = contents()
    assert restored["ledger_entry"] != filled["ledger_entry"]
    assert restored["org_person"] == [(None,)]
    for name, _ in asked("SELECT name, 1 FROM kept.filled"):
        assert restored[str(name)] == asked(
            f"SELECT md5(string_agg(row::text, '' ORDER BY row::text)) FROM kept.\"rows_{name}\" AS row"
        )
    assert asked("SELECT count(*) FROM ledger_entry") == [(entries,)]
    assert asked("SELECT tgname FROM pg_trigger WHERE tgname = 'ledger_entry_append_only' AND tgenabled = 'A'")
    for name, value, called in asked("SELECT name::text, value, called FROM kept.sequences"):
        assert asked(f"SELECT last_value, is_called FROM {name}") == [(value, called)]


def test_what_cannot_be_put_back_is_said() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (id int)")
    assert asked("SELECT kept.restore()") == [(False,)]


def test_nothing_of_it_is_left_for_the_next() -> None:
    assert asked("SELECT relname FROM pg_class WHERE relname = 'left_behind'") == []
