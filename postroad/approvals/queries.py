"""Reads of requests, of what waits for whom, of flows and delegations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from postroad.approvals import approvers
from postroad.approvals.approvers import Approver, NobodyLeftError
from postroad.approvals.definition import Definition, Mode, RuleKind, StepDefinition
from postroad.approvals.models import Assignment, Delegation, Flow, FlowVersion, Request, Step
from postroad.approvals.permissions import decidable_by, visible_to
from postroad.org.models import Person, today
from postroad.platform.actors import Subject
from postroad.platform.errors import Invalid


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as it would go if it were opened now; ``rule`` says whom the flow asks, unless it names them itself;
    ``problem`` says why the step could not be decided.
    """

    number: int
    name: str
    rule: str
    mode: Mode
    needed: int
    approvers: tuple[Approver, ...]
    carried: tuple[Person, ...] = ()
    problem: str = ""

    @property
    def people(self) -> list[Person]:
        """Who would be asked."""
        return [approver.person for approver in self.approvers]

    @property
    def how(self) -> str:
        """How approvals are counted, in words."""
        return how_counted(self.mode, needed=self.needed, asked=len(self.approvers))


def how_counted(mode: str, *, needed: int, asked: int) -> str:
    """How approvals are counted among those asked, in words of the active language."""
    if asked <= 1:
        return ""
    if mode == Mode.ANY:
        return _("any one of them decides")
    if mode == Mode.ALL:
        return _("all of them must approve")
    return _("%(needed)s of %(asked)s must approve") % {"needed": needed, "asked": asked}


def current_version(flow_key: str) -> FlowVersion:
    """The steps in force for a flow. Raises Invalid for an unknown flow."""
    found = FlowVersion.objects.filter(flow__key=flow_key).select_related("flow").order_by("-number").first()
    if found is None:
        raise Invalid(_("There is no approval flow “%(key)s”.") % {"key": flow_key})
    return found


def dry_run(flow_key: str, applicant: Person, payload: Mapping[str, Any]) -> list[PlannedStep]:
    """Who would be asked if `applicant` submitted now. Raises Invalid for an unknown flow."""
    return plan(current_version(flow_key).parsed, applicant=applicant, payload=payload)


def plan(definition: Definition, *, applicant: Person, payload: Mapping[str, Any]) -> list[PlannedStep]:
    """Who would be asked by a flow, kept or not."""
    planned: list[PlannedStep] = []
    for number, step in enumerate(definition.steps, start=1):
        planned.append(
            _planned(
                step,
                number=number,
                applicant=applicant,
                payload=payload,
                before=planned[-1].people if planned else [],
                spoken=[person for one in planned if len(one.people) == 1 for person in one.people],
                later=definition.steps[number:],
            )
        )
    return planned


def waiting_for(person: Person) -> QuerySet[Assignment]:
    """What a person can decide now, own and by delegation, longest waiting first."""
    return (
        decidable_by(person)
        .select_related(
            "person", "step__deadline", "step__request__applicant__department", "step__request__flow_version__flow"
        )
        .order_by("assigned_at", "id")
    )


def my_requests(person: Person) -> QuerySet[Request]:
    """The requests a person made."""
    return Request.objects.filter(applicant=person).select_related("flow_version__flow")


def requests_seen_by(person: Person) -> QuerySet[Request]:
    """The requests a person may see."""
    return visible_to(person).select_related("applicant", "flow_version__flow")


def requests_about(subject: Subject) -> QuerySet[Request]:
    """All requests about one thing, newest first."""
    return (
        Request.objects.filter(subject_type=subject.type, subject_id=subject.id)
        .select_related("applicant", "flow_version__flow")
        .order_by("-id")
    )


def open_step(request: Request) -> Step | None:
    """The step a request waits in."""
    return request.steps.filter(state=Step.State.OPEN).select_related("deadline").first()


def timeline(request: Request) -> list[Step]:
    """The steps a request came to, in order, each with the people asked."""
    asked = Assignment.objects.select_related("person", "decided_by", "instead_of").order_by("decided_at", "id")
    steps = request.steps.select_related("deadline").prefetch_related(Prefetch("assignments", queryset=asked))
    return list(steps.order_by("round", "position"))


def steps_ahead(request: Request) -> list[PlannedStep]:
    """The steps still to come, as they would go now; none once it is closed."""
    if request.is_closed:
        return []
    planned = plan(request.flow_version.parsed, applicant=request.applicant, payload=request.payload)
    if request.state != Request.State.PENDING:
        return planned
    reached = request.steps.filter(round=request.round).aggregate(last=Max("position"))["last"]
    return planned[reached + 1 :]


def flows() -> QuerySet[Flow]:
    """All flows by name, each with the number of its version and of requests under way."""
    pending = Q(versions__requests__state=Request.State.PENDING)
    return Flow.objects.annotate(
        version=Max("versions__number"), pending=Count("versions__requests", filter=pending, distinct=True)
    ).order_by("name", "id")


def versions_of(flow: Flow) -> list[FlowVersion]:
    """All versions of a flow, newest first."""
    return list(flow.versions.order_by("-number"))


def delegations_of(person: Person | None) -> QuerySet[Delegation]:
    """Delegations given or received that have not ended, or everybody's for None; the nearest first."""
    found = Delegation.objects.filter(ends_on__gte=today()).select_related("delegator", "delegate")
    if person is not None:
        found = found.filter(Q(delegator=person) | Q(delegate=person))
    return found.order_by("starts_on", "id")


def _planned(
    step: StepDefinition,
    *,
    number: int,
    applicant: Person,
    payload: Mapping[str, Any],
    before: list[Person],
    spoken: list[Person],
    later: Sequence[StepDefinition],
) -> PlannedStep:
    rule = "" if step.approvers.kind == RuleKind.PEOPLE else approvers.describe(step.approvers)
    try:
        panel = approvers.panel_for(step, applicant=applicant, payload=payload, later=later, spoken=spoken)
    except NobodyLeftError as nobody:
        return PlannedStep(
            number=number,
            name=step.title,
            rule=rule,
            mode=step.mode,
            needed=step.n,
            approvers=(),
            problem=nobody.message,
        )
    asked = [approver.person for approver in panel.approvers]
    return PlannedStep(
        number=number,
        name=step.title,
        rule=rule,
        mode=step.mode,
        needed=panel.needed,
        approvers=panel.approvers,
        carried=tuple(person for person in asked if person in before),
    )
