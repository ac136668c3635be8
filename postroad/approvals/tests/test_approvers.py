"""Who is asked: rules, separation of duties, deputies, and what the dry run says beforehand."""

from datetime import timedelta

import pytest

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
    reject,
    send_back,
    step_of,
)
from postroad.org.models import Person, Post, today
from postroad.org.roles import Role
from postroad.platform.errors import Conflict, Invalid, Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("effects")]


def give(person: Person, role: Role, department=None) -> None:
    Post.objects.create(person=person, role=role, department=department, starts_on=today())


def leave(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(left_on=today() - timedelta(days=1))


def test_each_rule_names_its_people(company):
    make_flow(
        {"approvers": DEPARTMENT_HEAD},
        {"approvers": LEADER},
        {"approvers": {"rule": "role", "role": "agent"}, "mode": "all"},
        {"approvers": people_rule(company.hr, company.it), "mode": "n", "n": 2},
        {"approvers": {"rule": "named_in_request", "field": "owner"}},
    )
    planned = queries.dry_run("parcels", company.stranger, {"owner": str(company.owner.pk)})
    assert [set(step.people) for step in planned] == [
        {company.department_head},
        {company.supervising_leader},
        {company.agent, company.agent2},
        {company.hr, company.it},
        {company.owner},
    ]
    assert [step.needed for step in planned] == [1, 1, 2, 2, 1]


def test_whoever_left_is_not_asked(company):
    make_flow({"approvers": {"rule": "role", "role": "agent"}})
    leave(company.agent)
    [step] = queries.dry_run("parcels", company.owner, {})
    assert step.people == [company.agent2]


def test_the_dry_run_and_the_submission_ask_the_same_people(company):
    make_flow({"approvers": DEPARTMENT_HEAD}, {"approvers": HEAD})
    planned = queries.dry_run("parcels", company.owner, {})
    request = ask(company.owner)
    assert asked(request) == set(planned[0].people)
    assert asked(approve(request, company.department_head)) == set(planned[1].people)


class TestNobodyDecidesTheirOwnRequest:
    def test_the_next_higher_leader_steps_in_for_a_head(self, company):
        make_flow({"approvers": DEPARTMENT_HEAD})
        request = ask(company.department_head)
        assert asked(request) == {company.supervising_leader}
        assignment = step_of(request).assignments.get()
        assert (assignment.because, assignment.instead_of) == ("next-higher", company.department_head)

    def test_two_signatures_are_two_people_s_where_somebody_steps_in(self, company):
        make_flow({"approvers": DEPARTMENT_HEAD}, {"approvers": LEADER})
        planned = queries.dry_run("parcels", company.department_head, {})
        assert [step.people for step in planned] == [[company.executive], [company.supervising_leader]]
        request = ask(company.department_head)
        assert asked(request) == {company.executive}
        assert asked(approve(request, company.executive)) == {company.supervising_leader}

    def test_where_nobody_else_is_there_one_signs_twice_and_it_says_so(self, company):
        make_flow({"approvers": DEPARTMENT_HEAD}, {"approvers": LEADER})
        leave(company.executive)
        request = ask(company.department_head)
        assert asked(request) == {company.supervising_leader}
        assert step_of(request).assignments.get().because == "only-one"

    def test_the_heads_deputy_comes_before_the_next_higher_leader(self, company):
        make_flow({"approvers": DEPARTMENT_HEAD})
        actions.delegate(
            delegator=company.department_head,
            delegate=company.owner,
            starts_on=today(),
            ends_on=today(),
            reason="",
            actor=company.department_head.as_actor(),
        )
        request = ask(company.department_head)
        assert asked(request) == {company.owner}
        assert step_of(request).assignments.get().because == "delegate"

    def test_an_executive_steps_in_for_the_leader_at_the_top(self, company):
        make_flow({"approvers": LEADER})
        assert asked(ask(company.supervising_leader)) == {company.executive}

    def test_the_other_holders_of_the_role_are_enough(self, company):
        make_flow({"approvers": {"rule": "role", "role": "agent"}})
        assert asked(ask(company.agent)) == {company.agent2}

    def test_where_all_must_approve_somebody_takes_the_applicants_place(self, company):
        make_flow({"approvers": {"rule": "role", "role": "agent"}, "mode": "all"})
        request = ask(company.agent)
        assert asked(request) == {company.agent2, company.supervising_leader}
        assert step_of(request).needed == 2

    def test_somebody_steps_in_only_if_the_others_are_too_few(self, company):
        some = people_rule(company.hr, company.it, company.owner)
        make_flow({"approvers": some, "mode": "n", "n": 2})
        assert asked(ask(company.owner)) == {company.hr, company.it}
        make_flow({"approvers": some, "mode": "n", "n": 3}, key="three")
        assert asked(ask(company.owner, key="three")) == {company.hr, company.it, company.department_head}

    def test_if_nobody_is_left_it_says_so_beforehand_and_refuses_to_submit(self, company):
        make_flow({"approvers": {"rule": "role", "role": "executive"}})
        Post.objects.filter(role__in=[Role.SUPERVISING_LEADER, Role.DEPARTMENT_HEAD]).delete()
        [step] = queries.dry_run("parcels", company.executive, {})
        assert "第1步" in step.problem
        assert step.people == []
        with pytest.raises(Invalid, match="第1步"):
            ask(company.executive)

    def test_a_delegate_does_not_decide_their_own_request_either(self, company):
        make_flow({"approvers": HEAD})
        actions.delegate(
            delegator=company.administration_head,
            delegate=company.owner,
            starts_on=today(),
            ends_on=today(),
            reason="",
            actor=company.administration_head.as_actor(),
        )
        request = ask(company.owner)
        assert not queries.waiting_for(company.owner).exists()
        with pytest.raises(Refused):
            approve(request, company.owner)
        assert queries.waiting_for(company.administration_head).count() == 1


def test_a_vacant_head_is_replaced_by_the_leader_above(company):
    make_flow({"approvers": DEPARTMENT_HEAD})
    assert asked(ask(company.agent)) == {company.supervising_leader}


def test_a_role_that_nobody_holds_is_a_clear_error(company):
    make_flow({"approvers": HEAD}, {"approvers": {"rule": "role", "role": "executive"}})
    leave(company.executive)
    with pytest.raises(Invalid, match="第2步"):
        ask(company.owner)


def test_a_later_step_that_nobody_can_decide_any_more_blocks_the_approval_before_it(company):
    make_flow({"approvers": HEAD}, {"approvers": {"rule": "role", "role": "executive"}})
    request = ask(company.owner)
    leave(company.executive)
    with pytest.raises(Conflict, match="第2步"):
        approve(request, company.administration_head)
    assert asked(request) == {company.administration_head}


class TestTheSamePersonInTwoStepsRunning:
    def test_the_approval_counts_in_the_next_step_too_and_is_shown_as_such(self, company):
        give(company.administration_head, Role.EXECUTIVE)
        leave(company.executive)
        make_flow({"approvers": HEAD}, {"approvers": {"rule": "role", "role": "executive"}})
        planned = queries.dry_run("parcels", company.owner, {})
        assert planned[1].carried == (company.administration_head,)
        request = approve(ask(company.owner), company.administration_head)
        assert request.state == "approved"
        carried = Assignment.objects.get(step__request=request, step__position=1)
        assert (carried.via, carried.decided_by) == ("carried", company.administration_head)

    def test_others_of_an_all_step_are_still_asked(self, company):
        make_flow(
            {"approvers": HEAD}, {"approvers": people_rule(company.administration_head, company.hr), "mode": "all"}
        )
        request = approve(ask(company.owner), company.administration_head)
        assert asked(request) == {company.hr}
        assert approve(request, company.hr).state == "approved"

    def test_it_does_not_carry_over_a_step_between(self, company):
        make_flow({"approvers": HEAD}, {"approvers": LEADER}, {"approvers": HEAD})
        request = approve(approve(ask(company.owner), company.administration_head), company.supervising_leader)
        assert asked(request) == {company.administration_head}

    def test_it_does_not_carry_into_another_round(self, company):
        make_flow({"approvers": HEAD}, {"approvers": LEADER})
        request = approve(ask(company.owner), company.administration_head)
        request = send_back(request, company.supervising_leader)
        request = actions.submit_saved(request_id=request.pk, actor=company.owner.as_actor())
        assert asked(request) == {company.administration_head}


class TestCounting:
    @pytest.fixture
    def three(self, company):
        return people_rule(company.hr, company.it, company.executive)

    def test_any_one_decides_and_the_others_are_no_longer_asked(self, company, three):
        make_flow({"approvers": three})
        request = ask(company.owner)
        assert approve(request, company.it).state == "approved"
        states = Assignment.objects.filter(step__request=request).values_list("state", flat=True)
        assert sorted(states) == ["approved", "not-needed", "not-needed"]
        assert not queries.waiting_for(company.hr).exists()

    def test_all_must_approve(self, company, three):
        make_flow({"approvers": three, "mode": "all"})
        request = approve(approve(ask(company.owner), company.it), company.hr)
        assert request.state == "pending"
        assert approve(request, company.executive).state == "approved"

    def test_two_of_three_must_approve(self, company, three):
        make_flow({"approvers": three, "mode": "n", "n": 2})
        request = reject(ask(company.owner), company.it)
        assert request.state == "pending"
        assert approve(approve(request, company.hr), company.executive).state == "approved"

    def test_it_is_rejected_once_two_of_three_cannot_approve(self, company, three):
        make_flow({"approvers": three, "mode": "n", "n": 2})
        request = reject(reject(ask(company.owner), company.it), company.hr)
        assert request.state == "rejected"


class TestDeputies:
    @pytest.fixture
    def deputy(self, company):
        return actions.delegate(
            delegator=company.administration_head,
            delegate=company.administration_clerk,
            starts_on=today(),
            ends_on=today() + timedelta(days=3),
            reason="出差",
            actor=company.administration_head.as_actor(),
        )

    def test_a_deputy_sees_and_decides_what_waits(self, company, deputy):
        make_flow({"approvers": HEAD})
        request = ask(company.owner)
        assert queries.waiting_for(company.administration_clerk).count() == 1
        assert approve(request, company.administration_clerk).state == "approved"
        assignment = Assignment.objects.get(step__request=request)
        assert (assignment.person, assignment.decided_by, assignment.by_delegate) == (
            company.administration_head,
            company.administration_clerk,
            True,
        )

    def test_the_delegator_can_still_decide(self, company, deputy):
        make_flow({"approvers": HEAD})
        assert approve(ask(company.owner), company.administration_head).state == "approved"

    def test_one_person_has_one_voice_in_a_step(self, company, deputy):
        both = people_rule(company.administration_head, company.administration_clerk)
        make_flow({"approvers": both, "mode": "all"})
        request = approve(ask(company.owner), company.administration_clerk)
        assert request.state == "pending"
        assert step_of(request).assignments.get(state="waiting").person == company.administration_head
        assert not queries.waiting_for(company.administration_clerk).exists()
        with pytest.raises(Conflict):
            approve(request, company.administration_clerk)

    def test_it_ends_by_itself_and_at_once_when_ended(self, company, deputy):
        make_flow({"approvers": HEAD})
        request = ask(company.owner)
        actions.end_delegation(delegation=deputy, actor=company.administration_head.as_actor())
        assert not queries.waiting_for(company.administration_clerk).exists()
        with pytest.raises(Refused):
            approve(request, company.administration_clerk)
        with pytest.raises(Conflict):
            actions.end_delegation(delegation=deputy, actor=company.administration_head.as_actor())

    def test_the_deputy_of_somebody_who_left_decides_nothing(self, company, deputy):
        make_flow({"approvers": HEAD})
        ask(company.owner)
        leave(company.administration_head)
        assert not queries.waiting_for(company.administration_clerk).exists()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"delegate": "administration_head"}, "delegate"),
            ({"delegate": "leaver"}, "delegate"),
            ({"starts_on": -1}, "starts_on"),
            ({"ends_on": -1, "starts_on": 5}, "ends_on"),
            ({"ends_on": 400, "starts_on": 30}, "ends_on"),
            ({"starts_on": 3}, "starts_on"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, company, deputy, change, field):
        given = {"delegate": "administration_clerk", "starts_on": 10, "ends_on": 12} | change
        with pytest.raises(Invalid) as refusal:
            actions.delegate(
                delegator=company.administration_head,
                delegate=getattr(company, given["delegate"]),
                starts_on=today() + timedelta(days=given["starts_on"]),
                ends_on=today() + timedelta(days=given["ends_on"]),
                reason="",
                actor=company.administration_head.as_actor(),
            )
        assert list(refusal.value.fields) == [field]


class TestNobodyDecidesWhatGivesThemSomething:
    """Those whom a payload names under `concerns` stand aside like the applicant."""

    def about(self, person):
        return {"weight": "2 kg", "concerns": [str(person.pk)]}

    def test_somebody_else_is_asked_in_their_place(self, company):
        make_flow({"approvers": HEAD})
        assert asked(ask(company.owner)) == {company.administration_head}
        request = ask(company.owner, payload=self.about(company.administration_head))
        assert asked(request) == {company.supervising_leader}
        assert step_of(request).assignments.get().instead_of == company.administration_head

    def test_they_do_not_decide_as_somebodys_deputy_either(self, company):
        make_flow({"approvers": HEAD})
        actions.delegate(
            delegator=company.administration_head,
            delegate=company.hr,
            starts_on=today(),
            ends_on=today(),
            reason="",
            actor=company.administration_head.as_actor(),
        )
        request = ask(company.owner, payload=self.about(company.hr))
        with pytest.raises(Refused):
            approve(request, company.hr)
        assert not queries.waiting_for(company.hr).exists()
        assert approve(request, company.administration_head).state == "approved"

    def test_an_overdue_step_does_not_escalate_to_them(self, company):
        make_flow({"approvers": {"rule": "role", "role": "agent"}, "due_minutes": 60, "escalate_to": HEAD})
        request = ask(company.owner, payload=self.about(company.administration_head))
        step_of(request).deadline.__class__.objects.update(state="missed", look_at=None, missed_at=request.created_at)
        assert actions.escalate() == 1
        assert company.administration_head not in asked(request)
