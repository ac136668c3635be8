"""Links for screens on the wall: numbers only, and only until they are revoked."""

from __future__ import annotations

import pytest
from django.urls import reverse

from postroad.desk.tests.factories import mail, make_desk
from postroad.ledger.models import Entry
from postroad.org.tests.cast import sign_in
from postroad.supervision import links
from postroad.supervision.models import Screen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def screen(client, company, channel):
    sign_in(client, company.desk_lead).post(reverse("supervision:screens"), {"name": "Hall", "channel": [channel.key]})
    client.logout()
    return Screen.objects.get()


def address(screen, name="screen"):
    return reverse(f"supervision:{name}", args=[links.token_of(screen)])


def test_a_screen_shows_numbers_without_anybody_signed_in(client, company, channel, screen):
    case = mail(channel, subject="A secret matter", sender_name="Frau Maier")
    for name in ("screen", "screen_now"):
        page = client.get(address(screen, name))
        assert page.status_code == 200
        assert page.context["board"].total.waiting == 1
        shown = page.content.decode()
        for personal in (case.subject, f"#{case.number}", company.agent.name, str(case.contact), "/desk/"):
            assert personal not in shown


def test_a_revoked_link_opens_nothing(client, company, screen):
    sign_in(client, company.desk_lead).post(reverse("supervision:revoke_screen", args=[screen.pk]))
    client.logout()
    assert client.get(address(screen)).status_code == 404
    assert [entry.event for entry in Entry.objects.filter(event__startswith="supervision.screen").order_by("pk")] == [
        "supervision.screen.made",
        "supervision.screen.revoked",
    ]


def test_a_link_cannot_be_made_up(client, screen):
    token = links.token_of(screen)
    for wrong in (screen.pk.hex, token[:-1] + ("a" if token[-1] != "a" else "b"), "x:y", "x"):
        assert client.get(reverse("supervision:screen", args=[wrong])).status_code == 404


def test_a_screen_shows_only_channels_of_who_made_it(client, company, channel):
    make_desk(company, "elsewhere", team=False, department=company.sales)
    lead = sign_in(client, company.desk_lead)
    lead.post(reverse("supervision:screens"), {"name": "Hall", "channel": ["service", "elsewhere"]})
    assert [one.key for one in Screen.objects.get().channels.all()] == ["service"]


@pytest.mark.parametrize("given", [{"name": "", "channel": ["service"]}, {"name": "Hall", "channel": []}])
def test_a_screen_has_a_name_and_something_to_show(client, company, channel, given):
    answer = sign_in(client, company.desk_lead).post(reverse("supervision:screens"), given)
    assert answer.status_code == 422
    assert not Screen.objects.exists()


def test_agents_give_out_no_links(client, company, screen):
    assert sign_in(client, company.agent).get(reverse("supervision:screens")).status_code == 403
