"""`postroad directory`, what `postroad doctor` says of directories, and where somebody's page says they come from."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.urls import reverse
from django.utils import timezone

from postroad.directory.commands import directory
from postroad.directory.health import directories_work
from postroad.directory.models import Source
from postroad.directory.tests.factories import follow
from postroad.messengers.protocol import MessengerFault
from postroad.org.models import Person
from postroad.org.tests.cast import sign_in
from postroad.platform.doctor import Level

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _database(monkeypatch):
    """The commands find Django ready and the database up."""
    monkeypatch.setattr("postroad.platform.bootstrap.use_django", lambda: None)


def run(*words):
    return CliRunner().invoke(directory, words)


def test_a_directory_is_read_and_looked_at_from_the_command_line(source, outside):
    outside.add("u99", "新人", staff_no="M099")
    tried = run("sync", "memory", "--trial")
    assert (tried.exit_code, "1 new" in tried.output) == (0, True), tried.output
    assert not Person.objects.filter(staff_no="M099").exists()
    assert run("sync", "memory").exit_code == 0
    assert Person.objects.filter(staff_no="M099").exists()
    told = json.loads(run("status", "--json").output)
    assert (told["key"], told["people"], told["last_reading"]) == ("memory", 41, "applied")


def test_a_reading_that_fails_says_why(source, outside):
    outside.fault = MessengerFault("the server is away")
    failed = run("sync", "memory")
    assert (failed.exit_code, "the server is away" in failed.output) == (1, True)
    assert run("sync", "nobody").exit_code == 1


def test_the_doctor_says_which_directory_fails_or_is_late(source, outside):
    assert [one.level for one in directories_work()] == [Level.FINE]
    Source.objects.update(next_run_at=timezone.now() - timedelta(hours=1))
    assert [one.level for one in directories_work()] == [Level.WARNING]
    outside.fault = MessengerFault("the server is away")
    follow(source)
    assert [one.level for one in directories_work()] == [Level.FAULT]


def test_a_person_s_page_says_which_directory_answers_for_them_to_those_who_look_after_people(client, company, source):
    person = Person.objects.get(staff_no="M001")
    sign_in(client, company.hr)
    assert source.name in client.get(reverse("org:person", args=[person.pk])).content.decode()
    assert "手工录入" in client.get(reverse("org:person", args=[company.stranger.pk])).content.decode()
    sign_in(client, company.stranger)
    assert source.name not in client.get(reverse("org:person", args=[person.pk])).content.decode()
