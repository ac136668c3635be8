"""A case's page: what one reads there, and every form on it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postroad.channels.models import ChannelMember
from postroad.conversations.models import Delivery, Message
from postroad.conversations.tests.factories import attached
from postroad.desk import actions, queries
from postroad.desk.models import Case, CaseState, Draft, MailRules, Note
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, make_desk, promises_of, refuse, reply
from postroad.org.tests.cast import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)


@pytest.fixture
def channel(channel):
    """Replies go at once; taking them back has tests of its own."""
    MailRules.objects.create(channel=channel, undo_seconds=0)
    return channel


@pytest.fixture
def case(channel):
    return mail(channel, subject="发票问题", text="请问发票何时寄出？\n\n> 旧的内容", reply_text="请问发票何时寄出？")


@pytest.fixture
def agent(client, company):
    return sign_in(client, company.agent)


def url(name, case, *more):
    return reverse(f"desk:{name}", args=[case.number, *more])


def post(client, name, case, **given):
    return client.post(url(name, case), given)


def test_the_page_shows_what_was_said_and_folds_away_what_was_quoted(agent, case):
    page = agent.get(case.get_absolute_url()).content.decode()
    assert "请问发票何时寄出？" in page
    assert page.index("旧的内容") > page.index("said-history")


def test_the_page_tells_each_promise_with_its_reason(agent, case):
    response = agent.get(case.get_absolute_url())
    told = response.context["promises"]
    assert [one.deadline.kind for one in told] == ["desk.first-reply", "desk.answer-24h"]
    assert all(one.sentence and one.events for one in told)


def test_what_comes_from_outside_is_inert(agent, channel):
    case = mail(
        channel,
        subject="<script>alert(1)</script>",
        text="<img src=x onerror=alert(2)>",
        reply_text="<img src=x onerror=alert(2)>",
    )
    page = agent.get(case.get_absolute_url()).content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_a_case_of_another_team_does_not_exist(agent, company):
    other = mail(make_desk(company, "sales", team=False))
    assert agent.get(other.get_absolute_url()).status_code == 404


def test_a_reader_without_the_right_to_work_sees_no_forms_and_is_refused(client, company, case):
    leader = sign_in(client, company.supervising_leader)
    page = leader.get(case.get_absolute_url()).content.decode()
    assert "reply-form" not in page
    assert post(leader, "reply", case, to="a@b.example", text="hi").status_code == 403


def test_a_reply_goes_out_and_the_case_waits(agent, company, case):
    response = post(agent, "reply", case, to="客户 <kunde@customer.test>", cc="", text="明天寄出。", after="waiting")

    assert response.status_code == 302
    message = Message.objects.get(direction="out")
    assert message.recipients == [{"role": "to", "name": "客户", "address": "kunde@customer.test"}]
    assert message.conversation.subject_token == f"PR-{case.number}"
    case.refresh_from_db()
    assert (case.state, case.assignee) == (CaseState.WAITING, company.agent)


def test_the_page_offers_the_customer_as_addressee_and_keeps_the_others_in_copy(agent, channel):
    from postroad.channels.protocol import Recipient, RecipientRole

    case = mail(
        channel,
        recipients=(
            Recipient(RecipientRole.TO, "", channel.address),
            Recipient(RecipientRole.CC, "Chef", "chef@customer.test"),
        ),
    )
    form = agent.get(case.get_absolute_url()).context["reply_form"]
    assert (form.initial["to"], form.initial["cc"]) == ("客户 <kunde@customer.test>", "Chef <chef@customer.test>")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"to": "", "text": "ok"}, "to"),
        ({"to": "nonsense", "text": "ok"}, "to"),
        ({"to": "a@b.example", "cc": "also nonsense", "text": "ok"}, "cc"),
        ({"to": "a@b.example", "text": "   "}, "text"),
    ],
)
def test_a_reply_with_a_mistake_is_not_sent_and_loses_nothing(agent, company, case, given, field):
    file = SimpleUploadedFile("报价.pdf", b"%PDF-1.7 x")
    response = agent.post(url("reply", case), given | {"files": file})

    assert response.status_code == 422
    assert field in response.context["reply_form"].errors
    draft = Draft.objects.get(case=case, person=company.agent)
    assert draft.text == given["text"]
    assert [one.name for one in draft.attachments.all()] == ["报价.pdf"]
    assert not Delivery.objects.exists()


def test_files_of_the_draft_and_files_chosen_last_go_out_together(agent, case):
    agent.post(url("draft", case), {"to": "a@b.example", "text": "begun", "files": SimpleUploadedFile("one.txt", b"1")})
    agent.post(url("reply", case), {"to": "a@b.example", "text": "done", "files": SimpleUploadedFile("two.txt", b"2")})
    message = Message.objects.get(direction="out")
    assert [one.name for one in message.attachments.order_by("position")] == ["one.txt", "two.txt"]
    assert not Draft.objects.exists()


def test_a_program_is_refused_when_it_is_chosen(agent, case):
    response = agent.post(url("draft", case), {"text": "x", "files": SimpleUploadedFile("virus.exe", b"MZ")})
    assert "virus.exe" in response.content.decode()
    draft = Draft.objects.get()
    assert (draft.text, draft.attachments.count()) == ("x", 0)


def test_a_draft_is_there_when_one_comes_back(agent, case):
    post(agent, "draft", case, to="a@b.example", cc="", text="half a sent")
    form = agent.get(case.get_absolute_url()).context["reply_form"]
    assert [form.initial[name] for name in ("to", "cc", "text")] == ["a@b.example", "", "half a sent"]


def test_delivery_is_shown_with_its_reason_and_tried_again(agent, company, case):
    message = reply(case, company.agent)
    refuse(message, MONDAY_TEN + HOUR, "550 mailbox full")
    page = agent.get(case.get_absolute_url()).content.decode()
    assert "550 mailbox full" in page

    delivery = Delivery.objects.get(message=message)
    assert agent.post(url("retry", case, delivery.pk)).status_code == 302
    delivery.refresh_from_db()
    assert delivery.state == "queued"


def test_a_merged_number_leads_to_the_case_that_stays(agent, channel, case):
    other = mail(channel)
    response = post(agent, "merge", case, into=f"#{other.number}")
    assert response.url == other.get_absolute_url()
    assert agent.get(case.get_absolute_url()).url == other.get_absolute_url()


@pytest.mark.parametrize("into", ["", "x", "999999", "self"])
def test_a_merge_that_cannot_be_is_refused_at_its_field(agent, case, into):
    response = post(agent, "merge", case, into=str(case.number) if into == "self" else into)
    assert response.status_code == 422
    assert "into" in response.context["merge_form"].errors


def test_every_form_does_its_one_thing(agent, company, case):
    post(agent, "take", case)
    case.refresh_from_db()
    assert (case.assignee, case.state) == (company.agent, CaseState.OPEN)
    post(agent, "priority", case, priority="high")
    post(agent, "assign", case, assignee=company.agent2.pk)
    case.refresh_from_db()
    assert (case.assignee, case.priority) == (company.agent2, "high")
    post(agent, "assign", case, assignee="")
    post(agent, "solve", case, **{"solve-reason": "电话答复"})
    case.refresh_from_db()
    assert (case.assignee, case.state) == (None, CaseState.SOLVED)
    post(agent, "reopen", case)
    post(agent, "close", case, **{"close-reason": "重复"})
    case.refresh_from_db()
    assert (case.state, case.closed_reason) == (CaseState.CLOSED, "done")


@pytest.mark.parametrize("name", ["solve", "close"])
def test_ending_a_case_that_nobody_answered_needs_a_reason(agent, case, name):
    response = post(agent, name, case)
    assert response.status_code == 422
    assert "reason" in response.context[f"{name}_form"].errors
    case.refresh_from_db()
    assert case.state == CaseState.NEW


def test_a_transfer_needs_a_reason_and_leaves_the_promises_as_they_are(agent, company, case):
    other = make_desk(company, "sales", first_reply_minutes=5)
    before = promises_of(case)
    response = post(agent, "transfer", case, channel=other.pk)
    assert response.status_code == 422
    response = post(agent, "transfer", case, channel=other.pk, assignee="", reason="销售问题")
    assert response.status_code == 302
    case.refresh_from_db()
    assert (case.channel, promises_of(case)) == (other, before)
    assert ChannelMember.objects.filter(channel=other).count() == 2


def test_a_note_stays_inside_and_puts_the_case_into_a_colleagues_work(agent, client, company, case):
    post(agent, "note", case, note="@周杰 请看一下")
    assert Note.objects.get().author == company.agent
    work = sign_in(client, company.agent2).get("/").content.decode()
    assert f"#{case.number}" in work
    post(client, "presence", case)
    assert not company.agent2.case_mentions.filter(seen_at__isnull=True).exists()


def test_colleagues_on_the_same_case_see_each_other(client, company, case):
    post(sign_in(client, company.agent), "presence", case)
    post(client, "draft", case, text="I am on it")
    answer = post(sign_in(client, company.agent2), "presence", case).content.decode()
    assert "孙丽" in answer


def test_who_works_on_a_case_opens_its_files_though_the_channel_is_not_theirs(client, company, channel):
    """A case that was transferred, or a lead who sees all: the case gives the right to its messages, and only to these."""
    case = mail(channel, attachments=(attached("a.txt", b"x", "text/plain"),))
    other = mail(channel, attachments=(attached("b.txt", b"y", "text/plain"),))
    sales = make_desk(company, "sales", team=False)
    ChannelMember.objects.filter(person=company.agent2).update(channel=sales)
    actions.transfer(case=case, channel=sales, assignee=None, reason="x", person=company.agent)

    def answer(reader, case):
        file = queries.messages_of(case).get().attachments.get()
        return sign_in(client, reader).get(reverse("conversations:attachment", args=[file.pk])).status_code

    assert answer(company.agent2, case) == 200
    assert answer(company.agent2, other) == 404
    assert answer(company.desk_lead, other) == 200
    assert answer(company.stranger, case) == 404


def test_trying_again_works_from_a_browser_that_checks_forms(company, case):
    """The button once came without its token: the template that held it had been included without the request."""
    message = reply(case, company.agent)
    refuse(message, MONDAY_TEN + HOUR)
    strict = sign_in(Client(enforce_csrf_checks=True), company.agent)
    page = strict.get(case.get_absolute_url()).content.decode()
    form = page[page.index(url("retry", case, message.delivery.pk)) :]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    retried = strict.post(url("retry", case, message.delivery.pk), {"csrfmiddlewaretoken": token})
    assert retried.status_code == 302


def test_every_form_on_the_page_carries_its_token(agent, company, case):
    actions.take(case=case, person=company.agent)
    refuse(reply(case, company.agent), MONDAY_TEN)
    page = BeautifulSoup(agent.get(case.get_absolute_url()).content, "html.parser")
    forms = page.find("main").find_all("form", method="post")
    assert len(forms) >= 8
    assert all(form.find("input", attrs={"name": "csrfmiddlewaretoken"}) for form in forms)


def test_the_page_costs_the_same_number_of_statements_however_long_the_thread(agent, company, case):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            agent.get(case.get_absolute_url())
        return len(captured)

    follow_on(case, text="one more")
    accept(reply(case, company.agent), MONDAY_TEN)
    actions.add_note(case=case, text="a", person=company.agent)
    few = statements()
    for number in range(10):
        follow_on(case, text=f"more {number}")
        accept(reply(Case.objects.get(pk=case.pk), company.agent), MONDAY_TEN)
        actions.add_note(case=case, text="b", person=company.agent)
    assert statements() == few


def test_get_is_no_way_to_change_anything(agent, case):
    for name in ("reply", "take", "solve", "close", "spam", "merge", "note", "draft"):
        assert agent.get(url(name, case)).status_code == 405


def test_the_live_parts_come_alone_each_under_its_id(agent, case):
    parts = agent.get(url("case_live", case)).content.decode()
    for name in ("case-head", "thread", "promises", "about", "history", "others"):
        assert f'id="{name}"' in parts
    assert "reply-form" not in parts


def test_a_reply_locks_the_conversation_before_the_case_as_the_intake_does(company, case):
    """In the other order a reply and a mail that comes in at the same moment would wait for each other for ever."""
    with CaptureQueriesContext(connection) as captured:
        reply(case, company.agent)
    locks = [query["sql"] for query in captured if "FOR NO KEY UPDATE" in query["sql"]]
    tables = [sql.split('FROM "')[1].split('"')[0] for sql in locks]
    assert tables.index("conversations_conversation") < tables.index("desk_case")
