"""The hotline's pages: who sees what, and what one click does."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postroad.desk.models import Case
from postroad.hotline import actions
from postroad.hotline.models import Call, CallBack, Extension
from postroad.hotline.tests.factories import (
    MINUTE,
    MONDAY_TEN,
    TEST,
    answered,
    call_back_of,
    event,
    make_caller,
    make_hotline,
    missed,
    take,
)
from postroad.ledger.models import Entry
from postroad.org.tests.cast import sign_in

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def agent(client, company, channel):
    return sign_in(client, company.agent)


def statements(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_list_shows_calls_with_masked_numbers(agent, channel, company):
    make_caller(company)
    answered(channel, MONDAY_TEN)
    page = agent.get(reverse("hotline:calls")).content.decode()
    assert "刘洋" in page
    assert "138****8000" in page
    assert "13800138000" not in page


def test_the_list_is_narrowed(agent, channel):
    answered(channel, MONDAY_TEN, call="a")
    missed(channel, MONDAY_TEN, call="b", number="+8613900139000")
    asked = [{"state": "unanswered"}, {"number": "139 0013 9000"}, {"direction": "out"}, {"since": "2026-05-19"}]
    found = [
        [one.external_id for one in agent.get(reverse("hotline:calls"), one).context["page"].items] for one in asked
    ]
    assert found == [["b"], ["b"], [], []]


@pytest.mark.parametrize(
    "asked", [{"since": "x"}, {"channel": "no"}, {"state": "no"}, {"cursor": "x"}, {"number": "\0"}]
)
def test_nonsense_in_the_address_is_no_error(agent, channel, asked):
    assert agent.get(reverse("hotline:calls_results"), asked).status_code == 200


def test_the_list_costs_the_same_with_more_calls(agent, channel):
    missed(channel, MONDAY_TEN, call="first")
    statements(agent, reverse("hotline:calls"))
    few = statements(agent, reverse("hotline:calls"))
    for number in range(6):
        missed(channel, MONDAY_TEN, call=f"call-{number}", number=f"+861390013900{number}")
    assert statements(agent, reverse("hotline:calls")) == few
    assert statements(agent, reverse("hotline:call_backs")) == statements(agent, reverse("hotline:call_backs"))


def test_the_call_back_list_costs_the_same_with_more_callers(agent, channel):
    missed(channel, MONDAY_TEN, call="first")
    statements(agent, reverse("hotline:call_backs"))
    few = statements(agent, reverse("hotline:call_backs"))
    for number in range(6):
        missed(channel, MONDAY_TEN, call=f"call-{number}", number=f"+861390013900{number}")
    assert statements(agent, reverse("hotline:call_backs")) == few


def test_one_call_explains_its_events(agent, channel, clock):
    clock.shift(MINUTE)
    call = take(channel, event("hungup", MONDAY_TEN + MINUTE), event("ringing", MONDAY_TEN))
    page = agent.get(call.get_absolute_url())
    assert [one.event.type for one in page.context["story"]] == ["ringing", "hungup"]
    assert [bool(one.late) for one in page.context["story"]] == [True, False]
    assert page.context["case"].number == Case.objects.get().number


def test_calls_of_other_hotlines_are_not_there(agent, company, channel):
    other = make_hotline(company, "other")
    other.members.all().delete()
    call = missed(other, MONDAY_TEN)
    assert agent.get(call.get_absolute_url()).status_code == 404
    assert not agent.get(reverse("hotline:calls")).context["page"].items
    assert agent.post(reverse("hotline:called", args=[call.call_back_id]), {"outcome": "reached"}).status_code == 404
    assert call_back_of(other).settled_at is None


def test_one_click_calls_back(agent, channel, company):
    missed(channel, MONDAY_TEN)
    call_back = call_back_of(channel)
    url = reverse("hotline:called", args=[call_back.pk])
    answer = agent.post(url, {"outcome": "settled", "note": "已派工"}, follow=True)
    assert answer.redirect_chain[0][0] == reverse("hotline:call_backs")
    call_back.refresh_from_db()
    assert (call_back.outcome, call_back.settled_by) == (CallBack.Outcome.SETTLED, company.agent)
    assert not answer.context["waiting"]
    assert agent.post(url, {"outcome": "reached"}, follow=True).status_code == 200
    call_back.refresh_from_db()
    assert call_back.outcome == CallBack.Outcome.SETTLED


def test_it_leads_back_only_to_our_own_pages(agent, channel):
    missed(channel, MONDAY_TEN)
    url = reverse("hotline:called", args=[call_back_of(channel).pk])
    answer = agent.post(url, {"outcome": "not-reached", "back": "https://evil.example/"})
    assert answer["Location"] == reverse("hotline:call_backs")
    assert agent.post(url, {"outcome": "no", "back": "/desk/"})["Location"] == "/desk/"


def test_the_number_is_shown_for_a_recorded_look(agent, channel):
    missed(channel, MONDAY_TEN)
    answer = agent.post(reverse("hotline:number", args=[call_back_of(channel).pk]))
    assert "tel:13800138000" in answer.content.decode()
    assert Entry.objects.filter(event="hotline.caller.shown").count() == 1


def test_who_only_looks_cannot_call_back(client, company, channel):
    missed(channel, MONDAY_TEN)
    auditor = sign_in(client, company.auditor)
    assert auditor.get(reverse("hotline:call_backs")).status_code == 200
    assert (
        auditor.post(reverse("hotline:called", args=[call_back_of(channel).pk]), {"outcome": "reached"}).status_code
        == 403
    )
    assert auditor.post(reverse("hotline:number", args=[call_back_of(channel).pk])).status_code == 403


def test_a_ringing_call_opens_the_card_of_who_sits_there(client, company, channel, monkeypatch):
    monkeypatch.setattr("postroad.org.registry._managers", [lambda ids: dict.fromkeys(ids, company.owner)])
    contact = make_caller(company)
    missed(channel, MONDAY_TEN - MINUTE, call="before")
    call = take(channel, event("ringing", MONDAY_TEN, call="now"))
    card = sign_in(client, company.agent).get(reverse("web:work_card", args=["hotline-now"]))
    [calling] = card.context["shown"].context["calls"]
    assert (calling.call, calling.earlier[0].external_id) == (call, "before")
    assert [case.number for case in calling.cases] == [Case.objects.get().number]
    page = card.content.decode()
    assert contact.organisation.name in page
    assert str(company.owner) in page
    other = sign_in(client, company.agent2).get(reverse("web:work_card", args=["hotline-now"]))
    assert other.context["shown"].context is None


def test_the_card_is_told_in_real_time(company, channel):
    from postroad.platform.models import LiveEvent

    LiveEvent.objects.all().delete()
    take(channel, event("ringing", MONDAY_TEN))
    topics = set(LiveEvent.objects.values_list("topic", flat=True))
    assert {f"work.{company.agent.pk}", "hotline.calls"} <= topics
    assert f"work.{company.agent2.pk}" not in topics


def test_the_card_closes_when_the_call_is_over(client, company, channel):
    answered(channel, MONDAY_TEN)
    card = sign_in(client, company.agent).get(reverse("web:work_card", args=["hotline-now"]))
    assert card.context["shown"].context is None


def test_the_settings_make_a_secret_and_show_it_once(client, company, channel):
    it = sign_in(client, company.it)
    made = it.post(reverse("hotline:secret", args=[channel.key]))
    secret = made.context["made"]
    assert secret in made.content.decode()
    assert secret not in it.get(reverse("hotline:line", args=[channel.key])).content.decode()
    assert Entry.objects.filter(event="hotline.line.secret-changed").count() == 1


def test_a_test_event_goes_the_real_way_and_counts_nowhere(client, company, channel, secret):
    it = sign_in(client, company.it)
    url = reverse("hotline:test_event", args=[channel.key])
    page = it.post(url, {"type": "missed", "number": "010 1234 5678", "extension": ""})
    assert page.context["trial"].reply.status == 200
    assert Call.objects.get().test
    assert not Case.objects.exists()


def test_an_agent_cannot_connect_nor_set(agent, channel, secret, company):
    for name, given in (("secret", {}), ("test_event", {"type": "missed"}), ("extension_set", {"number": "1"})):
        assert agent.post(reverse(f"hotline:{name}", args=[channel.key]), given).status_code == 403
    extension = Extension.objects.first()
    assert agent.post(reverse("hotline:extension_remove", args=[channel.key, extension.pk])).status_code == 403


def test_extensions_are_set_and_removed(client, company, channel):
    lead = sign_in(client, company.desk_lead)
    url = reverse("hotline:extension_set", args=[channel.key])
    lead.post(url, {"number": "6009", "person": "A009"})
    assert Extension.objects.get(number="6009").person == company.desk_lead
    lead.post(url, {"number": "6009", "person": "A008"})
    assert Extension.objects.get(number="6009").person == company.agent2
    assert lead.post(url, {"number": "6 0", "person": "nobody"}).status_code == 422
    lead.post(reverse("hotline:extension_remove", args=[channel.key, Extension.objects.get(number="6009").pk]))
    assert not Extension.objects.filter(number="6009").exists()


def test_the_lists_of_somebody_without_a_hotline_say_so(client, company, channel):
    channel.members.all().delete()
    page = sign_in(client, company.agent).get(reverse("hotline:call_backs"))
    assert not page.context["has_hotline"]


def test_erased_contacts_take_their_numbers_with_them(company, channel):
    from django.utils import timezone

    contact = make_caller(company)
    missed(channel, MONDAY_TEN)
    assert actions.forget_erased() == 0
    contact.erased_at = timezone.now()
    contact.save(update_fields=["erased_at"])
    assert actions.forget_erased() == 1
    caller = Call.objects.select_related("caller").get().caller
    assert (caller.masked, caller.digest) == ("—", None)
    assert actions.show_number(call_back=call_back_of(channel), person=company.agent) == ""
    assert TEST.kind == "system"


def test_each_form_on_the_list_carries_the_word_that_lets_it_be_sent(channel, company):
    """What the shell's scripts add to requests of their own, a form that is simply sent must bring itself."""
    missed(channel, MONDAY_TEN)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(company.agent.account)
    page = browser.get("/hotline/call-backs/").content.decode()
    form = page.partition('/called/"')[2].partition("</form>")[0]
    [word] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    given = {"csrfmiddlewaretoken": word, "outcome": "settled", "back": "/hotline/call-backs/"}
    assert browser.post(f"/hotline/call-backs/{call_back_of(channel).pk}/called/", given).status_code == 302
    assert call_back_of(channel).outcome == "settled"


def test_from_a_list_that_renewed_itself_one_comes_back_to_the_whole_page(agent, channel):
    missed(channel, MONDAY_TEN)
    part = agent.get("/hotline/call-backs/results/").content.decode()
    assert 'name="back" value="/hotline/call-backs/"' in part
