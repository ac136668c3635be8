"""A visitor is asked in the chat itself how it was, answers there, and only there."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from postroad.channels.models import ChannelMember
from postroad.conversations.models import Message
from postroad.desk import actions
from postroad.desk.models import Case, Rating
from postroad.desk.tests.factories import make_calendar, make_desk
from postroad.livechat.models import ChatSettings, Visit
from postroad.livechat.tests.factories import SITE, chatting, make_chat

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(company):
    make_calendar()
    channel = make_chat(company)
    ChannelMember.objects.create(channel=channel, person=company.agent)
    actions.change_rating_rules(
        channel=channel, person=company.desk_lead, enabled=True, delay_minutes=0, question="我们帮到您了吗？"
    )
    return channel


def solve(browser, company):
    case = Case.objects.get(links__conversation=browser.visit.conversation)
    actions.chat(case=case, text="Monday.", person=company.agent)
    actions.solve(cases=[case], reason="answered", person=company.agent)
    return case


def rating(chat, token, body=None):
    given = {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_ORIGIN": SITE}
    path = f"/chat/{chat.key}/rating/?lang=en"
    if body is None:
        return Client().get(path, **given)
    return Client().post(path, json.dumps(body), content_type="application/json", **given)


@pytest.fixture
def asked(chat, company):
    """A browser whose chat was solved while its visitor was there, and the token it shows."""
    browser = chatting(chat, "When does my order come?", mail="maier@customer.test")
    solve(browser, company)
    assert actions.ask_for_ratings() == 1
    return browser


def test_who_is_there_is_asked_at_once_in_the_chat_and_gets_no_mail(chat, asked):
    visit = Visit.objects.get(pk=asked.visit.pk)
    assert Rating.objects.get().way == "chat"
    assert visit.asked_until > timezone.now()
    assert not Message.objects.filter(text__contains="/rate/").exists()
    assert rating(chat, asked.token).json()["question"] == "我们帮到您了吗？"


def test_the_answer_is_the_cases_rating_and_can_be_changed(chat, asked):
    assert rating(chat, asked.token, {"score": 3, "words": "ok"}).status_code == 204
    assert rating(chat, asked.token, {"score": 5, "words": "good"}).status_code == 204
    found = Rating.objects.get()
    assert (found.score, found.words) == (5, "good")
    assert Visit.objects.get(pk=asked.visit.pk).rated == 5


@pytest.mark.parametrize("score", [0, 6, "5", True, None, 4.5])
def test_what_is_no_score_is_refused(chat, asked, score):
    assert rating(chat, asked.token, {"score": score}).status_code == 422
    assert Rating.objects.get().score is None


def test_another_visitor_answers_nothing_for_this_one(chat, asked):
    other = chatting(chat, "Hello")
    assert rating(chat, other.token, {"score": 1}).status_code == 404
    assert rating(chat, "nonsense", {"score": 1}).status_code in {401, 404}
    assert Rating.objects.get().score is None


def test_who_has_gone_and_left_an_address_is_asked_by_mail(chat, company):
    ChatSettings.objects.update(mailbox=make_desk(company, "service"))
    browser = chatting(chat, "Hello", mail="maier@customer.test")
    solve(browser, company)
    Visit.objects.filter(pk=browser.visit.pk).update(seen_at=timezone.now() - timedelta(minutes=5))
    assert actions.ask_for_ratings() == 1
    found = Rating.objects.get()
    assert found.way == "mail"
    assert "/rate/" in Message.objects.get(pk=found.message_id).text
