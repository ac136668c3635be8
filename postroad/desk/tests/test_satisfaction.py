"""Customers are asked how satisfied they were: whom, when, how often, what becomes of the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postroad.channels.models import ChannelMember
from postroad.channels.protocol import AutoKind, FailedRecipient
from postroad.clock.models import Deadline
from postroad.conversations.models import Message
from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import Case, Rating, RatingRules
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, make_desk, refuse, reply
from postroad.ledger.models import Entry
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict, Invalid, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def switch_on(channel, company, **values):
    return actions.change_rating_rules(channel=channel, person=company.desk_lead, enabled=True, **values)


@pytest.fixture
def asking(channel, company):
    switch_on(channel, company)
    return channel


def solved(channel, company, **values):
    """A case that was answered, and solved by it, a moment ago."""
    case = mail(channel, **({"may_autorespond": True} | values))
    accept(reply(case, company.agent, after=After.SOLVED), timezone.now())
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def asked(asking, company, clock):
    case = solved(asking, company, subject="发票问题", text="请问发票何时寄出？")
    clock.shift(DAY + HOUR)
    assert actions.ask_for_ratings() == 1
    return Rating.objects.get(case=case)


def path_of(rating):
    return "/" + actions.link_to(rating).split("/", 3)[3]


def owed():
    return Deadline.objects.filter(kind="desk.rating-follow-up", finished_at=None)


def test_who_was_helped_is_asked_once_after_a_quiet_day_by_a_mail_with_a_link(asking, company, clock):
    case = solved(asking, company)
    clock.shift(DAY - HOUR)
    assert actions.ask_for_ratings() == 0
    clock.shift(2 * HOUR)
    assert (actions.ask_for_ratings(), actions.ask_for_ratings()) == (1, 0)
    rating = Rating.objects.get(case=case)
    question = Message.objects.get(pk=rating.message_id)
    assert actions.link_to(rating) in question.text
    assert (question.auto, question.person, question.recipients[0]["address"]) == (
        AutoKind.REPLY,
        None,
        "kunde@customer.test",
    )
    assert (rating.agent, rating.way, rating.expires_at) == (company.agent, "mail", rating.asked_at + 14 * DAY)
    case.refresh_from_db()
    assert case.state == "solved"


def test_nobody_is_asked_where_it_was_not_switched_on(channel, company, clock):
    solved(channel, company)
    clock.shift(2 * DAY)
    assert actions.ask_for_ratings() == 0


def test_what_was_solved_before_it_was_switched_on_is_let_rest(channel, company, clock):
    solved(channel, company)
    clock.shift(HOUR)
    switch_on(channel, company)
    clock.shift(2 * DAY)
    assert actions.ask_for_ratings() == 0


def test_robots_spam_merged_and_unanswerable_cases_are_never_asked_about(asking, company, clock):
    robot = mail(asking, auto=AutoKind.LIST, sender_address="news@weekly.example")
    actions.solve(cases=[robot], reason="x", person=company.agent)
    spam = mail(asking, sender_address="spam@spam.example", may_autorespond=True)
    actions.mark_spam(cases=[spam], person=company.agent)
    gone = mail(asking, sender_address="a@customer.test", may_autorespond=True)
    actions.merge(case=gone, into=mail(asking, sender_address="b@customer.test"), person=company.agent)
    silent = mail(asking, sender_address="c@customer.test", may_autorespond=False)
    actions.solve(cases=[silent], reason="x", person=company.agent)
    clock.shift(2 * DAY)
    assert actions.ask_for_ratings() == 0
    assert not Rating.objects.exists()


def test_a_case_that_goes_on_is_not_asked_about_until_it_is_solved_again(asking, company, clock):
    case = solved(asking, company)
    clock.shift(HOUR)
    follow_on(case, may_autorespond=True, received_at=timezone.now())
    clock.shift(2 * DAY)
    assert actions.ask_for_ratings() == 0


def test_the_same_person_is_asked_once_in_thirty_days_however_many_cases(asking, company, clock):
    for number in range(3):
        solved(asking, company, subject=f"{number}")
    clock.shift(2 * DAY)
    assert actions.ask_for_ratings() == 1
    clock.shift(29 * DAY)
    solved(asking, company, subject="later")
    clock.shift(HOUR)
    assert actions.ask_for_ratings() == 0


def test_finding_whom_to_ask_costs_one_statement(asking, company, clock, django_assert_num_queries):
    for number in range(4):
        solved(asking, company, sender_address=f"{number}@customer.test")
    clock.shift(2 * DAY)
    with django_assert_num_queries(1):
        assert len(queries.cases_to_ask_about(timezone.now(), limit=50)) == 4


def test_the_question_speaks_the_customers_language_in_the_channels_own_words(channel, company, clock):
    switch_on(channel, company, question="您对我们满意吗？", question_en="Were we of help?")
    chinese = solved(channel, company, sender_address="zh@customer.test", subject="发票", text="请问发票何时寄出")
    english = solved(channel, company, sender_address="en@customer.test", subject="Invoice", text="Where is it?")
    clock.shift(2 * DAY)
    actions.ask_for_ratings()
    texts = {one.case_id: Message.objects.get(pk=one.message_id).text for one in Rating.objects.all()}
    assert texts[chinese.pk].startswith("您对我们满意吗？")
    assert texts[english.pk].startswith("Were we of help?")


def test_a_question_that_does_not_arrive_opens_nothing_again(asked):
    refuse(Message.objects.get(pk=asked.message_id), timezone.now())
    asked.case.refresh_from_db()
    assert (asked.case.state, asked.case.undelivered) == ("solved", False)


def test_the_link_takes_one_answer_that_can_be_changed_for_a_day(asked, clock):
    outside = Client()
    assert outside.get(path_of(asked)).status_code == 200
    assert Rating.objects.get().score is None
    assert "很快" in outside.post(path_of(asked), {"score": "4", "words": "很快"}).content.decode()
    outside.post(path_of(asked), {"score": "5", "words": "很快！"})
    rating = Rating.objects.get()
    assert (rating.score, rating.words) == (5, "很快！")
    clock.shift(DAY)
    assert outside.post(path_of(asked), {"score": "1"}).status_code == 409
    assert Rating.objects.get().score == 5
    entries = Entry.objects.filter(event="desk.rating.given").order_by("seq")
    assert [one.data["score"] for one in entries] == [{"before": None, "after": 4}, {"before": 4, "after": 5}]


def test_an_expired_altered_or_foreign_link_answers_nothing(asked, clock):
    outside = Client()
    altered = path_of(asked)[:-3] + "xx/"
    assert outside.get(altered).status_code == 404
    assert outside.get("/rate/" + asked.pk.hex + "/").status_code == 404
    clock.shift(15 * DAY)
    assert outside.post(path_of(asked), {"score": "5"}).status_code == 409
    assert Rating.objects.get().score is None


@pytest.mark.parametrize("score", ["0", "6", "", "x", "5.5"])
def test_what_is_no_score_is_refused_at_its_place_and_the_words_are_kept(asked, score):
    answer = Client().post(path_of(asked), {"score": score, "words": "我的话"})
    assert answer.status_code == 422
    assert "我的话" in answer.content.decode()
    with pytest.raises(Invalid):
        actions.rate(rating=asked, score=6)


def test_the_customers_page_knows_no_session_and_shows_nothing_of_the_case(asked, client, company):
    page = sign_in(client, company.agent).get(path_of(asked))
    shown = page.content.decode()
    assert not page.cookies
    for secret in (company.agent.name, "发票问题", str(asked.case.number), "csrfmiddlewaretoken", "<script"):
        assert secret not in shown
    assert "no-store" in page.headers["Cache-Control"]


def test_nothing_is_kept_of_where_an_answer_came_from():
    names = {field.name for field in Rating._meta.get_fields()}
    assert not {name for name in names if "address" in name or "agent_string" in name or "browser" in name}


def test_a_low_rating_is_the_leads_to_follow_up_until_they_say_what_they_did(asked, company, client):
    ChannelMember.objects.create(channel=asked.channel, person=company.desk_lead, role=ChannelMember.Role.LEAD)
    actions.rate(rating=asked, score=2, words="<b>慢</b>")
    promise = owed().get()
    assert promise.responsible == company.desk_lead
    lead = sign_in(client, company.desk_lead)
    page = lead.get(asked.case.get_absolute_url()).content.decode()
    assert "&lt;b&gt;慢" in page
    path = reverse("desk:follow_rating_up", args=[asked.case.number])
    assert lead.post(path, {"note": " "}).status_code == 422
    lead.post(path, {"note": "已电话致歉"})
    promise.refresh_from_db()
    asked.refresh_from_db()
    assert (promise.state, asked.followed_up_by, asked.follow_up_note) == ("met", company.desk_lead, "已电话致歉")
    with pytest.raises(Conflict):
        actions.follow_up(rating=asked, note="again", person=company.desk_lead)


@pytest.mark.parametrize("closed", [False, True])
def test_a_question_that_bounces_is_filed_and_nothing_more(asked, clock, closed):
    question = Message.objects.get(pk=asked.message_id)
    accept(question, timezone.now())
    if closed:
        clock.shift(15 * DAY)
        assert actions.close_quiet() == 1
    before = Case.objects.values("state", "undelivered", "reopened_at", "next_due_at").get(pk=asked.case.pk)
    follow_on(
        asked.case,
        auto=AutoKind.BOUNCE,
        bounce_of=f"{question.pk}@company.test",
        failed_recipients=(FailedRecipient("kunde@customer.test", permanent=True, status="5.1.1"),),
        received_at=timezone.now(),
    )
    assert Case.objects.values("state", "undelivered", "reopened_at", "next_due_at").get(pk=asked.case.pk) == before
    assert Case.objects.count() == 1
    assert [one.auto for one in queries.messages_of(asked.case)][-1] == AutoKind.BOUNCE


def test_without_a_lead_the_channels_owner_follows_up(asked):
    actions.rate(rating=asked, score=1)
    assert owed().get().responsible == asked.channel.owner


def test_a_rating_made_better_needs_no_follow_up_and_one_made_worse_does(asked):
    actions.rate(rating=asked, score=1)
    actions.rate(rating=asked, score=4)
    assert not owed().exists()
    actions.rate(rating=asked, score=2)
    actions.rate(rating=asked, score=1)
    assert owed().count() == 1


def test_how_a_channel_asks_is_set_on_its_page_by_who_manages_queues(channel, company, client):
    path = reverse("desk:rating_rules", args=[channel.key])
    given = {
        "enabled": "on",
        "delay_minutes": 60,
        "every_days": 10,
        "expires_days": 7,
        "question": "",
        "question_en": "",
    }
    assert sign_in(client, company.agent).post(path, given).status_code == 403
    lead = sign_in(client, company.desk_lead)
    assert lead.get(path).status_code == 200
    lead.post(path, given)
    rules = RatingRules.objects.get()
    assert (rules.enabled, rules.since, rules.every_days) == (True, MONDAY_TEN, 10)
    assert lead.post(path, given | {"every_days": 0}).status_code == 422


def test_reports_get_the_distribution_by_channel_agent_and_week(asking, company, clock):
    other = make_desk(company, "sales")
    switch_on(other, company)
    scores = {"a": (asking, 5), "b": (asking, 2), "c": (other, 4), "d": (other, None)}
    for name, (channel, _score) in scores.items():
        solved(channel, company, sender_address=f"{name}@customer.test", subject=name)
    clock.shift(2 * DAY)
    assert actions.ask_for_ratings() == 4
    for rating in Rating.objects.select_related("case"):
        if score := scores[rating.case.subject][1]:
            actions.rate(rating=rating, score=score)
    found = queries.ratings_between(MONDAY_TEN, timezone.now() + DAY)
    total = queries.ratings(found)
    assert (total.asked, total.answered, total.low, round(total.average, 2)) == (4, 3, 1, 3.67)
    assert total.lines == [(5, 1), (4, 1), (3, 0), (2, 1), (1, 0)]
    assert queries.ratings_by_channel(found)[other.pk].asked == 2
    assert queries.ratings_by_agent(found) == {company.agent.pk: total}
    assert list(queries.ratings_by_period(found).values()) == [total]
    assert queries.ratings(queries.ratings_between(MONDAY_TEN, MONDAY_TEN + DAY)).asked == 0
    assert [one.case.subject for one in queries.low_ratings([asking.pk])] == ["b"]


def test_a_link_that_is_no_link_is_refused():
    with pytest.raises(NotFound):
        actions.rating_by_token("nonsense")
