"""Targets asked for, approved, overtaken; figures recorded."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from postroad.board import actions, queries
from postroad.board.events import Event
from postroad.board.measures import objectives_measured_daily
from postroad.board.models import ControlTarget, Figure
from postroad.board.periods import Days, today
from postroad.board.standard import controls
from postroad.board.tests.factories import always, approve_all, found, measuring, propose
from postroad.ledger.queries import history_of
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db

MAIL = "external.sla-mail"


def test_a_target_changes_when_its_request_is_approved_and_not_before(company):
    request = propose(company, value="95")
    assert queries.targets_in_force()[MAIL].bound.value == 100
    approve_all(request, company)
    target = queries.targets_in_force()[MAIL]
    assert (target.bound.value, target.number, target.is_own) == (95, 1, True)
    assert queries.targets_in_force()["external.response-24h"].number == 0


def test_the_change_is_on_record_with_before_and_after(company):
    approve_all(propose(company, value="95.5"), company)
    [entry] = history_of(queries.subject_of_control(controls()[MAIL])).filter(event=Event.TARGET_CHANGED)
    assert entry.data["value"] == {"before": "100", "after": "95.5"}
    assert entry.actor_id == str(company.supervising_leader.pk)


def test_verdicts_of_the_past_go_by_the_target_of_the_past(company):
    approve_all(propose(company, value="95"), company)
    version = ControlTarget.objects.get()
    assert queries.targets_in_force(version.valid_from - timedelta(seconds=1))[MAIL].bound.value == 100
    assert queries.targets_in_force(version.valid_from)[MAIL].bound.value == 95


def test_a_version_of_a_target_can_neither_be_changed_nor_removed(company):
    approve_all(propose(company), company)
    for write in (lambda rows: rows.update(value=1), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            write(ControlTarget.objects.all())
    assert ControlTarget.objects.get().value == 95


def test_while_one_request_is_open_no_other_can_be_made(company):
    propose(company)
    with pytest.raises(Conflict):
        propose(company, value="90")
    propose(company, key="external.response-24h", value="90")


def test_a_request_overtaken_by_another_target_decides_nothing(company):
    request = propose(company, value="90")
    other = propose(company, key="external.response-24h", value="80")
    ControlTarget.objects.create(control=MAIL, number=1, value=Decimal(97), reason="meanwhile", request=other)
    with pytest.raises(Conflict):
        approve_all(request, company)
    assert queries.targets_in_force()[MAIL].bound.value == 97
    request.refresh_from_db()
    assert request.state == request.State.PENDING


@pytest.mark.parametrize("value", ["100", "100.01"])
def test_a_target_that_is_in_force_already_or_cannot_be_is_refused_at_its_field(company, value):
    with pytest.raises(Invalid) as refusal:
        propose(company, value=value)
    assert list(refusal.value.fields) == ["value"]


def test_figures_are_recorded_once_a_day_and_counted_anew(monkeypatch):
    measuring(monkeypatch, {MAIL: always(found(96.0, exceptions=2))})
    day = today()
    assert actions.record_figures(days=[day]) == 1
    measuring(monkeypatch, {MAIL: always(found(100.0))})
    actions.record_figures(days=[day])
    figure = Figure.objects.get()
    assert (figure.value, figure.exceptions, figure.met, figure.day) == (100.0, 0, True, day)


def test_a_figure_of_nothing_has_no_verdict(monkeypatch):
    measuring(monkeypatch, {MAIL: always(found(None, sample_size=0))})
    actions.record_figures(days=[today()])
    assert Figure.objects.get().met is None


def test_each_day_is_measured_from_midnight_to_midnight(monkeypatch):
    seen = []
    measuring(monkeypatch, {MAIL: lambda period: seen.append(period) or found(100.0)})
    actions.record_recent_figures()
    assert len(seen) == actions.DAYS_THAT_SETTLE
    assert {period.end - period.start for period in seen} == {timedelta(days=1)}
    assert seen[0] == Days(today(), today()).period


def test_a_measure_that_fails_does_not_silence_the_others_and_is_not_silent_itself(monkeypatch):
    def broken(_period):
        raise LookupError("no such table")

    measuring(monkeypatch, {"plan.priority": broken, MAIL: always(found(100.0))})
    with pytest.raises(ExceptionGroup):
        actions.record_figures(days=[today()])
    assert Figure.objects.get().control == MAIL


def test_recording_costs_the_same_writes_however_many_days(monkeypatch, django_assert_max_num_queries):
    measuring(monkeypatch, {MAIL: always(found(100.0)), "plan.priority": always(found(100.0))})
    with django_assert_max_num_queries(10 * 1 + 10 * 2 * 2 + 6):  # targets of a day, savepoints of a measure, the write
        actions.record_recent_figures()


def test_the_board_measures_whether_figures_were_recorded_daily():
    month = Days(today().replace(day=1), today()).period
    assert objectives_measured_daily(month).value is None
    first = today() - timedelta(days=3)
    for back in (0, 1, 3):
        day = today() - timedelta(days=back)
        Figure.objects.create(control=MAIL, day=day, value=1, sample_size=1, exceptions=0, measured_at=month.start)
    measure = objectives_measured_daily(Days(first - timedelta(days=30), today() + timedelta(days=5)).period)
    assert (measure.sample_size, measure.exceptions, measure.value) == (4, 1, 75.0)


def test_the_shortfall_of_my_work_is_the_last_day_that_has_a_figure():
    day = date(2025, 5, 20)

    def figure(control, back, value, met):
        at = Days(day, day).period.start
        Figure.objects.create(
            control=control,
            day=day - timedelta(days=back),
            value=value,
            met=met,
            sample_size=9,
            exceptions=0,
            measured_at=at,
        )

    figure(MAIL, 0, 90, False)
    figure("plan.priority", 0, 100, True)
    figure("plan.priority", 1, 50, False)
    figure("internal.im-owner", 0, None, None)
    figure("internal.im-owner", 1, 80, False)
    figure("external.response-24h", 2, 10, False)
    assert [one.control for one in queries.falling_short(day)] == ["internal.im-owner", MAIL]
