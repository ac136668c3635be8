"""What goes on record, and what is refused at the door."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from django.utils.translation import override

from postroad.ledger import queries, registry
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.ledger.canonical import canonical
from postroad.ledger.merkle import leaf_hash
from postroad.ledger.models import Entry, Unsealed
from postroad.ledger.registry import UnknownEvent, register_events
from postroad.ledger.tests.factories import ACTOR, Event, record_parcels
from postroad.platform.actors import Actor, Subject

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("events")]

SUBJECT = Subject("test.thing", "7")


def test_an_entry_read_back_has_the_very_bytes_that_were_hashed():
    data = {"size": 10**20, "root": '引号" \\ 😀\u2028', "more": {"before": None, "after": [True, -1, ""]}}
    entry = record(Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data=data)
    stored = Entry.objects.get(uuid=entry.uuid)
    assert stored.body == entry.body
    assert leaf_hash(canonical(stored.body)) == bytes(stored.leaf_hash) == bytes(entry.leaf_hash)
    assert stored.data == data


def test_the_canonical_form_is_the_documented_one():
    with time_machine.travel(datetime(2026, 3, 1, 9, 30, tzinfo=UTC), tick=False):
        entry = record(Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data={"size": 1, "root": "根"})
    assert canonical(entry.body).decode() == (
        '{"actor":{"id":"p-1","kind":"person","label":"王芳"},"at":"2026-03-01T09:30:00.000000Z",'
        '"data":{"root":"根","size":1},"event":"ledger-test.parcel.sent",'
        f'"id":"{entry.uuid}","subject":{{"id":"7","type":"test.thing"}},"v":1}}'
    )


def test_many_entries_take_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        entries = record_parcels(200)
    assert Entry.objects.count() == 200
    assert [entry.seq for entry in entries] == sorted(entry.seq for entry in entries)


def test_nothing_to_record_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert record_many([]) == []


def test_every_entry_waits_for_sealing_however_it_was_inserted():
    record_parcels(3)
    by_hand = Entry.objects.create(
        uuid=uuid4(), at=datetime(2026, 1, 1, tzinfo=UTC), event="x", actor_kind="system", leaf_hash=bytes(32)
    )
    assert Unsealed.objects.count() == 4
    assert Unsealed.objects.filter(entry=by_hand).exists()


def test_an_unregistered_event_is_refused():
    from enum import StrEnum

    class Stray(StrEnum):
        X = "ledger-test.stray.made"

    with pytest.raises(UnknownEvent, match="has registered"):
        record(Stray.X, actor=ACTOR, subject=SUBJECT)


def test_an_event_cannot_be_registered_twice():
    with pytest.raises(ValueError, match="registered twice"):
        register_events({Event.PARCEL_SENT: "again"})


def test_data_that_its_sentence_needs_must_be_there():
    with pytest.raises(ValueError, match="lacks root"):
        record(Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data={"size": 1})


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.5, TypeError),
        (datetime(2026, 1, 1, tzinfo=UTC), TypeError),
        (uuid4(), TypeError),
        ("a\x00b", ValueError),
        ("\ud800", ValueError),
        ({1: "x"}, TypeError),
        ({"a\x00": "x"}, ValueError),
        ([["deep", {"x": 0.1}]], TypeError),
    ],
)
def test_data_that_would_not_survive_unchanged_is_refused_by_its_place(value, error):
    with pytest.raises(error, match=r"data\.root"):
        record(Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data={"size": 1, "root": value})
    assert not Entry.objects.exists()


def test_one_refused_entry_leaves_none_of_its_batch():
    good = NewEntry(event=Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data={"size": 1, "root": ""})
    bad = NewEntry(event=Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data={"size": 1, "root": 0.5})
    with pytest.raises(TypeError):
        record_many([good, bad])
    assert not Entry.objects.exists()


def test_the_sentence_is_told_in_the_readers_language():
    entry = record(Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data={"size": 3, "root": "ab"})
    with override("en"):
        assert entry.sentence == "王芳 exported the evidence: 3 entries under the root ab"
    with override("zh-hans"):
        assert Entry.objects.get(uuid=entry.uuid).sentence == "王芳 导出了存证：共 3 条，根为 ab"


def test_a_change_is_told_with_before_and_after():
    entry = record(
        Event.STATE_CHANGED, actor=ACTOR, subject=SUBJECT, data={"state": {"before": "new", "after": "open"}}
    )
    assert entry.sentence == "王芳: new > open"


def test_codes_and_moments_are_told_in_words(monkeypatch):
    monkeypatch.setattr(registry, "_words", {})
    registry.register_words([("new", "新建"), ("open", "处理中")], scope="ledger-test.state")
    state = {"before": "new", "after": "open"}
    entry = record(Event.STATE_CHANGED, actor=ACTOR, subject=SUBJECT, data={"state": state})
    assert entry.sentence == "王芳: 新建 > 处理中"
    moment = {"size": 1, "root": "2026-03-01T16:30:00.5+00:00"}
    entry = record(Event.PARCEL_SENT, actor=ACTOR, subject=SUBJECT, data=moment)
    assert "2026-03-02 00:30:00" in entry.sentence


@pytest.mark.parametrize("data", [{}, {"state": "open"}, {"state": None}, {"state": {"before": "new"}}])
def test_an_entry_of_another_age_is_told_as_far_as_it_goes(data):
    entry = Entry(event=Event.STATE_CHANGED, actor_kind="person", actor_label="王芳", data=data)
    assert ">" in entry.sentence
    assert Entry(event="gone.package.event", actor_label="x", data=data).sentence == "gone.package.event"


def test_the_system_is_told_as_the_system():
    entry = record(Event.STATE_CHANGED, actor=Actor.system("clock"), subject=SUBJECT, data={"state": {}})
    assert entry.sentence == "驿道（clock）: – > –"


def test_a_history_holds_its_subject_only_and_the_newest_first():
    record_parcels(2, subject=Subject("test.parcel", "1"))
    record_parcels(1, subject=Subject("test.parcel", "11"))
    record_parcels(1, subject=Subject("test.letter", "1"))
    history = list(queries.history_of(Subject("test.parcel", "1")))
    assert [entry.data["size"] for entry in history] == [1, 0]


def test_the_list_narrows_by_event_actor_subject_and_period():
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False):
        [early] = record_parcels(1)
    with time_machine.travel(datetime(2026, 3, 2, tzinfo=UTC), tick=False):
        [late] = record_parcels(1, subject=Subject("test.letter", "9"))
        change = record(Event.STATE_CHANGED, actor=ACTOR, subject=SUBJECT, data={"state": {"before": "", "after": ""}})
    assert set(queries.entries(event=Event.PARCEL_SENT)) == {early, late}
    assert set(queries.entries(subject=Subject("test.letter", ""))) == {late}
    assert set(queries.entries(since=datetime(2026, 3, 2, tzinfo=UTC))) == {late, change}
    assert set(queries.entries(until=datetime(2026, 3, 2, tzinfo=UTC))) == {early}
    assert set(queries.entries(actor="nobody")) == set()
    assert set(queries.entries()) == {early, late, change}
