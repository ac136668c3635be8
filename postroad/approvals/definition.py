"""A flow as data: parsed, validated, and written back. Pure.

``{"steps": [{"name": "…", "name_en": "…", "approvers": {"rule": "role", "role": "administration_head"}, "mode": "any",
"due_minutes": 480, "remind_minutes": 240, "escalate_to": {"rule": "supervising_leader"}}]}``

Rules: ``role`` (with ``role``), ``department_head`` and ``supervising_leader`` (of the applicant's department),
``people`` (with ``ids``), ``named_in_request`` (with ``field``, a key of the request's payload that holds an id or
a list of ids). Modes: ``any`` (the first decision counts), ``all``, ``n`` (with ``n``). Minutes are of working
time. Reminding and escalating need a due time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.org.roles import Role
from postroad.platform.language import in_active_language

LONGEST_FLOW = 10
LONGEST_NAME = 80
LONGEST_DUE = 60 * 24 * 60
MOST_PEOPLE = 50


class RuleKind(StrEnum):
    ROLE = "role"
    DEPARTMENT_HEAD = "department_head"
    SUPERVISING_LEADER = "supervising_leader"
    PEOPLE = "people"
    NAMED_IN_REQUEST = "named_in_request"


class Mode(StrEnum):
    ANY = "any"
    ALL = "all"
    SOME = "n"


class DefinitionError(ValueError):
    """A flow that cannot be: which step (from 0; None: the whole), which field of it, and why."""

    def __init__(self, message: str, *, step: int | None = None, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.step = step
        self.field = field


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is asked."""

    kind: RuleKind
    role: Role | None = None
    ids: tuple[UUID, ...] = ()
    field: str = ""

    def as_data(self) -> dict[str, Any]:
        """The rule as it is kept."""
        data: dict[str, Any] = {"rule": self.kind.value}
        if self.role:
            data["role"] = self.role.value
        if self.ids:
            data["ids"] = [str(person_id) for person_id in self.ids]
        if self.field:
            data["field"] = self.field
        return data


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """One step of a flow. ``n`` counts in mode SOME only; times are of working time."""

    name: str
    approvers: Rule
    name_en: str = ""
    mode: Mode = Mode.ANY
    n: int = 1
    due: timedelta | None = None
    remind: timedelta | None = None
    escalate_to: Rule | None = None

    @property
    def title(self) -> str:
        """The name in the active language."""
        return in_active_language(self.name, self.name_en)

    def as_data(self) -> dict[str, Any]:
        """The step as it is kept."""
        data: dict[str, Any] = {"name": self.name, "approvers": self.approvers.as_data(), "mode": self.mode.value}
        if self.name_en:
            data["name_en"] = self.name_en
        if self.mode == Mode.SOME:
            data["n"] = self.n
        if self.due:
            data["due_minutes"] = _minutes(self.due)
        if self.remind:
            data["remind_minutes"] = _minutes(self.remind)
        if self.escalate_to:
            data["escalate_to"] = self.escalate_to.as_data()
        return data


@dataclass(frozen=True, slots=True)
class Definition:
    """The steps of a flow, in order."""

    steps: tuple[StepDefinition, ...]

    def as_data(self) -> dict[str, Any]:
        """The flow as it is kept; ``parse`` reads it back."""
        return {"steps": [step.as_data() for step in self.steps]}


def parse(data: Mapping[str, Any]) -> Definition:
    """Read a flow. Raises DefinitionError, in the active language, naming the place."""
    steps = data.get("steps") if isinstance(data, Mapping) else None
    if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
        raise DefinitionError(_("A flow needs at least one step."))
    if len(steps) > LONGEST_FLOW:
        raise DefinitionError(_("A flow has at most %(limit)s steps.") % {"limit": LONGEST_FLOW})
    return Definition(tuple(_step(step, number) for number, step in enumerate(steps)))


def _step(data: Any, number: int) -> StepDefinition:
    if not isinstance(data, Mapping):
        raise DefinitionError(_("This is not a step."), step=number)
    try:
        step = StepDefinition(
            name=_name(data.get("name")),
            name_en=_name(data.get("name_en", ""), field="name_en"),
            approvers=_rule(data.get("approvers"), field="approvers"),
            mode=_mode(data.get("mode", Mode.ANY)),
            n=_whole(data.get("n", 1), field="n"),
            due=_span(data.get("due_minutes"), field="due_minutes"),
            remind=_span(data.get("remind_minutes"), field="remind_minutes"),
            escalate_to=_rule(data["escalate_to"], field="escalate_to") if data.get("escalate_to") else None,
        )
        _require_sense(step)
    except DefinitionError as error:
        error.step = number
        raise
    return step


def _require_sense(step: StepDefinition) -> None:
    if step.escalate_to and not step.due:
        raise DefinitionError(_("Escalating needs a due time."), field="due_minutes")
    if step.remind and not (step.due and step.remind < step.due):
        raise DefinitionError(_("The reminder must come before the due time."), field="remind_minutes")
    named = len(step.approvers.ids)
    if step.mode == Mode.SOME and named and step.n > named:
        raise DefinitionError(_("More approvals are wanted than people are named."), field="n")


def _name(value: Any, *, field: str = "name") -> str:
    name = value.strip() if isinstance(value, str) else ""
    if not name and field == "name":
        raise DefinitionError(_("A step needs a name."), field=field)
    if len(name) > LONGEST_NAME:
        raise DefinitionError(_("A name has at most %(limit)s characters.") % {"limit": LONGEST_NAME}, field=field)
    return name


def _mode(value: Any) -> Mode:
    try:
        return Mode(value)
    except ValueError:
        raise DefinitionError(_("This is not a way of counting approvals."), field="mode") from None


def _rule(data: Any, *, field: str) -> Rule:
    try:
        kind = RuleKind(data["rule"])
    except (TypeError, KeyError, ValueError):
        raise DefinitionError(_("Say who is asked."), field=field) from None
    match kind:
        case RuleKind.ROLE:
            return Rule(kind, role=_role(data.get("role"), field=field))
        case RuleKind.PEOPLE:
            return Rule(kind, ids=_ids(data.get("ids"), field=field))
        case RuleKind.NAMED_IN_REQUEST:
            return Rule(kind, field=_key(data.get("field"), field=field))
    return Rule(kind)


def _role(value: Any, *, field: str) -> Role:
    try:
        role = Role(value)
    except ValueError:
        raise DefinitionError(_("Choose a role."), field=field) from None
    if role == Role.STAFF:
        raise DefinitionError(_("Everybody holds this role; choose another."), field=field)
    return role


def _ids(value: Any, *, field: str) -> tuple[UUID, ...]:
    try:
        ids = tuple(dict.fromkeys(UUID(str(person_id)) for person_id in value))
    except (TypeError, ValueError):
        ids = ()
    if not 0 < len(ids) <= MOST_PEOPLE:
        raise DefinitionError(_("Name one to %(limit)s people.") % {"limit": MOST_PEOPLE}, field=field)
    return ids


def _key(value: Any, *, field: str) -> str:
    if not isinstance(value, str) or not value.isidentifier():
        raise DefinitionError(_("Say which entry of the request names the approver."), field=field)
    return value


def _whole(value: Any, *, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PEOPLE:
        raise DefinitionError(_("Give a whole number from 1 to %(limit)s.") % {"limit": MOST_PEOPLE}, field=field)
    return value


def _span(value: Any, *, field: str) -> timedelta | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_DUE:
        raise DefinitionError(_("Give whole minutes, at most 60 days."), field=field)
    return timedelta(minutes=value)


def _minutes(span: timedelta) -> int:
    return int(span / timedelta(minutes=1))
