"""Measures that say what a test wants, and a target brought in by its request."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from postroad.approvals.actions import approve, create_missing_flows
from postroad.approvals.models import Request
from postroad.approvals.queries import open_step
from postroad.board import actions
from postroad.board.standard import controls
from postroad.org.tests.cast import Company
from postroad.platform.measures import Measure, MeasureFunction, Period

EVIDENCE = "/somewhere/evidence/"


def found(value: float | None, **other) -> Measure:
    return Measure(**{"value": value, "sample_size": 40, "unit": "percent", "evidence_url": EVIDENCE, **other})


def always(measure: Measure) -> MeasureFunction:
    def function(_period: Period) -> Measure:
        return measure

    return function


def measuring(monkeypatch, measures: Mapping[str, MeasureFunction]) -> None:
    """Makes these the only measures there are."""
    monkeypatch.setattr("postroad.platform.measures._measures", dict(measures))


def propose(company: Company, *, key: str = "external.sla-mail", value: str = "95") -> Request:
    create_missing_flows()
    proposer = company.administration_clerk
    return actions.propose_target(
        control=controls()[key],
        value=Decimal(value),
        reason="Winter holidays",
        proposer=proposer,
        actor=proposer.as_actor(),
    )


def approve_all(request: Request, company: Company) -> None:
    """The head of Administration, then the supervising leader."""
    for person in (company.administration_head, company.supervising_leader):
        step = open_step(request)
        approve(step_id=step.pk, person=person, actor=person.as_actor())
