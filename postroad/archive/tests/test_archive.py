"""Finding messages: the right ones, only one's own, every look recorded."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from postroad.archive.models import Search
from postroad.channels.models import ChannelMember, Confidentiality
from postroad.conversations import registry
from postroad.conversations.actions import intake
from postroad.conversations.tests.factories import attached, incoming, make_channel
from postroad.ledger.models import Entry
from postroad.ledger.queries import history_of
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db

SEARCH = reverse("archive:search")


@pytest.fixture(autouse=True)
def nobody_registered(monkeypatch):
    monkeypatch.setattr(registry, "_intake_handlers", {})


@pytest.fixture
def channels(company):
    service = make_channel(company)
    secret = make_channel(company, "board", confidentiality=Confidentiality.CONFIDENTIAL, owner=company.executive)
    ChannelMember.objects.create(channel=service, person=company.agent)
    return service, secret


@pytest.fixture
def messages(channels):
    service, secret = channels
    return intake(
        [
            incoming(
                service,
                subject="发票问题",
                text="请帮我开发票，谢谢",
                sender_name="王先生",
                sender_address="wang@a.test",
            ),
            incoming(
                service,
                subject="Invoice INV-7",
                text="Where is my invoice?",
                attachments=(attached("合同.pdf", b"%PDF-1"),),
            ),
            incoming(secret, subject="机密发票", text="secret invoice"),
        ]
    )


def subjects(response):
    return [hit.message.subject for hit in response.context.get("hits", [])]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("发票", ["发票问题"]),
        ("开发票", ["发票问题"]),
        ("invoice", ["Invoice INV-7"]),
        ("INVOICE where", ["Invoice INV-7"]),
        ('"my invoice"', ["Invoice INV-7"]),
        ('"invoice my"', []),
        ("inv-7", ["Invoice INV-7"]),
        ("合同", ["Invoice INV-7"]),
        ("wang@a.test", ["发票问题"]),
        ("谢", ["发票问题"]),
        ("nothing", []),
        ("!!!", []),
    ],
)
def test_an_agent_finds_words_subjects_files_and_people_of_their_channels(client, company, messages, words, found):
    response = sign_in(client, company.agent).get(SEARCH, {"q": words})
    assert response.status_code == 200
    assert subjects(response) == found


def test_who_traces_finds_everything_and_a_stranger_nothing(client, company, messages):
    assert subjects(sign_in(client, company.auditor).get(SEARCH, {"q": "发票"})) == ["机密发票", "发票问题"]
    assert subjects(sign_in(client, company.executive).get(SEARCH, {"q": "发票"})) == ["机密发票"]
    assert subjects(sign_in(client, company.stranger).get(SEARCH, {"q": "发票"})) == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"direction": "in", "with_files": "on"}, ["Invoice INV-7"]),
        ({"direction": "out"}, []),
        ({"who": "王先生"}, ["发票问题"]),
        ({"who": "wang@a.test", "q": "发票"}, ["发票问题"]),
        ({"since": "2020-01-01", "q": "开发票"}, ["发票问题"]),
        ({"until": "2020-01-01"}, []),
    ],
)
def test_filters_narrow_what_is_found(client, company, messages, filters, found):
    assert subjects(sign_in(client, company.auditor).get(SEARCH, filters)) == found


def test_a_period_that_ends_before_it_begins_is_refused_at_its_field(client, company, messages):
    response = sign_in(client, company.agent).get(SEARCH, {"since": "2026-02-01", "until": "2026-01-01"})
    assert "until" in response.context["form"].errors
    assert "hits" not in response.context


def test_what_was_looked_for_is_marked_and_escaped(client, company, channels):
    intake([incoming(channels[0], text="<script>alert(1)</script> 发票")])
    page = sign_in(client, company.agent).get(SEARCH, {"q": "发票"}).content.decode()
    assert "<mark>发票</mark>" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_pages_are_turned_by_key_newest_first(client, company, channels):
    intake([incoming(channels[0], subject=f"{number}", text="发票") for number in range(60)])
    client = sign_in(client, company.agent)
    first = client.get(SEARCH, {"q": "发票"})
    second = client.get(SEARCH, {"q": "发票", "cursor": first.context["page"].next_cursor})
    assert subjects(first)[0] == "59"
    assert subjects(second)[0] == "34"
    assert Search.objects.count() == 1


def test_a_search_costs_the_same_number_of_queries_at_3_and_at_30_hits(client, company, channels):
    client = sign_in(client, company.agent)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(SEARCH, {"q": "发票"})
        return len(queries)

    intake([incoming(channels[0], text="发票", attachments=(attached("a", b"1"),)) for _ in range(3)])
    client.get(SEARCH, {"q": "发票"})
    few = cost()
    intake([incoming(channels[0], text="发票", attachments=(attached("a", b"1"),)) for _ in range(30)])
    assert cost() == few


def test_each_search_is_recorded_without_its_words_in_the_ledger(client, company, messages):
    sign_in(client, company.agent).get(SEARCH, {"q": "王先生 发票", "direction": "in"})
    kept = Search.objects.get()
    assert (kept.person, kept.words, kept.filters) == (company.agent, "王先生 发票", {"direction": "in"})
    entry = Entry.objects.get(event="archive.search.made")
    assert entry.actor_id == str(company.agent.pk)
    assert "王" not in str(entry.data)


def test_a_message_is_shown_in_its_thread_with_its_proof_and_the_look_is_recorded(client, company, channels, messages):
    question = messages[0].message
    intake([incoming(channels[0], thread_ids=(question.external_id,), text="还在等", html="<b>还在等</b>")])
    response = sign_in(client, company.auditor).get(reverse("archive:message", args=[question.pk]))
    page = response.content.decode()
    assert "还在等" in page
    assert bytes(question.digest).hex() in page
    assert response.context["evidence"].get_absolute_url() in page
    assert reverse("conversations:original", args=[question.pk]) in page
    entry = history_of(question).first()
    assert (entry.event, entry.actor_id) == ("archive.message.read", str(company.auditor.pk))


def test_a_message_of_another_channel_is_not_there(client, company, messages):
    secret = messages[2].message
    assert sign_in(client, company.agent).get(reverse("archive:message", args=[secret.pk])).status_code == 404
    assert not history_of(secret).filter(event="archive.message.read").exists()


def test_what_was_found_can_be_taken_away_by_who_may_and_that_is_recorded(client, company, messages):
    export = reverse("archive:export")
    assert sign_in(client, company.agent).post(export, {"q": "发票"}).status_code == 403
    response = sign_in(client, company.auditor).post(export, {"q": "发票"})
    rows = list(load_workbook(BytesIO(response.content)).active.values)
    assert [row[6] for row in rows[1:]] == ["机密发票", "发票问题"]
    assert Entry.objects.get(event="archive.search.exported").data["rows"] == 2
    assert sign_in(client, company.auditor).post(export, {}).status_code == 422
    assert sign_in(client, company.auditor).get(export).status_code == 405


def test_without_a_question_nothing_is_shown_or_recorded(client, company, messages):
    response = sign_in(client, company.auditor).get(SEARCH)
    assert response.status_code == 200
    assert subjects(response) == []
    assert not Search.objects.exists()
