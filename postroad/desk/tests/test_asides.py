"""Writing to somebody who is not the customer: it is part of the case, and keeps no promise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from postroad.channels.protocol import AutoKind
from postroad.conversations.models import Attachment, Message
from postroad.conversations.tests.factories import attached
from postroad.desk import actions, queries
from postroad.desk.actions import After, Letter
from postroad.desk.models import Case, CaseState, Draft, MailRules
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, promises_of, refuse, reply
from postroad.org.tests.cast import sign_in
from postroad.platform.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SUPPLIER = "werk@supplier.test"


@pytest.fixture
def channel(channel):
    MailRules.objects.create(channel=channel, undo_seconds=0)
    return channel


@pytest.fixture
def case(channel):
    return mail(channel, subject="Defekt", text="Die Pumpe ist defekt.", attachments=(attached("pumpe.jpg", b"bild"),))


def pass_on(case, person, to=SUPPLIER, message=None):
    message = message or queries.messages_of(case).first()
    draft = actions.begin_aside(case=case, message=message, person=person)
    letter = Letter(to=to, subject=draft.subject, text=f"Bitte ansehen.{draft.text}")
    actions.send(case=case, letter=letter, key=new_id(), aside=draft, person=person)
    return Message.objects.filter(direction="out").latest("pk")


def answer(case, sent, **values):
    accept(sent, MONDAY_TEN)
    from postroad.conversations.models import Receipt

    external_id = f"{sent.pk}@company.test"
    Receipt.objects.get_or_create(channel_id=sent.channel_id, external_id=external_id, message_id=sent.pk)
    given = {
        "sender_address": SUPPLIER,
        "sender_name": "Werk",
        "thread_ids": (external_id,),
        "text": "Ventil tauschen.",
    }
    return mail(sent.channel, **(given | values))


def test_a_message_is_passed_on_with_its_words_and_files_and_in_a_thread_of_its_own(case, company):
    sent = pass_on(case, company.agent)
    assert [one["address"] for one in sent.recipients] == [SUPPLIER]
    assert "Bitte ansehen." in sent.text
    assert "Die Pumpe ist defekt." in sent.text
    assert sent.subject == "Fwd: Defekt"
    assert [one.name for one in Attachment.objects.filter(message=sent)] == ["pumpe.jpg"]
    assert sent.thread_ids == []
    assert sent.conversation_id != queries.messages_of(case).first().conversation_id
    assert sent in queries.messages_of(case)


def test_it_keeps_no_promise_and_changes_nothing_the_customer_is_owed(case, company):
    accept(pass_on(case, company.agent), MONDAY_TEN)
    case.refresh_from_db()
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}
    assert (case.first_replied_at, case.state, case.assignee) == (None, CaseState.OPEN, company.agent)


def test_the_answer_comes_into_the_case_and_is_seen_not_to_be_the_customers(case, company):
    same = answer(case, pass_on(case, company.agent))
    assert same == case
    assert Case.objects.count() == 1
    assert [one.aside for one in queries.thread(case)] == [False, True, True]
    to, _cc = queries.default_recipients(case)
    assert [one.address for one in to] == ["kunde@customer.test"]
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}


def test_an_answer_puts_a_waiting_case_to_work_and_owes_nothing_new_on_a_solved_one(case, company):
    sent = pass_on(case, company.agent)
    accept(reply(case, company.agent), MONDAY_TEN)
    answer(case, sent)
    case.refresh_from_db()
    assert (case.state, promises_of(case)["answer"]) == (CaseState.OPEN, "running")
    actions.solve(cases=[case], reason="x", person=company.agent)
    answer(case, sent, text="Noch etwas.")
    case.refresh_from_db()
    assert (case.state, promises_of(case)["answer"]) == (CaseState.OPEN, "met")


def test_long_after_the_end_an_answer_still_belongs_to_the_case_and_opens_none(case, company, clock):
    sent = pass_on(case, company.agent)
    accept(reply(case, company.agent, after=After.SOLVED), MONDAY_TEN)
    actions.close(cases=[case], reason="x", person=company.agent)
    clock.shift(timedelta(days=40))
    assert answer(case, sent, received_at=MONDAY_TEN + timedelta(days=40)) == case
    assert Case.objects.count() == 1


def test_a_robot_of_theirs_changes_nothing(case, company):
    sent = pass_on(case, company.agent)
    accept(reply(case, company.agent), MONDAY_TEN)
    answer(case, sent, auto=AutoKind.REPLY, may_autorespond=False)
    case.refresh_from_db()
    assert case.state == CaseState.WAITING


def test_the_customer_who_writes_in_that_thread_is_still_the_customer(case, company):
    sent = pass_on(case, company.agent)
    accept(reply(case, company.agent, after=After.SOLVED), MONDAY_TEN)
    answer(case, sent, sender_address="kunde@customer.test", sender_name="客户")
    case.refresh_from_db()
    assert (case.state, promises_of(case)["answer"]) == (CaseState.OPEN, "running")


def test_what_could_not_be_delivered_to_them_is_shown(case, company):
    refuse(pass_on(case, company.agent), MONDAY_TEN)
    case.refresh_from_db()
    assert case.undelivered


def test_they_are_answered_in_their_thread_and_the_customer_in_theirs(case, company):
    answer(case, pass_on(case, company.agent))
    theirs = queries.messages_of(case).last()
    draft = actions.begin_aside(case=case, message=theirs, person=company.agent)
    assert (draft.to, draft.text, draft.subject) == ("Werk <werk@supplier.test>", "", "Re: " + theirs.subject)
    actions.send(case=case, letter=Letter(to=draft.to, text="Danke!"), key=new_id(), aside=draft, person=company.agent)
    thanks = Message.objects.filter(direction="out").latest("pk")
    assert thanks.conversation_id == theirs.conversation_id
    assert reply(case, company.agent).conversation_id != theirs.conversation_id


def test_passing_on_once_more_to_the_same_person_goes_on_in_their_thread(case, company):
    first = pass_on(case, company.agent)
    follow_on(case, text="Und das Rohr auch.")
    second = pass_on(case, company.agent, message=queries.messages_of(case).last())
    assert second.conversation_id == first.conversation_id
    third = pass_on(case, company.agent, to="zweites@supplier2.test")
    assert third.conversation_id != first.conversation_id


def test_the_page_passes_on_and_a_press_twice_sends_once(client, case, company):
    agent = sign_in(client, company.agent)
    message = queries.messages_of(case).first()
    begun = agent.post(reverse("desk:pass_on", args=[case.number, message.pk]))
    page = agent.get(begun.url)
    assert "pumpe.jpg" in page.content.decode()
    draft = page.context["draft"]
    given = {"to": SUPPLIER, "text": "x", "key": str(page.context["reply_form"].initial["key"])}
    assert agent.post(begun.url, given).status_code == 302
    assert agent.post(begun.url, given).status_code == 302
    assert Message.objects.filter(direction="out").count() == 1
    late = agent.post(reverse("desk:draft", args=[case.number]), given | {"aside": str(draft.pk)})
    assert late.status_code == 404
    assert not Draft.objects.exists()
