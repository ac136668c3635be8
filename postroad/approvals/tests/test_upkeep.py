"""Due times, reminders, escalation, and approvals that wait for somebody who left."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.approvals import actions, queries
from postroad.approvals.models import Assignment
from postroad.approvals.tests.factories import (
    DEPARTMENT_HEAD,
    HEAD,
    LEADER,
    approve,
    ask,
    asked,
    make_flow,
    people_rule,
    step_of,
)
from postroad.clock.actions import create_calendar, fire_due
from postroad.clock.models import Deadline
from postroad.ledger.models import Entry
from postroad.org.models import Account, Person, Post, today
from postroad.org.roles import Role
from postroad.platform.errors import Conflict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("effects")]

FRIDAY_16 = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai
DUE = {"approvers": HEAD, "due_minutes": 240, "remind_minutes": 180, "escalate_to": LEADER}
OFFICE = {
    "zone": "Asia/Shanghai",
    "week": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [],
    "extra_workdays": [],
}


@pytest.fixture
def clock():
    with time_machine.travel(FRIDAY_16, tick=False) as traveller:
        yield traveller


def jobs(name: str) -> int:
    return ProcrastinateJob.objects.filter(task_name=f"approvals.{name}", status="todo").count()


def events(request, name: str) -> int:
    return Entry.objects.filter(event=f"approvals.{name}", subject_id=str(request.pk)).count()


def leave(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(left_on=today() - timedelta(days=1))


def test_a_step_is_due_in_working_time(company, clock):
    create_calendar(key="company", name="公司", definition=OFFICE, actor=company.hr.as_actor())
    make_flow(DUE)
    step = step_of(ask(company.owner))
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    assert step.deadline.due_at == monday + timedelta(hours=3)  # 2 h on Friday, 2 h on Monday from 09:00
    assert step.remind_at == monday + timedelta(hours=2)
    assert step.deadline.responsible == company.administration_head


def test_without_a_calendar_time_just_runs(company, clock):
    make_flow(DUE)
    assert step_of(ask(company.owner)).deadline.due_at == FRIDAY_16 + timedelta(hours=4)


def test_deciding_meets_the_promise_and_withdrawing_cancels_it(company, clock):
    make_flow(DUE)
    decided, withdrawn = ask(company.owner), ask(company.owner)
    deadlines = [step_of(decided).deadline, step_of(withdrawn).deadline]
    approve(decided, company.administration_head)
    actions.withdraw(request_id=withdrawn.pk, actor=company.owner.as_actor())
    for deadline in deadlines:
        deadline.refresh_from_db()
    assert [deadline.state for deadline in deadlines] == [Deadline.State.MET, Deadline.State.CANCELLED]


def test_the_reminder_goes_out_once_when_its_time_comes(company, clock):
    make_flow(DUE)
    request = ask(company.owner)
    asking = jobs("ask")
    assert actions.remind_due(now=FRIDAY_16 + timedelta(hours=2, minutes=59)) == 0
    assert actions.remind_due(now=FRIDAY_16 + timedelta(hours=3)) == 1
    assert actions.remind_due(now=FRIDAY_16 + timedelta(hours=4)) == 0
    assert jobs("ask") == asking + 1
    assert events(request, "step.reminded") == 1


def test_a_decided_step_is_not_reminded_of(company, clock):
    make_flow(DUE)
    approve(ask(company.owner), company.administration_head)
    assert actions.remind_due(now=FRIDAY_16 + timedelta(days=5)) == 0


def test_the_applicant_reminds_once_an_hour(company, clock):
    make_flow({"approvers": HEAD})
    request = ask(company.owner)
    actions.remind(request_id=request.pk, actor=company.owner.as_actor())
    with pytest.raises(Conflict, match="17:00"):
        actions.remind(request_id=request.pk, actor=company.owner.as_actor())
    clock.shift(timedelta(hours=1))
    actions.remind(request_id=request.pk, actor=company.owner.as_actor())
    assert step_of(request).reminders == 2


def test_nothing_to_remind_of_is_said(company):
    make_flow({"approvers": HEAD})
    request = approve(ask(company.owner), company.administration_head)
    with pytest.raises(Conflict):
        actions.remind(request_id=request.pk, actor=company.owner.as_actor())


class TestEscalation:
    @pytest.fixture
    def overdue(self, company, clock):
        make_flow(DUE)
        request = ask(company.owner)
        clock.shift(timedelta(hours=5))
        fire_due()
        return request

    def test_a_step_not_decided_in_time_goes_to_whom_the_flow_names(self, company, overdue):
        assert jobs("escalate") == 1
        assert actions.escalate() == 1
        assert asked(overdue) == {company.administration_head, company.supervising_leader}
        assert step_of(overdue).assignments.get(person=company.supervising_leader).decisive
        assert events(overdue, "step.escalated") == 1

    def test_it_escalates_once(self, overdue):
        actions.escalate()
        assert actions.escalate() == 0
        assert events(overdue, "step.escalated") == 1

    def test_whoever_it_went_to_settles_it(self, company, overdue):
        actions.escalate()
        assert approve(overdue, company.supervising_leader).state == "approved"

    def test_whoever_was_asked_before_still_may(self, company, overdue):
        actions.escalate()
        assert approve(overdue, company.administration_head).state == "approved"

    def test_done_late_is_done_late(self, company, overdue):
        deadline = step_of(overdue).deadline
        approve(overdue, company.administration_head)
        deadline.refresh_from_db()
        assert deadline.state == Deadline.State.MISSED
        assert deadline.finished_at is not None


def test_the_applicant_is_never_escalated_to(company, clock):
    make_flow(DUE)
    request = ask(company.supervising_leader)
    clock.shift(timedelta(hours=5))
    fire_due()
    actions.escalate()
    assert asked(request) == {company.administration_head, company.executive}


def test_without_anybody_to_escalate_to_the_miss_is_on_record(company, clock):
    make_flow({"approvers": HEAD, "due_minutes": 60})
    request = ask(company.owner)
    clock.shift(timedelta(hours=2))
    fire_due()
    assert actions.escalate() == 1
    assert asked(request) == {company.administration_head}
    assert events(request, "step.overdue") == 1


class TestLeavers:
    def test_what_waits_for_a_leaver_goes_to_the_successor_in_the_post(self, company):
        make_flow({"approvers": DEPARTMENT_HEAD})
        request = ask(company.owner)
        leave(company.department_head)
        Post.objects.filter(person=company.department_head).update(ends_on=today() - timedelta(days=1))
        Post.objects.create(
            person=company.stranger,
            role=Role.DEPARTMENT_HEAD,
            department=company.sales,
            starts_on=today(),
        )
        assert actions.move_leavers() == 1
        assert asked(request) == {company.stranger}
        assert events(request, "assignment.moved") == 1
        assert approve(request, company.stranger).state == "approved"

    def test_without_a_successor_it_goes_to_the_next_higher_leader(self, company):
        make_flow({"approvers": DEPARTMENT_HEAD})
        request = ask(company.owner)
        leave(company.department_head)
        assert actions.move_leavers() == 1
        assert asked(request) == {company.supervising_leader}

    def test_a_closed_account_counts_as_having_left(self, company):
        make_flow({"approvers": DEPARTMENT_HEAD})
        request = ask(company.owner)
        Account.objects.filter(person=company.department_head).update(is_active=False)
        actions.move_leavers()
        assert asked(request) == {company.supervising_leader}

    def test_where_others_are_enough_nobody_is_added(self, company):
        make_flow({"approvers": people_rule(company.hr, company.it)})
        request = ask(company.owner)
        leave(company.hr)
        assert actions.move_leavers() == 0
        assert asked(request) == {company.it}

    def test_where_all_must_approve_the_leavers_place_is_filled(self, company):
        make_flow({"approvers": people_rule(company.hr, company.it), "mode": "all"})
        request = ask(company.owner)
        leave(company.hr)
        actions.move_leavers()
        assert asked(request) == {company.it, company.supervising_leader}
        request = approve(approve(request, company.it), company.supervising_leader)
        assert request.state == "approved"

    def test_where_nobody_can_take_over_it_is_said_once(self, company):
        make_flow({"approvers": HEAD})
        Post.objects.exclude(role=Role.ADMINISTRATION_HEAD).delete()
        request = ask(company.owner)
        leave(company.administration_head)
        assert [actions.move_leavers(), actions.move_leavers()] == [0, 0]
        assert events(request, "assignment.stranded") == 1
        assert not queries.waiting_for(company.owner).exists()

    def test_nobody_moves_while_everybody_is_here(self, company):
        make_flow({"approvers": HEAD})
        ask(company.owner)
        assert actions.move_leavers() == 0
        assert Assignment.objects.filter(state="waiting").count() == 1
