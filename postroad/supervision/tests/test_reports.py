"""What the figures say of cases that went this way or that, against plain arithmetic over the same cases."""

from __future__ import annotations

from datetime import timedelta
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.channels.models import Kind
from postroad.clock.actions import fire_due
from postroad.desk import actions
from postroad.desk.actions import After
from postroad.desk.models import Case
from postroad.desk.tests.factories import MONDAY_TEN, accept, follow_on, mail, make_desk, reply
from postroad.org.tests.cast import sign_in
from postroad.supervision import queries
from postroad.supervision.asked import Asked, By, Clock
from postroad.supervision.permissions import reach_of
from postroad.supervision.registry import figure_of, figures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = timedelta(hours=1)
WEEK = {"span": "week", "on": "2026-05-18"}


def found(company, key, *, by=None, who="administration_head", **asked):
    reach = reach_of(getattr(company, who))
    selection = queries.select(Asked.read(WEEK | asked), reach)
    return queries.summaries(figure_of(key), selection, by)


def answered(channel, person, *, after, clock):
    """A case that came in at ten and was replied to and solved so much later."""
    clock.move_to(MONDAY_TEN)
    case = actions.take(case=mail(channel), person=person)
    clock.move_to(MONDAY_TEN + after)
    accept(reply(case, person, after=After.SOLVED), MONDAY_TEN + after)
    return Case.objects.get(pk=case.pk)


def test_the_first_response_is_told_as_a_distribution_with_the_cases_behind_it(company, channel, clock):
    for minutes in (10, 20, 30, 600):
        answered(channel, company.agent, after=timedelta(minutes=minutes), clock=clock)
    summary = found(company, "first-reply")[None]
    assert summary.count == 4
    assert summary.elapsed.median == 25 * 60
    assert summary.elapsed.mean == 165 * 60
    assert summary.is_small


def test_working_time_leaves_out_what_elapsed_time_counts(company, channel, clock):
    answered(channel, company.agent, after=timedelta(days=1), clock=clock)
    summary = found(company, "first-reply")[None]
    assert (summary.elapsed.median, summary.worked.median) == (24 * 3600, 7.5 * 3600)


def test_a_solution_that_did_not_hold_counts_as_reopened(company, channel, clock):
    for _ in range(3):
        answered(channel, company.agent, after=HOUR, clock=clock)
    back = answered(channel, company.agent, after=HOUR, clock=clock)
    clock.shift(HOUR)
    follow_on(back, received_at=MONDAY_TEN + 2 * HOUR)
    summary = found(company, "reopened")[None]
    assert (summary.count, summary.hits, summary.percent) == (4, 1, 25)


def test_a_case_solved_twice_took_each_time_from_when_it_came_or_came_back(company, channel, clock):
    case = answered(channel, company.agent, after=HOUR, clock=clock)
    clock.move_to(MONDAY_TEN + 2 * HOUR)
    follow_on(case, received_at=MONDAY_TEN + 2 * HOUR)
    clock.move_to(MONDAY_TEN + 5 * HOUR)
    actions.solve(cases=[case], reason="told by telephone", person=company.agent)
    summary = found(company, "resolution")[None]
    assert (summary.count, summary.elapsed.mean) == (2, 2 * 3600)


def test_promises_count_as_they_ended(company, channel, clock):
    answered(channel, company.agent, after=HOUR, clock=clock)
    mail(channel)
    clock.move_to(MONDAY_TEN + timedelta(hours=30))
    fire_due()
    summary = found(company, "first-in-time")[None]
    assert (summary.count, summary.hits) == (2, 1)


def test_robots_mail_and_spam_are_in_no_figure(company, channel, clock):
    mail(channel, auto="list")
    actions.mark_spam(cases=[mail(channel)], person=company.agent)
    for figure in figures():
        assert found(company, figure.key)[None].count == 0, figure.key


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (By.CHANNEL, lambda company, channel: {str(channel.pk): 2}),
        (By.TEAM, lambda company, channel: {str(company.service.pk): 2}),
        (By.AGENT, lambda company, channel: {str(company.agent.pk): 1, "": 1}),
        (By.HOUR, lambda company, channel: {"10": 2}),
        (By.WEEKDAY, lambda company, channel: {"1": 2}),
        (By.DAY, lambda company, channel: {"2026-05-18": 2}),
    ],
)
def test_what_figures_are_told_apart_by(company, channel, by, keys):
    actions.take(case=mail(channel), person=company.agent)
    mail(channel)
    groups = found(company, "opened", by=by)
    assert {key: one.count for key, one in groups.items() if key is not None} == keys(company, channel)
    assert groups[None].count == 2


def test_the_first_response_counts_at_the_hour_at_which_the_case_came_in(company, channel, clock):
    answered(channel, company.agent, after=3 * HOUR, clock=clock)
    assert "10" in found(company, "first-reply", by=By.HOUR)


def test_what_happened_on_either_side_of_the_period_is_left_out(company, channel):
    mail(channel, received_at=MONDAY_TEN - timedelta(days=1))
    mail(channel, received_at=MONDAY_TEN + timedelta(days=7))
    assert found(company, "opened")[None].count == 0


def test_the_distribution_adds_up_to_the_number_of_cases(company, channel, clock):
    for minutes in (5, 15, 45, 90, 180):
        answered(channel, company.agent, after=timedelta(minutes=minutes), clock=clock)
    selection = queries.select(Asked.read(WEEK), reach_of(company.administration_head))
    columns = queries.distribution(figure_of("first-reply"), selection, Clock.ELAPSED)
    assert columns[:5] == [1, 1, 1, 1, 1]
    assert sum(columns) == 5


def test_the_backlog_is_what_stood_open_each_evening(company, channel, clock):
    old = mail(channel, received_at=MONDAY_TEN - timedelta(days=10))
    mail(channel)
    clock.move_to(MONDAY_TEN + timedelta(days=2))
    actions.solve(cases=[old], reason="told by telephone", person=company.agent)
    asked = Asked.read(WEEK)
    selection = queries.select(asked, reach_of(company.administration_head))
    days = queries.flow(selection, asked.window.each_day, until=(MONDAY_TEN + timedelta(days=3)).date())
    assert [(day.came, day.solved, day.open) for day in days] == [(1, 0, 2), (0, 0, 2), (0, 1, 1), (0, 0, 1)]


CASES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-600, 9000), st.one_of(st.none(), st.integers(0, 9000))), max_size=25
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=CASES)
def test_the_figures_are_what_plain_arithmetic_over_all_cases_finds(company, clock, cases):
    from django.db import transaction

    with transaction.atomic():
        channels = [make_desk(company, f"one-{number}") for number in range(2)]
        calendar = channels[0].calendar_key and _calendar()
        start, end = Asked.read(WEEK).window.days.period.start, Asked.read(WEEK).window.days.period.end
        opened, took = [0, 0], [[], []]
        for which, came, minutes in cases:
            at = MONDAY_TEN + timedelta(minutes=came)
            case = mail(channels[which], received_at=at)
            opened[which] += start <= at < end
            if minutes is not None:
                replied = at + timedelta(minutes=minutes)
                Case.objects.filter(pk=case.pk).update(first_replied_at=replied)
                if start <= replied < end:
                    took[which].append(calendar.working_time_between(at, replied).total_seconds())
        counted, replies = found(company, "opened", by=By.CHANNEL), found(company, "first-reply", by=By.CHANNEL)
        for which, channel in enumerate(channels):
            one = replies.get(str(channel.pk), queries.NOTHING)
            assert counted.get(str(channel.pk), queries.NOTHING).count == opened[which]
            assert one.count == len(took[which])
            assert one.worked.median == (pytest.approx(median(took[which])) if took[which] else None)
        assert replies[None].count == sum(map(len, took))
        transaction.set_rollback(True)


def _calendar():
    from postroad.clock.models import Calendar

    return Calendar.objects.get(key="company").current_version().working_calendar()


# --- pages ---------------------------------------------------------------------------------------------------


def test_every_figure_leads_to_the_cases_behind_it(client, company, channel, clock):
    quick = answered(channel, company.agent, after=timedelta(minutes=20), clock=clock)
    slow = answered(channel, company.agent, after=timedelta(hours=3), clock=clock)
    lead = sign_in(client, company.desk_lead)
    page = lead.get(reverse("supervision:behind", args=["first-reply"]), WEEK | {"clock": "elapsed"})
    assert [one.case for one in page.context["facts"]] == [slow, quick]
    one = lead.get(reverse("supervision:behind", args=["first-reply"]), WEEK | {"clock": "elapsed", "bucket": "1"})
    assert [fact.case for fact in one.context["facts"]] == [quick]


def test_the_part_of_a_share_that_fell_short_is_listed_alone(client, company, channel, clock):
    answered(channel, company.agent, after=HOUR, clock=clock)
    late = mail(channel)
    clock.move_to(MONDAY_TEN + timedelta(hours=30))
    fire_due()
    page = sign_in(client, company.desk_lead).get(
        reverse("supervision:behind", args=["first-in-time"]), WEEK | {"only": "miss"}
    )
    assert [one.case for one in page.context["facts"]] == [late]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_all_pages_show_what_there_is(client, company, channel, clock, language):
    company.desk_lead.language = language
    company.desk_lead.save()
    answered(channel, company.agent, after=HOUR, clock=clock)
    lead = sign_in(client, company.desk_lead)
    for by in ("channel", "team", "agent", "account", "hour", "weekday"):
        page = lead.get(reverse("supervision:reports"), WEEK | {"by": by})
        assert page.status_code == 200
        assert len(page.context["lines"]) >= 1
    for figure in figures():
        for name in ("figure", "behind"):
            assert lead.get(reverse(f"supervision:{name}", args=[figure.key]), WEEK).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"span": "no", "on": "2026-02-31"},
        {"span": "own", "since": "x", "until": "9999-12-31"},
        {"by": "no", "clock": "no", "channel": "no", "team": "no", "agent": "no", "account": "no"},
    ],
)
def test_nonsense_in_the_address_is_no_error(client, company, channel, asked):
    assert sign_in(client, company.desk_lead).get(reverse("supervision:reports"), asked).status_code == 200


def test_a_figure_that_does_not_exist_is_not_found(client, company):
    assert sign_in(client, company.desk_lead).get(reverse("supervision:figure", args=["no"])).status_code == 404


def test_the_report_compares_with_the_period_before(client, company, channel, clock):
    mail(channel, received_at=MONDAY_TEN - timedelta(days=7))
    mail(channel)
    mail(channel)
    page = sign_in(client, company.desk_lead).get(reverse("supervision:reports"), WEEK)
    one = next(one for one in page.context["shown"] if one.figure.key == "opened")
    assert (one.now.count, one.before.count) == (2, 1)


def test_the_report_costs_the_same_number_of_statements_with_more_channels_and_cases(client, company, channel):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            sign_in(client, company.desk_lead).get(reverse("supervision:reports"), WEEK)
        return len(captured)

    mail(channel)
    statements()
    few = statements()
    for number in range(4):
        other = make_desk(company, f"more-{number}")
        mail(other)
        mail(other)
    assert statements() == few


def test_calls_are_counted_whether_in_time_late_or_missed(company, clock):
    from postroad.hotline.models import Call

    line = make_desk(company, "hotline", kind=Kind.HOTLINE, first_reply_minutes=1)
    for number, (state, wait) in enumerate((("answered", 30), ("answered", 90), ("missed", None))):
        Call.objects.create(
            channel=line,
            external_id=str(number),
            state=state,
            started_at=MONDAY_TEN,
            answered_at=MONDAY_TEN + timedelta(seconds=wait) if wait else None,
            ended_at=MONDAY_TEN + timedelta(seconds=300),
        )
    Call.objects.create(channel=line, external_id="test", state="missed", started_at=MONDAY_TEN, test=True)
    in_time, missed = found(company, "calls-in-time")[None], found(company, "calls-missed")[None]
    assert (in_time.count, in_time.hits) == (3, 1)
    assert (missed.count, missed.hits) == (3, 1)


def test_what_customers_said_counts_for_who_had_the_case(company, channel):
    from postroad.desk.models import Rating

    for score in (5, 2, None):
        case = mail(channel)
        Rating.objects.create(
            case=case,
            channel=channel,
            contact=case.contact,
            agent=company.agent,
            way=Rating.Way.MAIL,
            language="en",
            expires_at=MONDAY_TEN + timedelta(days=7),
            score=score,
            answered_at=MONDAY_TEN if score else None,
        )
    ratings = found(company, "rating", by=By.AGENT)
    assert (ratings[None].count, ratings[str(company.agent.pk)].score.mean) == (2, 3.5)
    selection = queries.select(Asked.read(WEEK), reach_of(company.administration_head))
    assert queries.distribution(figure_of("rating"), selection, Clock.ELAPSED) == [0, 1, 0, 0, 1]
