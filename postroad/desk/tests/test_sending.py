"""From "Send" to the outbox: a mail waits, is taken back, scheduled, held back, and goes out once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Unfinished
from datetime import timedelta
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from postroad.channels.protocol import AutoKind
from postroad.conversations.models import Delivery, DeliveryState, Message
from postroad.desk import actions, queries
from postroad.desk.actions import After, Letter
from postroad.desk.models import Case, CaseState, Draft, HeldBack, MailRules, SenderAddress, SentDraft
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, make_desk, promises_of
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.ids import new_id

pytestmark = pytest.mark.django_db

LETTER = Letter(to="客户 <kunde@customer.test>", text="明天寄出。")
SECONDS = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def case(channel, clock):
    return mail(channel)


def send(case, person, **given):
    return actions.send(
        **({"case": case, "letter": LETTER, "key": new_id(), "after": After.WAITING} | given), person=person
    )


def said():
    return Message.objects.filter(direction="out")


def test_until_it_can_no_longer_be_taken_back_nothing_is_said_and_every_promise_runs(case, company, clock):
    waits = send(case, company.agent)
    assert waits.send_at == MONDAY_TEN + 10 * SECONDS
    clock.shift(9 * SECONDS)
    assert actions.release_due() == 0
    case.refresh_from_db()
    assert not said().exists()
    assert promises_of(case) == {"first_reply": "running", "answer": "running"}
    assert (case.state, case.assignee) == (CaseState.OPEN, company.agent)


def test_the_list_and_the_case_say_when_a_scheduled_answer_goes_out(case, company, channel, client, clock):
    soon, aside = mail(channel), mail(channel)
    send(soon, company.agent)
    first = queries.messages_of(aside).get()
    passed_on = actions.begin_aside(case=aside, message=first, person=company.agent)
    actions.send(case=aside, letter=LETTER, key=new_id(), aside=passed_on, at=MONDAY_TEN + DAY, person=company.agent)
    send(case, company.agent, at=MONDAY_TEN + 23 * HOUR)
    browser = sign_in(client, company.agent)
    rows = {row.case: row.goes_out for row in browser.get("/desk/", {"view": "all"}).context["rows"]}
    assert rows == {case: MONDAY_TEN + 23 * HOUR, soon: None, aside: None}
    for page in ("/desk/?view=all", case.get_absolute_url()):
        assert "5月19日 09:00" in browser.get(page).content.decode().split("state-info")[1].split("</span>")[1]


def test_when_its_moment_has_come_it_goes_and_the_promise_is_met_when_the_server_took_it(case, company, clock):
    send(case, company.agent)
    clock.shift(10 * SECONDS)
    assert actions.release_due() == 1
    message = said().get()
    assert message.delivery.state == DeliveryState.QUEUED
    assert message.sent_at == MONDAY_TEN + 10 * SECONDS
    assert promises_of(case)["first_reply"] == "running"
    accept(message, timezone.now() + SECONDS)
    assert promises_of(case) == {"first_reply": "met", "answer": "paused"}
    case.refresh_from_db()
    assert (case.state, case.first_replied_at) == (CaseState.WAITING, timezone.now() + SECONDS)
    assert not Draft.objects.exists()


def test_taken_back_it_is_the_draft_again_with_all_that_was_in_it_and_the_deadline_is_where_it_was(
    case, company, clock
):
    due = queries.owed_on([case])[case.pk]["desk.first-reply"].due_at
    letter = Letter(to="a@b.example", cc="c@d.example", bcc="e@f.example", subject="Neu", text="Oh nein", signed=False)
    waits = send(case, company.agent, letter=letter)
    clock.shift(5 * SECONDS)
    actions.take_back(draft=waits, person=company.agent)
    clock.shift(60 * SECONDS)
    assert actions.release_due() == 0
    draft = queries.open_draft(case, company.agent)
    assert (draft.to, draft.cc, draft.bcc) == ("a@b.example", "c@d.example", "e@f.example")
    assert (draft.subject, draft.text, draft.signed) == ("Neu", "Oh nein", False)
    assert not said().exists()
    owed = queries.owed_on([case])[case.pk]["desk.first-reply"]
    assert (owed.due_at, owed.state) == (due, "running")


def test_what_was_begun_meanwhile_stands_below_what_is_taken_back(case, company, clock):
    waits = send(case, company.agent)
    actions.save_draft(case=case, to="", text="P.S.", person=company.agent)
    draft = actions.take_back(draft=waits, person=company.agent)
    assert draft.text == "明天寄出。\n\nP.S."
    assert Draft.objects.count() == 1


def test_what_has_gone_cannot_be_taken_back(case, company, clock):
    waits = send(case, company.agent)
    clock.shift(11 * SECONDS)
    actions.release_due()
    with pytest.raises(Conflict):
        actions.take_back(draft=waits, person=company.agent)
    assert said().count() == 1


def test_the_same_press_from_a_flaky_network_sends_once_before_and_after_it_has_gone(case, company, clock):
    key = new_id()
    first = send(case, company.agent, key=key)
    assert send(case, company.agent, key=key) == first
    clock.shift(11 * SECONDS)
    actions.release_due()
    assert send(case, company.agent, key=key) is None
    clock.shift(60 * SECONDS)
    actions.release_due()
    assert said().count() == 1


def test_other_words_from_the_same_form_are_another_mail(case, company, clock):
    key = new_id()
    send(case, company.agent, key=key)
    send(case, company.agent, key=key, letter=Letter(to=LETTER.to, text="Und noch etwas."))
    clock.shift(11 * SECONDS)
    assert actions.release_due() == 2


def test_a_page_that_keeps_the_draft_late_does_not_bring_back_what_was_sent(case, company, clock):
    key = new_id()
    send(case, company.agent, key=key)
    kept = actions.save_draft(case=case, to=LETTER.to, text=LETTER.text, key=key, person=company.agent)
    assert kept is None
    assert queries.open_draft(case, company.agent) is None


def test_without_seconds_to_take_it_back_it_goes_at_once(case, channel, company, clock):
    MailRules.objects.create(channel=channel, undo_seconds=0)
    key = new_id()
    assert send(case, company.agent, key=key) is None
    assert send(case, company.agent, key=key) is None
    assert said().count() == 1


def test_a_worker_that_dies_while_it_lets_a_mail_go_leaves_it_waiting_and_it_goes_once(case, company, clock):
    send(case, company.agent)
    clock.shift(11 * SECONDS)
    dies = patch("postroad.desk.actions.sending.SentDraft.objects.create", side_effect=KeyboardInterrupt)
    with dies, pytest.raises(KeyboardInterrupt):
        actions.release_due()
    assert not said().exists()
    assert Draft.objects.get().waits
    assert actions.release_due() == 1
    assert (said().count(), Delivery.objects.count(), SentDraft.objects.count()) == (1, 1, 1)


def test_one_that_breaks_does_not_keep_the_others_from_going(case, channel, company, clock):
    other = mail(channel, sender_address="zweiter@customer.test")
    send(case, company.agent)
    send(other, company.agent)
    clock.shift(11 * SECONDS)
    real = actions.reply

    def breaks_once(**given):
        if given["case"].pk == case.pk:
            raise RuntimeError
        return real(**given)

    with patch("postroad.desk.actions.sending.reply", breaks_once):
        assert actions.release_due() == 1
    assert actions.release_due() == 1


# --- a moment of one's choice ---------------------------------------------------------------------------------------


def test_a_scheduled_mail_goes_at_its_moment_and_is_dated_by_it(case, company, clock):
    at = MONDAY_TEN + DAY
    send(case, company.agent, at=at)
    clock.move_to(at - SECONDS)
    assert actions.release_due() == 0
    clock.move_to(at)
    assert actions.release_due() == 1
    assert said().get().sent_at == at


@pytest.mark.parametrize("offset", [timedelta(0), -DAY, 400 * DAY])
def test_a_moment_that_is_over_or_too_far_off_is_refused_at_its_field(case, company, offset):
    with pytest.raises(Invalid) as refused:
        send(case, company.agent, at=MONDAY_TEN + offset)
    assert "at" in refused.value.fields
    assert not Draft.objects.exists()


def test_a_message_of_the_customer_holds_a_scheduled_mail_back_until_somebody_looks(case, company, clock):
    waits = send(case, company.agent, at=MONDAY_TEN + DAY)
    follow_on(case, received_at=MONDAY_TEN)
    waits.refresh_from_db()
    assert waits.held_back == HeldBack.CUSTOMER_WROTE
    clock.shift(2 * DAY)
    assert actions.release_due() == 0
    assert queries.held_back_of(company.agent) == [waits]
    actions.send_now(draft=waits, person=company.agent)
    assert said().count() == 1


def test_neither_robots_nor_what_can_only_be_taken_back_are_held_back(case, company, clock):
    scheduled = send(case, company.agent, at=MONDAY_TEN + DAY)
    undoable = send(case, company.agent2)
    follow_on(case, auto=AutoKind.REPLY, received_at=MONDAY_TEN)
    scheduled.refresh_from_db()
    assert scheduled.waits
    follow_on(case, received_at=MONDAY_TEN)
    undoable.refresh_from_db()
    assert undoable.waits


def test_a_case_that_ended_meanwhile_holds_a_scheduled_mail_back(case, company, clock):
    waits = send(case, company.agent, at=MONDAY_TEN + DAY)
    clock.shift(60)
    actions.solve(cases=[case], reason="by telephone", person=company.agent)
    clock.shift(2 * DAY)
    assert actions.release_due() == 0
    waits.refresh_from_db()
    assert waits.held_back == HeldBack.CASE_ENDED
    case.refresh_from_db()
    assert case.state == CaseState.SOLVED


def test_who_no_longer_answers_cases_sends_nothing(case, company, clock):
    waits = send(case, company.agent, at=MONDAY_TEN + DAY)
    company.agent.posts.update(ends_on=MONDAY_TEN.date())
    clock.shift(2 * DAY)
    assert actions.release_due() == 0
    waits.refresh_from_db()
    assert waits.held_back == HeldBack.WRITER_GONE


def test_an_address_taken_away_meanwhile_holds_back_with_the_reason(case, channel, company, clock):
    sender = actions.add_sender(
        channel=channel, address="vertrieb@company.test", name="", answers_here=True, person=company.desk_lead
    )
    letter = Letter(to=LETTER.to, text="x", sender="vertrieb@company.test")
    waits = send(case, company.agent, letter=letter, at=MONDAY_TEN + DAY)
    actions.remove_sender(sender=sender, person=company.desk_lead)
    clock.shift(2 * DAY)
    assert actions.release_due() == 0
    waits.refresh_from_db()
    assert waits.held_back == HeldBack.REFUSED
    assert "vertrieb@company.test" in waits.refusal


def test_what_waits_follows_its_case_into_another(case, channel, company, clock):
    other = mail(channel)
    waits = send(case, company.agent, at=MONDAY_TEN + DAY)
    actions.merge(case=case, into=other, person=company.agent)
    waits.refresh_from_db()
    assert waits.case == other
    clock.shift(DAY)
    assert actions.release_due() == 1
    assert case_numbers_of(said().get()) == [other.number]


def case_numbers_of(message):
    return list(Case.objects.filter(links__conversation=message.conversation_id).values_list("number", flat=True))


def test_the_moments_offered_are_when_the_calendar_opens(channel, clock):
    offered = queries.openings(channel)
    assert offered.soon is None
    assert offered.tomorrow == MONDAY_TEN + DAY - timedelta(hours=1)
    clock.move_to(MONDAY_TEN + 4 * DAY + timedelta(hours=9))
    friday_evening = queries.openings(channel)
    assert (friday_evening.soon, friday_evening.tomorrow) == (None, MONDAY_TEN + 7 * DAY - timedelta(hours=1))


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_waits_and_takes_it_back_after_a_reload(client, case, company, clock):
    agent = sign_in(client, company.agent)
    given = {"to": LETTER.to, "text": LETTER.text, "after": "solved", "key": str(new_id())}
    assert agent.post(reverse("desk:reply", args=[case.number]), given).status_code == 302
    assert agent.post(reverse("desk:reply", args=[case.number]), given).status_code == 302
    page = agent.get(case.get_absolute_url())
    [waits] = page.context["waiting"]
    assert 'data-waiting="reply"' in page.content.decode()
    agent.post(reverse("desk:take_back", args=[case.number, waits.pk]))
    page = agent.get(case.get_absolute_url())
    assert page.context["waiting"] == []
    assert page.context["reply_form"].initial["text"] == LETTER.text


def test_the_page_warns_where_a_promise_falls_due_before_the_mail_goes(client, case, company, clock):
    agent = sign_in(client, company.agent)
    given = {"to": LETTER.to, "text": "x", "when": "at", "at": "2026-05-20T09:00"}
    agent.post(reverse("desk:reply", args=[case.number]), given)
    waits = Draft.objects.get()
    assert timezone.localtime(waits.send_at).isoformat() == "2026-05-20T09:00:00+08:00"
    page = agent.get(case.get_absolute_url()).content.decode()
    assert "太晚了" in page or "too late" in page


def test_a_moment_left_out_is_asked_for(client, case, company, clock):
    agent = sign_in(client, company.agent)
    answer = agent.post(reverse("desk:reply", args=[case.number]), {"to": LETTER.to, "text": "x", "when": "at"})
    assert answer.status_code == 422
    assert "at" in answer.context["reply_form"].errors
    assert Draft.objects.get().text == "x"


def test_nobody_takes_back_what_waits_on_a_case_they_do_not_see(client, case, company, clock):
    waits = send(case, company.agent)
    url = reverse("desk:take_back", args=[case.number, waits.pk])
    assert sign_in(client, company.stranger).post(url).status_code in {403, 404}
    waits.refresh_from_db()
    assert waits.waits


def test_a_draft_keeps_everything_that_was_typed(client, case, channel, company, clock):
    SenderAddress.objects.create(channel=channel, address="vip@company.test")
    agent = sign_in(client, company.agent)
    given = {
        "sender": "vip@company.test", "to": "a@b.example", "cc": "c@d.example", "bcc": "e@f.example",
        "subject": "S", "text": "half", "unsigned": "on",
    }  # fmt: skip
    agent.post(reverse("desk:draft", args=[case.number]), given)
    page = agent.get(case.get_absolute_url())
    kept = page.context["reply_form"].initial
    assert {name: kept[name] for name in ("to", "cc", "bcc", "subject", "text")} == {
        name: given[name] for name in ("to", "cc", "bcc", "subject", "text")
    }
    assert (page.context["chosen_sender"], kept["unsigned"]) == ("vip@company.test", True)


# --- races ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_taking_back_and_letting_go_at_the_same_moment_one_of_them_wins(company):
    case = mail(make_desk(company), received_at=timezone.now())
    for _attempt in range(6):
        waits = actions.send(case=case, letter=LETTER, key=new_id(), after=After.OPEN, person=company.agent)
        before, start = said().count(), Barrier(3)

        def release(start=start, waits=waits):
            start.wait()
            try:
                return actions.release_due(now=waits.send_at)
            finally:
                connections.close_all()

        def undo(start=start, waits=waits):
            start.wait()
            try:
                return bool(actions.take_back(draft=waits, person=company.agent))
            except Conflict:
                return False
            finally:
                connections.close_all()

        with ThreadPoolExecutor(3) as threads:
            jobs = [threads.submit(release), threads.submit(release), threads.submit(undo)]
            released, again, undone = (job.result(timeout=60) for job in jobs)
        assert released + again + undone == 1
        assert said().count() - before == released + again
        assert Draft.objects.filter(send_at__isnull=True).count() == undone
        Draft.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_what_is_kept_while_it_is_being_sent_is_no_draft_besides(company):
    case, key = mail(make_desk(company), received_at=timezone.now()), new_id()

    def keep():
        try:
            return actions.save_draft(case=case, to=LETTER.to, text=LETTER.text, key=key, person=company.agent)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            waits = actions.send(case=case, letter=LETTER, key=key, person=company.agent)
            kept = threads.submit(keep)
            with pytest.raises(Unfinished):
                kept.result(timeout=1)
        assert kept.result(timeout=60) is None
    assert Draft.objects.get() == waits
