"""Messages that nobody could take: seen by those who can mend it, tried again at their word."""

from __future__ import annotations

import pytest
from django.urls import reverse

from postroad.conversations import health, queries, registry
from postroad.conversations.actions import intake
from postroad.conversations.tests.factories import incoming, make_channel
from postroad.org.tests.cast import Company, sign_in
from postroad.platform.doctor import Level

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(company: Company, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A handler that takes nothing while the list is not empty, and a message that came meanwhile."""
    faults = ["the shelf is full"]

    def handler(taken: list[registry.Intaken]) -> None:
        del taken
        if faults:
            raise ValueError(faults[0])

    monkeypatch.setattr(registry, "_intake_handlers", {"test.handler": handler})
    intake([incoming(make_channel(company))])
    return faults


def test_who_runs_the_installation_sees_them_on_my_work_and_nobody_else(company: Company, broken, client):
    sign_in(client, company.it)
    assert "the shelf is full" in client.get(reverse("web:my_work")).content.decode()
    sign_in(client, company.stranger)
    assert "the shelf is full" not in client.get(reverse("web:my_work")).content.decode()


def test_they_are_tried_again_at_once_when_that_is_asked_for(company: Company, broken, client):
    sign_in(client, company.it)
    answer = client.post(reverse("conversations:try_again"), follow=True).content.decode()
    assert "still not" in answer or "仍未" in answer
    broken.clear()
    client.post(reverse("conversations:try_again"))
    assert not queries.unhandled().exists()
    assert "the shelf is full" not in client.get(reverse("web:my_work")).content.decode()


def test_the_doctor_tells_how_many_and_why(broken):
    [finding] = health.no_message_is_unhandled()
    assert finding.level == Level.FAULT
    assert "the shelf is full" in finding.text
    broken.clear()
