"""The wallboard: what it counts, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from postroad.channels.models import ChannelMember, Kind
from postroad.clock.actions import fire_due
from postroad.desk import actions
from postroad.desk.actions import After
from postroad.desk.tests.factories import MONDAY_TEN, accept, mail, make_desk, reply
from postroad.hotline.models import Call
from postroad.org.tests.cast import sign_in
from postroad.platform.models import LiveEvent
from postroad.supervision import queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)


def board(*channels):
    return queries.wallboard(channels, now=timezone.now())


def test_a_case_waits_until_somebody_turns_to_the_customer_and_is_in_work_from_then_on(channel, company, clock):
    case, _other = mail(channel), mail(channel, received_at=MONDAY_TEN - HOUR)
    accept(reply(case, company.agent, after=After.OPEN), MONDAY_TEN)
    [lane] = board(channel).lanes
    assert (lane.waiting, lane.in_work, lane.oldest) == (1, 1, MONDAY_TEN - HOUR)


def test_robots_wait_for_nobody(channel):
    mail(channel, auto="list")
    assert board(channel).total.waiting == 0


def test_in_time_today_counts_what_was_decided_today(channel, company, clock):
    accept(reply(mail(channel), company.agent, after=After.SOLVED), MONDAY_TEN + HOUR)
    mail(channel)
    clock.move_to(MONDAY_TEN + timedelta(hours=7))
    fire_due()
    [lane] = board(channel).lanes
    # Two promises met; of the other case the first reply is missed, the answer still has time.
    assert (lane.met, lane.missed, lane.overdue) == (2, 1, 1)
    assert lane.tone == "danger"
    clock.shift(timedelta(hours=12))
    assert board(channel).total.decided == 0


def test_what_is_due_soon_is_told_before_it_is_late(channel, clock):
    mail(channel)
    assert board(channel).lanes[0].tone == "success"
    clock.shift(timedelta(hours=5, minutes=10))
    assert board(channel).lanes[0].tone == "warning"


def test_where_the_agents_are(channel, company, clock):
    third = company.desk_lead
    ChannelMember.objects.create(channel=channel, person=third, capacity=1)
    assert board(channel).agents.absent == 3
    actions.show_up(person=company.agent)
    actions.show_up(person=company.agent2, away=True)
    actions.show_up(person=third)
    actions.take(case=mail(channel), person=third)
    agents = board(channel).agents
    assert (agents.free, agents.full, agents.away, agents.absent) == (1, 1, 1, 0)
    Call.objects.create(
        channel=channel,
        external_id="one",
        state="talking",
        started_at=MONDAY_TEN,
        answered_at=MONDAY_TEN,
        agent=company.agent,
    )
    agents = board(channel).agents
    assert (agents.free, agents.on_call, agents.there, agents.all) == (0, 1, 2, 3)


def test_calls_that_ring_and_calls_that_nobody_took(company, clock):
    line = make_desk(company, "hotline", kind=Kind.HOTLINE)
    for number, state in enumerate(("ringing", "missed", "voicemail")):
        Call.objects.create(channel=line, external_id=str(number), state=state, started_at=MONDAY_TEN)
    lane = board(line).total
    assert (lane.ringing, lane.unanswered) == (1, 2)


def test_coming_going_and_switching_off_is_told_to_open_boards_and_staying_is_not(company, clock):
    def told(**values):
        before = LiveEvent.objects.filter(topic="desk.agents").count()
        actions.show_up(person=company.agent, **values)
        return LiveEvent.objects.filter(topic="desk.agents").count() - before

    assert [told(), told(), told(away=True), told(away=True), told(away=False)] == [1, 0, 1, 0, 1]
    clock.shift(HOUR)
    assert told() == 1


def test_the_page_shows_the_channels_of_who_looks(client, company, channel):
    make_desk(company, "elsewhere", team=False, department=company.sales)
    for who, seen in (("agent", {"service"}), ("desk_lead", {"service"}), ("executive", {"service", "elsewhere"})):
        page = sign_in(client, getattr(company, who)).get(reverse("supervision:wallboard"))
        assert {lane.channel.key for lane in page.context["board"].lanes} == seen, who


def test_the_address_narrows_it_to_a_team(client, company, channel):
    make_desk(company, "elsewhere", department=company.sales)
    page = sign_in(client, company.executive).get(reverse("supervision:wallboard_now"), {"team": "SALES"})
    assert [lane.channel.key for lane in page.context["board"].lanes] == ["elsewhere"]


def test_nobody_else_opens_it(client, company):
    assert sign_in(client, company.stranger).get(reverse("supervision:wallboard")).status_code == 403


def test_it_costs_the_same_number_of_statements_with_more_channels_and_cases(client, company, channel):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            board(*channels)
        return len(captured)

    channels = [channel]
    mail(channel)
    assert statements() == 7
    for number in range(3):
        channels.append(make_desk(company, f"more-{number}"))
        mail(channels[-1])
    assert statements() == 7
