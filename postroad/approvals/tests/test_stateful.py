"""The life of a request against a simple model: whatever people try, in whatever order."""

from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from postroad.approvals import actions, queries
from postroad.approvals.actions.decisions import Decision, decide
from postroad.approvals.counting import Verdict
from postroad.approvals.models import Request
from postroad.approvals.tests.factories import ask, make_flow, people_rule
from postroad.platform.errors import DomainError

NAMES = ("hr", "it", "executive", "auditor", "owner", "stranger")
# First any one of two; then all of two; then two of three. The auditor is in two steps running.
ASKED = (("hr", "it"), ("executive", "auditor"), ("auditor", "hr", "it"))
MODES = ("any", "all", "n")
NEEDED = (1, 2, 2)


class Life(RuleBasedStateMachine):
    """What the model holds: the state, the step, and who has said what in it."""

    company: ClassVar = None
    effects: ClassVar = None

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.effects.approved.clear()
        self.effects.closed.clear()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def submit(self):
        make_flow(
            *[
                {"approvers": people_rule(*map(self.person, names)), "mode": mode, "n": needed}
                for names, mode, needed in zip(ASKED, MODES, NEEDED, strict=True)
            ]
        )
        self.request = ask(self.person("owner"))
        self.state, self.round = "pending", 1
        self.come_to(0, carried=set())

    def person(self, name):
        return getattr(self.company, name)

    def come_to(self, position, *, carried):
        if position == len(ASKED):
            self.state = "approved"
            return
        self.position = position
        self.said = {name: "approved" for name in ASKED[position] if name in carried}
        self.settle()

    def settle(self):
        mode, needed, said = MODES[self.position], NEEDED[self.position], self.said
        approvals = [name for name, verdict in said.items() if verdict == "approved"]
        silent = len(ASKED[self.position]) - len(said)
        if "returned" in said.values():
            self.state = "returned"
        elif "rejected" in said.values() and (mode != "n" or len(approvals) + silent < needed):
            self.state = "rejected"
        elif len(approvals) >= needed:
            self.come_to(self.position + 1, carried=set(approvals))

    def tried(self, attempt) -> bool:
        try:
            with transaction.atomic():
                attempt()
        except DomainError:
            return False
        return True

    @rule(name=st.sampled_from(NAMES), verdict=st.sampled_from(Verdict), comment=st.sampled_from(["", "因为"]))
    def somebody_says(self, name, verdict, comment):
        step = self.request.steps.order_by("-round", "-position").first()
        decision = Decision(step_id=step.pk, person=self.person(name), verdict=verdict, comment=comment)
        allowed = (
            self.state == "pending"
            and name in ASKED[self.position]
            and name not in self.said
            and (comment or verdict == Verdict.APPROVED)
        )
        assert self.tried(lambda: decide(decision, actor=self.person(name).as_actor())) == bool(allowed)
        if allowed:
            self.said[name] = verdict.value
            self.settle()

    @rule()
    def the_applicant_withdraws(self):
        done = self.tried(lambda: actions.withdraw(request_id=self.request.pk, actor=self.actor))
        assert done == (self.state in {"pending", "returned"})
        if done:
            self.state = "withdrawn"

    @rule()
    def the_applicant_submits_again(self):
        done = self.tried(lambda: actions.submit_saved(request_id=self.request.pk, actor=self.actor))
        assert done == (self.state == "returned")
        if done:
            self.state, self.round = "pending", self.round + 1
            self.come_to(0, carried=set())

    @rule()
    def the_applicant_changes_it(self):
        done = self.tried(lambda: actions.revise(request_id=self.request.pk, title="改", payload={}, actor=self.actor))
        assert done == (self.state == "returned")

    @precondition(lambda self: self.state == "pending")
    @rule()
    def somebody_reminds(self):
        self.tried(lambda: actions.remind(request_id=self.request.pk, actor=self.actor))

    @property
    def actor(self):
        return self.person("owner").as_actor()

    @invariant()
    def the_state_is_the_models(self):
        if not hasattr(self, "request"):
            return
        self.request.refresh_from_db()
        assert (self.request.state, self.request.round) == (self.state, self.round)
        step = queries.open_step(self.request)
        assert (step is not None) == (self.state == "pending")
        assert step is None or step.position == self.position

    @invariant()
    def it_waits_for_those_who_have_not_said_anything(self):
        if not hasattr(self, "request"):
            return
        waiting = {name for name in NAMES if queries.waiting_for(self.person(name)).exists()}
        expected = set(ASKED[self.position]) - set(self.said) if self.state == "pending" else set()
        assert waiting == expected

    @invariant()
    def the_effect_came_once_and_only_with_the_last_approval(self):
        if not hasattr(self, "request"):
            return
        assert len(self.effects.approved) == (self.state == "approved")
        assert len(self.effects.closed) == (self.state in {"rejected", "withdrawn"})
        assert self.request.is_closed == (self.request.state in Request.CLOSED)


@pytest.mark.django_db
def test_a_request_lives_as_the_model_says(company, effects):
    Life.company, Life.effects = company, effects
    run_state_machine_as_test(Life, settings=hypothesis_settings(max_examples=12, stateful_step_count=12))
