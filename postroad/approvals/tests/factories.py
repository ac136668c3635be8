"""A kind of request of the tests' own, flows, and what its effect did."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from postroad.approvals import actions, registry
from postroad.approvals.models import Flow, Request, Step
from postroad.approvals.queries import open_step
from postroad.approvals.registry import EffectKind
from postroad.org.models import Person
from postroad.platform.actors import Actor, Subject

KIND = "approvals-test.parcel"
SUBJECT = Subject("test.parcel", "1")
SETUP = Actor.system("tests")

HEAD = {"rule": "role", "role": "administration_head"}
LEADER = {"rule": "supervising_leader"}
DEPARTMENT_HEAD = {"rule": "department_head"}


def people_rule(*people: Person) -> dict:
    return {"rule": "people", "ids": [str(person.pk) for person in people]}


@dataclass
class Effects:
    """What the effect was called with; ``error`` makes it fail."""

    approved: list[Request] = field(default_factory=list)
    closed: list[tuple[Request, str]] = field(default_factory=list)
    error: Exception | None = None

    def on_approved(self, request: Request, actor: Actor) -> None:
        self.approved.append(request)
        if self.error:
            raise self.error

    def on_closed(self, request: Request, actor: Actor) -> None:
        self.closed.append((request, request.state))


def use_effects(monkeypatch) -> Effects:
    """Register the kind above until the end of the test."""
    effects = Effects()
    monkeypatch.setattr(registry, "_effects", dict(registry._effects))
    registry.register_effect(
        EffectKind(
            key=KIND,
            title="Parcel",
            on_approved=effects.on_approved,
            on_closed=effects.on_closed,
            summary_template="approvals_test/summary.html",
        )
    )
    return effects


def make_flow(*steps: dict, key: str = "parcels") -> Flow:
    definition = {"steps": [{"name": f"第{number}步", **step} for number, step in enumerate(steps, start=1)]}
    return actions.create_flow(key=key, name="包裹审批", name_en="Parcels", definition=definition, actor=SETUP)


def ask(applicant: Person, *, key: str = "parcels", title: str = "一个包裹", payload: dict | None = None) -> Request:
    return actions.submit(
        kind=KIND,
        flow_key=key,
        applicant=applicant,
        subject=SUBJECT,
        title=title,
        payload=payload or {"weight": "2 kg"},
        actor=applicant.as_actor(),
    )


def step_of(request: Request) -> Step:
    step = open_step(request)
    assert step is not None, json.dumps(request.state)
    return step


def asked(request: Request) -> set[Person]:
    return {one.person for one in step_of(request).assignments.filter(state="waiting").select_related("person")}


def approve(request: Request, person: Person, comment: str = "") -> Request:
    return actions.approve(step_id=step_of(request).pk, person=person, actor=person.as_actor(), comment=comment)


def reject(request: Request, person: Person, comment: str = "不行") -> Request:
    return actions.reject(step_id=step_of(request).pk, person=person, actor=person.as_actor(), comment=comment)


def send_back(request: Request, person: Person, comment: str = "请改") -> Request:
    return actions.return_for_changes(
        step_id=step_of(request).pk, person=person, actor=person.as_actor(), comment=comment
    )
