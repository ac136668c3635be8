"""The evidence pages: who may, what they show, what a list costs."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from postroad.ledger.actions import record, seal
from postroad.ledger.models import Entry
from postroad.ledger.tests.factories import ACTOR, PARCEL, Event, record_parcels
from postroad.ledger.verification import check_proof
from postroad.org.tests.cast import sign_in
from postroad.platform.actors import Actor, Subject

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("events")]


@pytest.fixture
def auditor(client, company):
    sign_in(client, company.auditor)
    return client


@pytest.mark.parametrize("name", ["ledger:list", "ledger:list_results"])
def test_the_evidence_is_for_its_readers_only(client, company, name):
    sign_in(client, company.stranger)
    assert client.get(reverse(name)).status_code == 403
    sign_in(client, company.administration_head)
    assert client.get(reverse(name)).status_code == 200
    assert client.post(reverse(name)).status_code == 405


def test_an_entry_and_its_proof_are_for_readers_only(client, company):
    [entry] = record_parcels(1)
    seal()
    pages = [reverse(name, args=[entry.uuid]) for name in ("ledger:entry", "ledger:proof")]
    sign_in(client, company.agent)
    assert [client.get(page).status_code for page in pages] == [403, 403]
    sign_in(client, company.auditor)
    assert [client.get(page).status_code for page in pages] == [200, 200]


def test_the_list_narrows_by_what_who_what_to_and_when(auditor):
    with time_machine.travel(datetime(2026, 3, 1, 15, 59, tzinfo=UTC), tick=False):  # 23:59 in Shanghai
        record(Event.PARCEL_SENT, actor=ACTOR, subject=PARCEL, data={"size": 1, "root": "old"})
    with time_machine.travel(datetime(2026, 3, 1, 16, 0, tzinfo=UTC), tick=False):  # midnight
        record(
            Event.PARCEL_SENT,
            actor=Actor("person", str(uuid4()), "李雷"),
            subject=Subject("test.letter", "5"),
            data={"size": 1, "root": "new"},
        )

    def shown(**criteria) -> set[str]:
        text = auditor.get(reverse("ledger:list_results"), criteria).content.decode()
        return {root for root in ("old", "new") if f"根为 {root}" in text}

    assert shown() == {"old", "new"}
    assert shown(since="2026-03-02") == {"new"}
    assert shown(until="2026-03-01") == {"old"}
    assert shown(actor="李雷") == {"new"}
    assert shown(actor=str(uuid4())) == set()
    assert shown(subject="test.letter 5") == {"new"}
    assert shown(subject="test.parcel") == {"old"}
    assert shown(event=Event.PARCEL_SENT, until="2026-03-02") == {"old", "new"}
    assert shown(event=Event.STATE_CHANGED) == set()


def test_a_list_of_any_length_costs_the_same(auditor, django_assert_max_num_queries):
    def cost() -> int:
        with django_assert_max_num_queries(12) as captured:
            auditor.get(reverse("ledger:list"))
        return len(captured)

    record_parcels(3)
    few = cost()
    record_parcels(120)
    assert cost() == few


def test_older_entries_are_on_the_next_page(auditor):
    record_parcels(60)
    first = auditor.get(reverse("ledger:list")).context["page"]
    second = auditor.get(reverse("ledger:list"), {"cursor": first.next_cursor}).context["page"]
    assert len(first.items) == 50
    assert not {entry.uuid for entry in first.items} & {entry.uuid for entry in second.items}


def test_an_entry_shows_that_its_proof_holds_and_gives_it_away(auditor):
    entry = record_parcels(5)[2]
    seal()
    assert "证明成立" in auditor.get(entry.get_absolute_url()).content.decode()
    response = auditor.get(reverse("ledger:proof", args=[entry.uuid]))
    assert check_proof(json.loads(response.content)).size == Entry.objects.count()
    assert "attachment" in response["Content-Disposition"]


def test_an_entry_that_waits_says_so(auditor):
    [entry] = record_parcels(1)
    assert "等待封存" in auditor.get(entry.get_absolute_url()).content.decode()
    assert auditor.get(reverse("ledger:proof", args=[entry.uuid])).status_code == 409


def test_an_unknown_entry_is_not_found(auditor):
    assert auditor.get(reverse("ledger:entry", args=[uuid4()])).status_code == 404


def test_the_name_of_an_outside_contact_never_enters_the_evidence(auditor):
    [entry] = record_parcels(1, actor=Actor("contact", str(uuid4()), "张三"))
    assert "张三" not in json.dumps(entry.body, ensure_ascii=False)
    assert "外部联系人" in auditor.get(entry.get_absolute_url()).content.decode()


def test_what_somebody_wrote_is_shown_as_text(auditor):
    record(Event.PARCEL_SENT, actor=ACTOR, subject=PARCEL, data={"size": 1, "root": "<script>x</script>"})
    text = auditor.get(reverse("ledger:list")).content.decode()
    assert "<script>x" not in text
    assert "&lt;script&gt;x" in text
