"""The life of a request: submitted, decided, returned, withdrawn; with its effect or not at all."""

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from postroad.approvals import actions, queries
from postroad.approvals.models import Assignment, Request, Step
from postroad.approvals.tests.factories import (
    DEPARTMENT_HEAD,
    HEAD,
    KIND,
    LEADER,
    SUBJECT,
    approve,
    ask,
    asked,
    make_flow,
    people_rule,
    reject,
    send_back,
    step_of,
)
from postroad.ledger.models import Entry
from postroad.platform.actors import subject_of
from postroad.platform.errors import Conflict, Invalid, NotFound, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow(company):
    return make_flow({"approvers": HEAD}, {"approvers": LEADER})


def told(request: Request) -> list[str]:
    subject = subject_of(request)
    entries = Entry.objects.filter(subject_type=subject.type, subject_id=subject.id).order_by("seq")
    return [entry.event.removeprefix("approvals.") for entry in entries]


def test_a_request_goes_from_step_to_step_and_takes_effect_at_the_end(company, flow, effects):
    request = ask(company.owner)
    assert request.state == Request.State.PENDING
    assert asked(request) == {company.administration_head}
    request = approve(request, company.administration_head)
    assert (request.state, effects.approved) == (Request.State.PENDING, [])
    assert asked(request) == {company.supervising_leader}
    request = approve(request, company.supervising_leader, "好")
    assert request.state == Request.State.APPROVED
    assert effects.approved == [request]
    assert told(request) == [
        "request.submitted",
        "step.opened",
        "step.approved",
        "step.opened",
        "step.approved",
        "request.approved",
    ]


def test_one_rejection_ends_it(company, flow, effects):
    request = approve(ask(company.owner), company.administration_head)
    request = reject(request, company.supervising_leader, "预算不够")
    assert request.state == Request.State.REJECTED
    assert effects.approved == []
    assert effects.closed == [(request, "rejected")]
    assert told(request)[-2:] == ["step.rejected", "request.rejected"]


def test_a_returned_request_is_changed_and_goes_the_whole_way_again(company, flow, effects):
    request = approve(ask(company.owner), company.administration_head)
    request = send_back(request, company.supervising_leader)
    assert request.state == Request.State.RETURNED
    assert effects.closed == []
    actions.revise(
        request_id=request.pk, title="改过的包裹", payload={"weight": "1 kg"}, actor=company.owner.as_actor()
    )
    request = actions.submit_saved(request_id=request.pk, actor=company.owner.as_actor())
    assert (request.round, request.title) == (2, "改过的包裹")
    assert asked(request) == {company.administration_head}
    request = approve(approve(request, company.administration_head), company.supervising_leader)
    assert request.state == Request.State.APPROVED
    assert effects.approved[0].payload == {"weight": "1 kg"}


def test_a_draft_is_kept_changed_and_submitted_later(company, flow, effects):
    owner = company.owner
    draft = actions.save_draft(
        kind=KIND,
        flow_key="parcels",
        applicant=owner,
        subject=SUBJECT,
        title="草稿",
        payload={},
        actor=owner.as_actor(),
    )
    assert draft.state == Request.State.DRAFT
    assert not queries.waiting_for(company.administration_head).exists()
    assert told(draft) == []
    actions.revise(request_id=draft.pk, title="包裹", payload={"weight": "3 kg"}, actor=owner.as_actor())
    request = actions.submit_saved(request_id=draft.pk, actor=owner.as_actor())
    assert (request.state, request.title, request.round) == (Request.State.PENDING, "包裹", 1)


def test_a_withdrawn_request_asks_nobody_any_more(company, flow, effects):
    request = ask(company.owner)
    step = step_of(request)
    request = actions.withdraw(request_id=request.pk, actor=company.owner.as_actor())
    assert effects.closed == [(request, "withdrawn")]
    assert not queries.waiting_for(company.administration_head).exists()
    with pytest.raises(Conflict):
        actions.approve(
            step_id=step.pk, person=company.administration_head, actor=company.administration_head.as_actor()
        )
    with pytest.raises(Conflict):
        actions.withdraw(request_id=request.pk, actor=company.owner.as_actor())


def test_a_request_under_way_cannot_be_changed_or_submitted_twice(company, flow, effects):
    request = ask(company.owner)
    with pytest.raises(Conflict):
        actions.revise(request_id=request.pk, title="x", payload={}, actor=company.owner.as_actor())
    with pytest.raises(Conflict):
        actions.submit_saved(request_id=request.pk, actor=company.owner.as_actor())


def test_the_same_step_is_decided_once(company, flow, effects):
    request = ask(company.owner)
    step = step_of(request)
    head = company.administration_head
    actions.approve(step_id=step.pk, person=head, actor=head.as_actor())
    with pytest.raises(Conflict, match="王芳"):
        actions.approve(step_id=step.pk, person=head, actor=head.as_actor())


def test_an_approval_meant_for_one_step_never_counts_for_the_next(company, effects):
    head = company.administration_head
    make_flow({"approvers": people_rule(head, company.hr), "mode": "any"}, {"approvers": HEAD})
    request = ask(company.owner)
    first = step_of(request)
    approve(request, company.hr)
    with pytest.raises(Conflict):
        actions.approve(step_id=first.pk, person=head, actor=head.as_actor())
    assert step_of(request).position == 1


def test_who_is_not_asked_cannot_decide(company, flow, effects):
    request = ask(company.owner)
    with pytest.raises(Refused):
        approve(request, company.stranger)
    with pytest.raises(NotFound):
        actions.approve(
            step_id=request.pk, person=company.administration_head, actor=company.administration_head.as_actor()
        )


@pytest.mark.parametrize("decision", [reject, send_back])
def test_rejecting_and_returning_need_a_reason(company, flow, effects, decision):
    request = ask(company.owner)
    with pytest.raises(Invalid) as refusal:
        decision(request, company.administration_head, "  ")
    assert list(refusal.value.fields) == ["comment"]
    with pytest.raises(Invalid):
        decision(request, company.administration_head, "x" * 2001)
    assert asked(request) == {company.administration_head}


@pytest.mark.parametrize(
    "error", [RuntimeError("the server is away"), Conflict("the name is taken"), IntegrityError("x")]
)
def test_if_the_effect_fails_nothing_is_decided(company, flow, effects, error):
    request = approve(ask(company.owner), company.administration_head)
    effects.error = error
    with pytest.raises(Conflict, match=str(error)):
        approve(request, company.supervising_leader)
    request.refresh_from_db()
    assert request.state == Request.State.PENDING
    assert asked(request) == {company.supervising_leader}
    assert told(request)[-1] == "step.opened"
    effects.error = None
    assert approve(request, company.supervising_leader).state == Request.State.APPROVED


def test_the_comment_stands_in_the_request_and_only_its_digest_in_the_evidence(company, flow, effects):
    request = approve(ask(company.owner), company.administration_head, "给张三的包裹")
    assert Assignment.objects.get(decided_by=company.administration_head).comment == "给张三的包裹"
    entry = Entry.objects.get(event="approvals.step.approved", subject_id=str(request.pk))
    assert len(entry.data["comment_sha256"]) == 64
    assert "张三" not in str(entry.data)


def test_requests_under_way_keep_the_version_they_were_submitted_by(company, flow, effects):
    old = ask(company.owner)
    actions.change_flow(
        flow=flow,
        definition={"steps": [{"name": "只一步", "approvers": HEAD}]},
        note="简化",
        after_version=1,
        actor=company.administrator.as_actor(),
    )
    new = ask(company.owner)
    assert approve(new, company.administration_head).state == Request.State.APPROVED
    assert approve(old, company.administration_head).state == Request.State.PENDING


def test_a_returned_request_is_submitted_again_by_the_flow_in_force(company, flow, effects):
    request = send_back(ask(company.owner), company.administration_head)
    actions.change_flow(
        flow=flow,
        definition={"steps": [{"name": "新的一步", "approvers": DEPARTMENT_HEAD}]},
        note="",
        after_version=1,
        actor=company.administrator.as_actor(),
    )
    request = actions.submit_saved(request_id=request.pk, actor=company.owner.as_actor())
    assert asked(request) == {company.department_head}


def test_an_unknown_flow_is_a_clear_error(company, effects):
    with pytest.raises(Invalid, match="nothing-such"):
        ask(company.owner, key="nothing-such")


def test_the_database_itself_refuses_a_decision_by_the_applicant(company, flow, effects):
    request = ask(company.owner)
    assignment = step_of(request).assignments.get()
    with pytest.raises(IntegrityError, match="own"), transaction.atomic():
        Assignment.objects.filter(pk=assignment.pk).update(
            state="approved", decided_by=company.owner, decided_at=request.created_at
        )


def test_the_database_keeps_one_open_step_and_flow_versions_as_they_were(company, flow, effects):
    request = ask(company.owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Step.objects.create(request=request, round=1, position=1, name="x", mode="any", needed=1)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        flow.versions.update(definition={"steps": []})
