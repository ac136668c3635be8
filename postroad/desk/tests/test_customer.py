"""The customer beside a case: history first, what they agreed to, articles that may help."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postroad.desk import actions, queries
from postroad.desk.models import Consent, Draft
from postroad.desk.permissions import Sight
from postroad.desk.tests.factories import follow_on, mail, make_desk
from postroad.knowledge.models import Use
from postroad.knowledge.tests.factories import make_article
from postroad.ledger.models import Entry
from postroad.org.registry import agreements_of
from postroad.org.tests.cast import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

QUESTION = "请问增值税专用发票如何开具？"


@pytest.fixture
def case(channel):
    return mail(channel, subject="发票问题", text=QUESTION, reply_text=QUESTION)


@pytest.fixture
def agent(client, company):
    return sign_in(client, company.agent)


def url(name, case, *more):
    return reverse(f"desk:{name}", args=[case.number, *more])


def test_what_was_before_comes_before_everything_else_newest_first(agent, channel, case, clock):
    clock.shift(timedelta(hours=1))
    later = mail(channel, subject="物流查询")
    page = agent.get(later.get_absolute_url())
    assert [one.case for one in page.context["past"]] == [case]
    text = page.content.decode()
    assert text.index('id="customer"') < text.index('id="promises"')
    assert f"#{case.number} 发票问题" in text


def test_calls_stand_in_the_history_too_with_how_they_ended(company, case):
    from postroad.hotline.models import Call, Caller
    from postroad.hotline.tests.factories import make_hotline

    hotline = make_hotline(company)
    caller = Caller.objects.create(masked="138****0000", contact=case.contact, digest=b"x", sealed_number=b"x")
    call = Call.objects.create(
        channel=hotline, external_id="1", state="missed", caller=caller, started_at=case.opened_at
    )
    everything = queries.past_of(case.contact, sight=Sight(channels=None), besides=case)
    assert [one.call for one in everything] == [call]
    assert queries.past_of(case.contact, sight=Sight(channels=(case.channel_id,)), besides=case) == []


def test_another_teams_cases_stay_out_of_the_history(company, case):
    mail(make_desk(company, "sales", team=False), subject="geheim")
    assert queries.past_of(case.contact, sight=Sight(channels=(case.channel_id,)), besides=case) == []


def test_a_first_time_is_said_to_be_one(agent, case):
    assert agent.get(case.get_absolute_url()).context["past"] == []


def test_personal_data_is_masked_and_a_look_is_recorded(agent, case):
    page = agent.get(case.get_absolute_url()).content.decode()
    panel = page[page.index('id="customer"') : page.index('id="promises"')]
    assert "kunde@customer.test" not in panel
    reveal = reverse("org:contact_reveal", args=[case.contact.pk])
    shown = agent.post(reveal, {"field": "mail", "reason": "回电"}, headers={"HX-Request": "true"}).content.decode()
    assert "kunde@customer.test" in shown
    assert Entry.objects.filter(subject_id=str(case.contact.pk), event__contains="reveal").exists()


def test_what_was_agreed_to_is_recorded_once_shown_and_withdrawn(agent, company, case):
    given = {"purpose": "接收新品信息", "source": "phone"}
    agent.post(url("record_consent", case), given)
    agent.post(url("record_consent", case), given)
    consent = Consent.objects.get()
    assert consent.recorded_by == company.agent
    assert "接收新品信息" in agent.get(case.get_absolute_url()).content.decode()
    agent.post(reverse("desk:withdraw_consent", args=[consent.pk]), {"case": case.number})
    consent.refresh_from_db()
    assert consent.withdrawn_by == company.agent
    events = Entry.objects.filter(subject_id=str(case.contact.pk), event__startswith="desk.consent").order_by("seq")
    assert [one.event for one in events] == ["desk.consent.recorded", "desk.consent.withdrawn"]
    assert [one.withdrawn_at is not None for one in agreements_of(case.contact)] == [True]
    agent.post(url("record_consent", case), given)
    assert Consent.objects.count() == 2


def test_who_sees_no_case_of_a_customer_withdraws_nothing_for_them(client, company):
    other = mail(make_desk(company, "sales", team=False))
    consent = actions.record_consent(contact=other.contact, purpose="x", source="mail", person=company.desk_lead)
    answer = sign_in(client, company.agent2).post(reverse("desk:withdraw_consent", args=[consent.pk]))
    assert answer.status_code == 404


def test_articles_that_may_help_are_beside_the_case_and_go_into_the_reply(agent, company, case):
    article = make_article(company.desk_lead, public=True)
    page = agent.get(case.get_absolute_url())
    assert [each["one"].article for each in page.context["suggested"]] == [article]
    agent.post(url("use_article", case, article.pk), {"how": "link"})
    agent.post(url("use_article", case, article.pk), {"how": "text"})
    draft = Draft.objects.get(case=case).text
    assert f"/help/{article.pk}/" in draft
    assert "1. 登录自助平台" in draft
    agent.post(url("judge_article", case, article.pk), {"helped": "no"})
    use = Use.objects.get()
    assert (use.person, use.verdict) == (company.agent, "did-not")


def test_with_scripts_only_the_use_is_noted(agent, company, case):
    article = make_article(company.desk_lead)
    answer = agent.post(url("use_article", case, article.pk), {"how": "text"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert not Draft.objects.exists()
    assert Use.objects.count() == 1


def test_an_article_only_for_inside_is_never_offered_as_a_link(agent, company, case):
    make_article(company.desk_lead)
    page = agent.get(case.get_absolute_url())
    assert page.context["suggested"][0]["link"] == ""


def test_what_the_customer_wrote_last_decides_what_is_suggested(agent, company, case):
    make_article(company.desk_lead)
    returns = make_article(company.desk_lead, "退货流程与包装", text="保留包装后退货")
    follow_on(case, text="另外想问退货流程，包装要保留吗", reply_text="另外想问退货流程，包装要保留吗")
    live = agent.get(url("case_live", case))
    assert returns in [each["one"].article for each in live.context["suggested"]]
    assert 'id="suggested"' in live.content.decode()


def test_the_panels_cost_the_same_however_long_the_history_is(agent, company, channel, case):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            agent.get(case.get_absolute_url())
        return len(captured)

    mail(channel, subject="0")
    make_article(company.desk_lead)
    few = statements()
    for number in range(6):
        mail(channel, subject=f"{number}")
        make_article(company.desk_lead, f"发票的第{number}个问题")
    assert statements() == few
