"""The pages: who sees them, what they show, what they refuse."""

from datetime import timedelta

import pytest
from django.urls import reverse

from postroad.directory import queries
from postroad.directory.models import Conflict, ScimToken, Source, SyncRun
from postroad.directory.tests.factories import finish, follow, make_source
from postroad.messengers.models import Messenger
from postroad.org.models import Person, today
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def it(client, company):
    return sign_in(client, company.it)


def place(name: str, *args) -> str:
    return reverse(f"directory:{name}", args=args)


def test_a_directory_is_connected_previewed_read_and_applied(it, outside, company):
    outside.add("u1", "新人")
    form = it.post(place("connection_fields"), {"connector": "memory", "name": "员工"})
    assert b"setting_host" in form.content
    answer = it.post(
        place("connect"),
        {"connector": "memory", "name": "员工目录", "key": "staff", "setting_host": "h", "every_minutes": "60"},
    )
    source = Source.objects.get()
    assert answer.url == source.get_absolute_url()
    assert "员工目录" in it.get(answer.url).content.decode()
    trial = it.post(place("read", source.pk), {"trial": "1"})
    run = finish(SyncRun.objects.get())
    assert run.state == SyncRun.State.LOOKED
    assert it.get(trial.url).status_code == 200
    it.post(place("read", source.pk))
    held = finish(SyncRun.objects.latest("id"))
    page = it.get(place("run", held.pk)).content.decode()
    assert held.get_hold_display() in page
    assert it.post(place("approve", held.pk), {"reason": ""}).status_code == 422
    it.post(place("approve", held.pk), {"reason": "looked at"})
    assert finish(held).state == SyncRun.State.APPLIED
    assert Person.objects.filter(staff_no="U1").exists()


def test_what_is_missing_is_said_at_the_field_and_what_was_typed_stays(it, outside):
    answer = it.post(
        place("connect"), {"connector": "memory", "name": "员工目录", "key": "Bad Key", "every_minutes": "1"}
    )
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"key", "setting_host", "every_minutes"}
    assert "员工目录" in answer.content.decode()


def test_changing_keeps_a_password_that_is_not_typed_again(it, company, outside):
    source = make_source(company, secrets={"password": "s3cret"})
    page = it.get(place("edit", source.pk)).content.decode()
    assert "s3cret" not in page
    it.post(place("edit", source.pk), {"name": "新名", "setting_host": "other", "setting_password": ""})
    source.refresh_from_db()
    assert (source.name, source.connector_settings["host"]) == ("新名", "other")
    assert queries.secrets_of(source) == {"password": "s3cret"}


def test_held_readings_stand_on_the_page_of_who_decides_with_the_people_who_would_end(source, outside, company, client):
    for number in range(3):
        outside.remove(f"u{number}")
    run = follow(source)
    sign_in(client, company.hr)
    assert place("run", run.pk) in client.get("/").content.decode()
    page = client.get(place("run", run.pk)).content.decode()
    assert all(f"员工{number}" in page for number in range(3))
    client.post(place("approve", run.pk), {"reason": "a mistake", "discard": "1"})
    run.refresh_from_db()
    assert run.state == SyncRun.State.DISCARDED
    assert place("run", run.pk) not in client.get("/").content.decode()


def test_both_sides_of_a_conflict_are_shown_masked_and_settled_by_a_click(source, outside, company, client):
    outside.add("x", "林小晓", staff_no="A015", mail="secret.name@company.test", phone="13812345678")
    follow(source)
    conflict = queries.open_conflicts(source).get()
    sign_in(client, company.hr)
    page = client.get(place("conflicts", source.pk)).content.decode()
    assert "林小晓" in page
    assert "林晓" in page
    assert "secret.name" not in page
    assert "13812345678" not in page
    assert client.post(place("settle", conflict.pk), {"choice": "take"}).status_code == 422
    client.post(place("settle", conflict.pk), {"choice": Conflict.Choice.SAME, "reason": "married"})
    finish(source.runs.latest("id"))
    company.stranger.refresh_from_db()
    assert company.stranger.name == "林小晓"
    assert "married" in client.get(place("conflicts", source.pk)).content.decode()


def test_conflicts_of_one_kind_are_settled_alike(source, outside, company, client):
    for field in ("stranger", "owner"):
        person = getattr(company, field)
        outside.add(field, person.name, staff_no=person.staff_no)
    follow(source)
    sign_in(client, company.hr)
    kind = Conflict.Kind.OWNED_BY_HAND
    page = client.get(place("conflicts", source.pk), {"kind": kind}).content.decode()
    assert place("settle_alike", source.pk) in page
    client.post(place("settle_alike", source.pk), {"kind": kind, "choice": "take", "reason": "all of them"})
    finish(source.runs.latest("id"))
    assert queries.source_answering_for(company.owner) == source
    assert client.post(place("settle_alike", source.pk), {"kind": "x", "choice": "take"}).status_code == 422


def test_a_token_is_shown_once(it, company):
    source = make_source(company, key="idp", connector="scim", settings={})
    assert "/scim/v2" in it.get(source.get_absolute_url()).content.decode()
    made = it.post(place("make_token", source.pk), {"note": "Entra ID", "expires_on": today() + timedelta(days=30)})
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    assert secret not in it.get(source.get_absolute_url()).content.decode()
    refused = it.post(place("make_token", source.pk), {"note": "x", "expires_on": today() + timedelta(days=900)})
    assert refused.status_code == 422
    it.post(place("revoke_token", ScimToken.objects.get().pk))
    assert not ScimToken.objects.get().is_valid


def test_suspending_and_retiring_ask_why(it, source):
    assert it.post(place("suspend", source.pk), {"reason": ""}).status_code == 422
    it.post(place("suspend", source.pk), {"reason": "moving"})
    it.post(place("resume", source.pk))
    it.post(place("retire", source.pk), {"reason": "replaced"})
    source.refresh_from_db()
    assert source.state == Source.State.RETIRED
    assert it.post(place("edit", source.pk), {"name": "x", "setting_host": "h"}).status_code == 409


def test_auditors_look_human_resources_decide_and_nobody_else_comes_in(source, client, company):
    run = source.runs.latest("id")
    for person, seen, edited, decided in (
        (company.it, 200, 200, 404),
        (company.hr, 200, 403, 404),
        (company.auditor, 200, 403, 403),
        (company.stranger, 403, 403, 403),
    ):
        sign_in(client, person)
        for page in (place("sources"), source.get_absolute_url(), place("run", run.pk), place("conflicts", source.pk)):
            assert client.get(page).status_code == seen, (person, page)
        assert client.get(place("connect")).status_code == edited
        unknown = "00000000-0000-0000-0000-000000000000"
        assert client.post(place("settle", unknown), {"choice": "take"}).status_code == decided


def test_lists_cost_the_same_with_many(source, it, outside, django_assert_max_num_queries, company):
    for n in range(15):
        outside.add(f"bad{n}", f"坏{n}", staff_no="")
        follow(source, trial=True)
    follow(source)
    for page in (source.get_absolute_url(), place("sources"), place("conflicts", source.pk)):
        it.get(page)
        with django_assert_max_num_queries(16):
            it.get(page)


def test_the_contacts_of_a_connected_messenger_are_read_over_its_own_connection(it, outside, company, monkeypatch):
    messenger = Messenger.objects.create(
        key="chat", name="聊天", connector="memory", connector_settings={"host": "the messenger's"}
    )
    monkeypatch.setattr(queries, "messengers", lambda: (outside,))
    answer = it.post(
        place("connect"),
        {"connector": f"messenger:{messenger.pk}", "name": "聊天通讯录", "key": "chat", "adopts": "on"},
    )
    source = Source.objects.get()
    assert (answer.status_code, source.messenger, source.connector) == (302, messenger, "memory")
    outside.add("u1", "新人")
    assert follow(source).people_new == 1
    assert outside.accounts[0].settings == {"host": "the messenger's"}
    it.post(place("edit", source.pk), {"name": "改名"})
    source.refresh_from_db()
    assert (source.name, source.messenger) == ("改名", messenger)
