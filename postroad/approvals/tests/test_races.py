"""Two at once, on connections of their own: exactly one wins."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from postroad.approvals import actions
from postroad.approvals.actions.decisions import Decision, decide
from postroad.approvals.counting import Verdict
from postroad.approvals.models import Request
from postroad.approvals.tests.factories import HEAD, ask, make_flow, people_rule, step_of
from postroad.platform.errors import Conflict, DomainError

pytestmark = [pytest.mark.django_db(transaction=True)]


def race(*works) -> list[object]:
    """Run all at the same moment, each on a connection of its own; what each returned or was refused with."""
    start = threading.Barrier(len(works))

    def run(work):
        try:
            start.wait(timeout=20)
            return work()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def say(step, person, verdict):
    return lambda: decide(
        Decision(step_id=step.pk, person=person, verdict=verdict, comment="因为"), actor=person.as_actor()
    )


def refusals(results) -> list[DomainError]:
    return [result for result in results if isinstance(result, DomainError)]


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_approvers_at_once_one_decides(company, effects, attempt):
    make_flow({"approvers": people_rule(company.hr, company.it)})
    step = step_of(ask(company.owner))
    results = race(say(step, company.hr, Verdict.APPROVED), say(step, company.it, Verdict.REJECTED))
    assert len(refusals(results)) == 1
    assert isinstance(refusals(results)[0], Conflict)
    assert len(effects.approved) + len(effects.closed) == 1
    assert step.assignments.filter(decided_by__isnull=False).count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_of_approving_and_withdrawing_at_once_one_wins(company, effects, attempt):
    make_flow({"approvers": HEAD})
    request = ask(company.owner)
    results = race(
        say(step_of(request), company.administration_head, Verdict.APPROVED),
        lambda: actions.withdraw(request_id=request.pk, actor=company.owner.as_actor()),
    )
    assert len(refusals(results)) == 1
    request.refresh_from_db()
    assert request.state == (Request.State.WITHDRAWN if isinstance(results[0], Conflict) else Request.State.APPROVED)
    assert len(effects.approved) + len(effects.closed) == 1


def test_two_clicks_of_one_person_are_one_decision(company, effects):
    make_flow({"approvers": people_rule(company.hr, company.it), "mode": "all"})
    request = ask(company.owner)
    click = say(step_of(request), company.hr, Verdict.APPROVED)
    assert len(refusals(race(click, click, click))) == 2
    assert step_of(request).assignments.get(person=company.it).state == "waiting"


def test_all_of_an_all_step_at_once_are_all_heard_and_the_effect_comes_once(company, effects):
    people = [company.hr, company.it, company.executive, company.auditor]
    make_flow({"approvers": people_rule(*people), "mode": "all"})
    request = ask(company.owner)
    results = race(*[say(step_of(request), person, Verdict.APPROVED) for person in people])
    assert refusals(results) == []
    request.refresh_from_db()
    assert request.state == Request.State.APPROVED
    assert len(effects.approved) == 1


def test_submitting_a_draft_twice_at_once_submits_it_once(company, effects):
    from postroad.approvals.tests.factories import KIND, SUBJECT

    make_flow({"approvers": HEAD})
    draft = actions.save_draft(
        kind=KIND,
        flow_key="parcels",
        applicant=company.owner,
        subject=SUBJECT,
        title="x",
        payload={},
        actor=company.owner.as_actor(),
    )

    def submit():
        return actions.submit_saved(request_id=draft.pk, actor=company.owner.as_actor())

    assert len(refusals(race(submit, submit))) == 1
    assert draft.steps.count() == 1


def test_two_workers_remind_and_escalate_once(company, effects):
    from datetime import timedelta

    from django.utils import timezone

    from postroad.approvals.models import Step
    from postroad.clock.actions import fire_due

    make_flow({"approvers": HEAD, "due_minutes": 10, "remind_minutes": 5, "escalate_to": people_rule(company.hr)})
    request = ask(company.owner)
    late = timezone.now() + timedelta(hours=1)
    assert sorted(race(lambda: actions.remind_due(now=late), lambda: actions.remind_due(now=late))) == [0, 1]
    fire_due(now=late)
    assert sorted(race(actions.escalate, actions.escalate)) == [0, 1]
    assert step_of(request).assignments.count() == 2
    assert Step.objects.get(request=request).reminders == 1
