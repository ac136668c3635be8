"""Who is told of promises that run out, and moving the rest of running ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.urls import reverse

from postroad.channels.models import ChannelMember
from postroad.clock.actions import fire_due
from postroad.clock.ladders import Rung
from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import Escalation, Ladder
from postroad.desk.queries import Promise
from postroad.desk.tests.factories import MONDAY_TEN, accept, mail, promise_of, reply
from postroad.ledger.queries import history_of
from postroad.org.tests.cast import sign_in
from postroad.platform.errors import Conflict, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)


def told() -> list[tuple[str, str, bool]]:
    found = Escalation.objects.select_related("person").order_by("told_at", "id")
    return [(one.person.staff_no, one.tells, one.late) for one in found]


@pytest.fixture
def lead(company, channel):
    return ChannelMember.objects.create(channel=channel, person=company.desk_lead, role="lead").person


def test_the_assignee_is_warned_then_the_team_lead_then_the_head_hears_of_the_miss(company, channel, lead, clock):
    case = mail(channel)
    actions.assign(cases=[case], assignee=company.agent, person=company.agent)
    first = promise_of(case, Promise.FIRST_REPLY)
    for hours in (3.6, 4.8, 5.6, 6.6):
        clock.move_to(MONDAY_TEN + timedelta(hours=hours))
        fire_due()
    mine = list(Escalation.objects.filter(deadline=first).order_by("told_at"))
    assert [(one.tells, one.late) for one in mine][:3] == [
        ("assignee", False),
        ("assignee", False),
        ("team-lead", True),
    ]
    assert mine[0].person == company.agent
    assert mine[2].person == lead
    assert mine[3].tells in {"head", "supervisor"}


def test_nobody_is_told_at_midnight_of_a_promise_in_working_time(channel, lead, clock):
    case = mail(channel, received_at=MONDAY_TEN + timedelta(hours=6))
    first = promise_of(case, Promise.FIRST_REPLY)
    for minutes in range(0, 60 * 40, 20):
        clock.move_to(MONDAY_TEN + timedelta(hours=6, minutes=minutes))
        fire_due()
    hours = {
        one.told_at.astimezone(first.calendar_version.working_calendar().zone).hour
        for one in Escalation.objects.filter(deadline=first)
    }
    assert hours
    assert hours <= set(range(9, 18))


def test_without_an_assignee_the_next_further_up_is_warned(channel, lead, clock):
    mail(channel)
    clock.shift(timedelta(hours=2, minutes=1) + timedelta(hours=1, minutes=30))
    fire_due()
    assert (lead.staff_no, "team-lead", False) in told()


def test_while_the_case_waits_for_the_customer_nobody_is_told(company, channel, lead, clock):
    case = mail(channel)
    accept(reply(case, company.agent), MONDAY_TEN + HOUR)
    clock.shift(timedelta(days=5))
    fire_due()
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_a_miss_is_mailed_once_and_a_warning_never(company, channel, lead, clock):
    mail(channel)
    clock.shift(timedelta(hours=30))
    fire_due()
    late = Escalation.objects.filter(late=True).count()
    assert late
    assert actions.mail_escalations() <= late
    sent = len(outbox.outbox)
    assert actions.mail_escalations() == 0
    assert len(outbox.outbox) == sent


def test_a_promise_keeps_the_ladder_it_was_made_with(company, channel, clock):
    before = mail(channel)
    actions.set_ladder(channel=channel, rungs=[Rung(30, 0, "head")], person=company.desk_lead)
    after = mail(channel)
    assert len(promise_of(before, Promise.ANSWER).ladder) == 4
    assert promise_of(after, Promise.ANSWER).ladder == [{"percent": 30, "late_minutes": 0, "tells": "head"}]
    assert history_of(channel).filter(event="desk.ladder.changed").count() == 1
    actions.set_ladder(channel=channel, rungs=None, person=company.desk_lead)
    assert not Ladder.objects.exists()


def test_moving_the_rest_keeps_the_time_used_and_the_past(company, channel, clock):
    case = mail(channel)
    clock.shift(HOUR)
    channel.first_reply_minutes, channel.answer_hours = 30, 48
    channel.save()
    others = queries.on_other_terms(channel)
    assert [(one.deadline.kind, one.stays) for one in others] == [
        (Promise.FIRST_REPLY, True),
        (Promise.ANSWER, False),
    ]
    ids = [one.deadline.pk for one in others]
    assert actions.move_promises(channel=channel, deadline_ids=ids, reason="新标准", person=company.desk_lead) == 1
    answer = promise_of(case, Promise.ANSWER)
    assert (answer.used, answer.amount, answer.due_at) == (HOUR, 48 * HOUR, MONDAY_TEN + 48 * HOUR)
    assert promise_of(case, Promise.FIRST_REPLY).amount == 4 * HOUR
    sentence = queries.promises_of(case)[1].sentence
    assert "24" in sentence
    assert "48" in sentence
    with pytest.raises(Conflict):
        actions.move_promises(channel=channel, deadline_ids=ids, reason="x", person=company.desk_lead)
    with pytest.raises(Invalid):
        actions.move_promises(channel=channel, deadline_ids=ids, reason=" ", person=company.desk_lead)


def test_the_page_shows_what_would_be_moved_and_moves_it(client, company, channel, clock):
    case = mail(channel)
    channel.answer_hours = 48
    channel.save()
    browser = sign_in(client, company.desk_lead)
    page = browser.get(reverse("desk:terms", args=[channel.key])).content.decode()
    assert f"#{case.number}" in page
    ids = [str(one.deadline.pk) for one in queries.on_other_terms(channel)]
    given = {"reason": "new standard", "deadline": ids}
    assert browser.post(reverse("desk:move_promises", args=[channel.key]), given).status_code == 302
    assert promise_of(case, Promise.ANSWER).amount == 48 * HOUR
    assert browser.post(reverse("desk:move_promises", args=[channel.key]), given).status_code == 422


def test_rungs_are_set_for_a_channel_and_for_all(client, company, channel):
    browser = sign_in(client, company.desk_lead)
    given = {
        "rung-TOTAL_FORMS": "2",
        "rung-INITIAL_FORMS": "2",
        "rung-0-number": "70",
        "rung-0-when": "used",
        "rung-0-tells": "assignee",
        "rung-1-number": "0",
        "rung-1-when": "late",
        "rung-1-tells": "head",
    }
    assert browser.post(reverse("desk:ladder"), given).status_code == 302
    assert queries.terms_of([channel]).ladder(channel)[0]["percent"] == 70
    assert browser.post(reverse("desk:terms", args=[channel.key]), given | {"rung-0-number": "120"}).status_code == 422
    assert browser.get(reverse("desk:ladder")).status_code == 200


def test_what_we_say_when_we_wait_stands_below_the_reply_and_only_then(company, channel):
    actions.change_queue(
        channel=channel,
        acknowledge=False,
        acknowledgement="",
        waiting_notice="我们等您的回复。",
        close_after_days=14,
        person=company.desk_lead,
    )
    case = mail(channel)
    case.refresh_from_db()
    assert "我们等您的回复。" in reply(case, company.agent).text
    assert "我们等您的回复。" not in reply(case, company.agent, after=After.OPEN).text
