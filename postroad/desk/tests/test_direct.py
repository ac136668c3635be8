"""Direct chats at the desk: a customer writes in a messenger, the case is answered there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from postroad.channels.protocol import OutgoingAttachment
from postroad.channels.tests.factories import company_calendar
from postroad.connectors.simulated.connector import Simulated
from postroad.conversations.actions import flush_outbox
from postroad.conversations.models import Delivery, Message
from postroad.desk import measures, queries
from postroad.desk.models import Case, CaseState, Draft, MailRules
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import promise_of, promises_of
from postroad.messengers.protocol import DirectTerms
from postroad.messengers.tests.factories import service_account
from postroad.org.models import Contact
from postroad.org.tests.cast import sign_in
from postroad.platform.measures import Period

pytestmark = pytest.mark.django_db(transaction=True)

WECOMS = DirectTerms(answer_within=timedelta(hours=48), most_answers=5)


@pytest.fixture
def im(company):
    company_calendar()
    im = service_account(company)
    MailRules.objects.create(channel=im.channel, undo_seconds=0)
    return im


@pytest.fixture
def agent(client, company):
    return sign_in(client, company.agent)


def page_of(agent, case):
    return agent.get(case.get_absolute_url()).content.decode()


def answer(agent, case, text="您好，今天下午发货。", **given):
    response = agent.post(reverse("desk:reply", args=[case.number]), {"text": text, "after": "waiting", **given})
    flush_outbox()
    return response


def test_what_a_customer_writes_becomes_one_case_however_much_they_write(im):
    im.say("请问什么时候发货？")
    im.say("订单 4711")
    case = Case.objects.get()
    assert (case.subject, case.contact.name, case.channel) == ("请问什么时候发货？", "刘洋", im.channel)
    assert [one.text for one in queries.messages_of(case)] == ["请问什么时候发货？", "订单 4711"]


def test_the_channel_promises_a_first_reply_of_its_own_and_the_24_hours(im, agent):
    im.say("在吗？")
    case = Case.objects.get()
    assert promises_of(case) == {"direct_reply": "running", "answer": "running"}
    assert promise_of(case, Promise.DIRECT_REPLY).amount == timedelta(minutes=60)
    answer(agent, case)
    assert promises_of(case) == {"direct_reply": "met", "answer": "paused"}


def test_it_counts_for_the_24_hours_and_neither_for_live_chat_nor_for_mail(im, agent):
    im.say("在吗？")
    answer(agent, Case.objects.get())
    Case.objects.get()
    agent.post(reverse("desk:solve", args=[Case.objects.get().number]))
    today = Period(timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1))
    assert measures.answered_on_time(today).sample_size == 1
    assert measures.chat_answered_on_time(today).sample_size == 0
    assert measures.first_reply_on_time(today).sample_size == 0


def test_the_answer_goes_into_the_messenger_with_its_files_and_without_a_signature(im, agent):
    im.say("请发报价单")
    file = SimpleUploadedFile("报价单.txt", "三台".encode(), content_type="text/plain")
    answer(agent, Case.objects.get(), "请查收。", files=[file])
    [got] = im.answers()
    assert got.text == "请查收。"
    assert {one.name: bytes(one.content) for one in got.files.all()} == {"报价单.txt": "三台".encode()}
    assert Case.objects.get().state == CaseState.WAITING


def test_an_answer_can_be_taken_back_like_a_mail(im, agent):
    MailRules.objects.update(undo_seconds=10)
    im.say("在吗？")
    case = Case.objects.get()
    answer(agent, case)
    agent.post(reverse("desk:take_back", args=[case.number, Draft.objects.get().pk]))
    assert im.answers() == []
    assert "您好，今天下午发货。" in page_of(agent, case)


def test_a_file_from_the_customer_comes_with_the_case(im, agent):
    photo = OutgoingAttachment("照片.png", "image/png", 4, b"\x89PNG")
    im.say("", files=[photo])
    case = Case.objects.get()
    assert case.subject == "照片.png"
    assert "照片.png" in page_of(agent, case)


def test_the_page_has_no_fields_of_a_mail_and_says_where_the_answer_goes(im, agent):
    im.say("在吗？")
    page = page_of(agent, Case.objects.get())
    assert "id_cc" not in page
    assert 'id="direct-state"' in page
    assert "刘洋" in page


def test_what_comes_from_the_messenger_is_inert(im, agent):
    im.say("<img src=x onerror=alert(2)>", name="<script>alert(1)</script>")
    page = page_of(agent, Case.objects.get())
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_an_answer_to_somebody_who_has_left_is_undelivered_and_nothing_is_lost(im, agent):
    im.say("在吗？")
    im.leave()
    case = Case.objects.get()
    assert 'role="alert"' in page_of(agent, case)
    answer(agent, case, "您好")
    case.refresh_from_db()
    assert case.undelivered
    assert case.state == CaseState.OPEN
    assert promises_of(case)["direct_reply"] == "running"
    assert [one.text for one in Message.objects.filter(direction="out")] == ["您好"]
    assert reverse("desk:retry", args=[case.number, Delivery.objects.get().pk]) in page_of(agent, case)


def test_who_comes_back_can_be_answered_again(im, agent):
    im.say("在吗？")
    im.leave()
    im.say("我又来了")
    case = Case.objects.latest("pk")
    answer(agent, case, "欢迎")
    assert [one.text for one in im.answers()] == ["欢迎"]


def test_two_users_of_a_messenger_with_one_name_stay_two_contacts(im):
    im.say("一", user_id="wx-1")
    im.say("二", user_id="wx-2")
    assert Contact.objects.filter(name="刘洋").count() == 2
    assert Case.objects.count() == 2


def test_the_agent_sees_until_when_and_how_often_the_messenger_lets_them_write(im, agent, monkeypatch):
    monkeypatch.setattr(Simulated, "direct_terms", WECOMS)
    im.say("在吗？")
    case = Case.objects.get()
    assert queries.direct_of(case).left == 5
    for number in range(4):
        answer(agent, case, f"第{number}句", after="open")
    found = queries.direct_of(case)
    assert (found.left, found.is_shut) == (1, False)
    answer(agent, case, "最后一句", after="open")
    assert queries.direct_of(case).is_shut
    im.say("好的")
    assert queries.direct_of(case).left == 5


def test_after_the_window_the_page_says_that_an_answer_will_not_arrive(im, agent, monkeypatch):
    monkeypatch.setattr(Simulated, "direct_terms", DirectTerms(answer_within=timedelta(seconds=0)))
    im.say("在吗？")
    case = Case.objects.get()
    assert queries.direct_of(case).is_shut
    assert 'role="alert"' in page_of(agent, case)


def test_who_answers_second_is_told_but_a_further_line_of_the_customer_holds_nothing_up(im, agent, company):
    im.say("在吗？")
    case, seen = Case.objects.get(), Message.objects.get().pk
    im.say("还在吗？")
    answer(agent, case, "在的", seen=seen)
    assert [one.text for one in im.answers()] == ["在的"]
    response = answer(sign_in(Client(), company.agent2), case, "我也在", seen=seen)
    assert response.status_code == 409
    assert [one.text for one in im.answers()] == ["在的"]
