"""Who is asked in a step: the flow's rule, and who steps in where the rule names the applicant or nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from postroad.approvals.definition import Mode, Rule, RuleKind, StepDefinition
from postroad.approvals.models import CONCERNS, Assignment, Delegation
from postroad.org.models import Department, Person, today
from postroad.org.queries import ancestor_ids, head_of, holders, supervising_leader_of
from postroad.org.roles import Role
from postroad.platform.language import in_a_row

Because = Assignment.Because


class NobodyLeftError(Exception):
    """A step that nobody could decide; the message says why, in the active language."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who is asked, and why; ``instead_of`` is who the rule had named."""

    person: Person
    because: Because = Because.RULE
    instead_of: Person | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Everybody who is asked in a step, and how many approvals it takes."""

    approvers: tuple[Approver, ...]
    needed: int


def panel_for(
    step: StepDefinition,
    *,
    applicant: Person,
    payload: Mapping[str, Any],
    later: Iterable[StepDefinition] = (),
    spoken: Collection[Person] = (),
) -> Panel:
    """Who is asked today. Raises NobodyLeftError if it could not be decided without those who may not decide it.

    Who steps in for somebody is nobody who has decided an earlier step (`spoken`) or is named by a `later` one: two
    signatures are two people's. Where there is nobody else, it says so.
    """
    named = _named_by(step.approvers, applicant=applicant, payload=payload)
    barred = barred_from(applicant, payload)
    asked = [Approver(person) for person in named if person not in barred]
    needed = {Mode.ANY: 1, Mode.ALL: len(named), Mode.SOME: step.n}[step.mode]
    instead_of = next((person for person in barred if person in named), None)
    replaceable = instead_of is not None or _has_leaders_above(step.approvers)
    elsewhere = {
        *spoken,
        *(one for other in later for one in _named_by(other.approvers, applicant=applicant, payload=payload)),
    }
    if (
        len(asked) < max(needed, 1)
        and replaceable
        and (found := _stand_in_apart(instead_of or applicant, avoid=[*barred, *named], elsewhere=elsewhere))
    ):
        asked.append(Approver(found.person, found.because, instead_of))
    if not asked or len(asked) < needed:
        raise NobodyLeftError(_why_nobody(step, named=named, applicant=applicant))
    return Panel(tuple(asked), max(needed, 1))


def escalation_for(
    rule: Rule, *, applicant: Person, payload: Mapping[str, Any], asked: Collection[Person]
) -> list[Approver]:
    """Who decides a step that was not decided in time: the rule's people not asked yet, else the next higher."""
    named = _named_by(rule, applicant=applicant, payload=payload)
    barred = barred_from(applicant, payload)
    fresh = [Approver(person, Because.ESCALATED) for person in named if person not in [*barred, *asked]]
    if fresh:
        return fresh
    found = stand_in(applicant, avoid=[*barred, *asked])
    return [Approver(found.person, Because.ESCALATED)] if found else []


def successor_of(
    leaver: Person, step: StepDefinition, *, applicant: Person, payload: Mapping[str, Any], asked: Collection[Person]
) -> Approver | None:
    """Who takes over what waits for somebody who left: whom the rule names now, else the next higher leader."""
    named = _named_by(step.approvers, applicant=applicant, payload=payload)
    avoid = [*barred_from(applicant, payload), *asked]
    for person in named:
        if person not in avoid:
            return Approver(person, Because.MOVED, leaver)
    found = _first_other(_leaders_above(leaver.department), avoid)
    return Approver(found, Because.MOVED, leaver) if found else None


def barred_from(applicant: Person, payload: Mapping[str, Any]) -> list[Person]:
    """Who may not decide a request: its applicant, and those whom its payload names under CONCERNS."""
    return [applicant, *_active(_ids_in(payload.get(CONCERNS)))]


def stand_in(person: Person, *, avoid: Collection[Person]) -> Approver | None:
    """Who decides where `person` may not: their delegate of today, else the next higher leader, else an executive."""
    if delegate := _first_other(delegates_of([person]).get(person.pk, ()), avoid):
        return Approver(delegate, Because.DELEGATE)
    if leader := _first_other(_leaders_above(person.department), avoid):
        return Approver(leader, Because.NEXT_HIGHER)
    return None


def _stand_in_apart(person: Person, *, avoid: Collection[Person], elsewhere: Collection[Person]) -> Approver | None:
    """Who steps in, somebody who signs no other step if there is anybody."""
    if apart := stand_in(person, avoid=[*avoid, *elsewhere]):
        return apart
    found = stand_in(person, avoid=avoid)
    return replace(found, because=Because.ONLY_ONE) if found else None


def delegates_of(people: Iterable[Person]) -> dict[UUID, list[Person]]:
    """Who may decide in whose place today, by the id of the one who delegated. One query."""
    day = today()
    found: dict[UUID, list[Person]] = {}
    active = Delegation.objects.filter(delegator__in=[person.pk for person in people], starts_on__lte=day)
    for delegation in active.filter(ends_on__gte=day).select_related("delegate").order_by("id"):
        if delegation.delegate.is_active_on(day):
            found.setdefault(delegation.delegator_id, []).append(delegation.delegate)
    return found


def describe(rule: Rule) -> str:
    """The rule in words of the active language; people by name where the rule names them."""
    match rule.kind:
        case RuleKind.ROLE:
            return str(Role(rule.role or "").label)
        case RuleKind.DEPARTMENT_HEAD:
            return _("Head of the applicant's department")
        case RuleKind.SUPERVISING_LEADER:
            return _("Supervising leader of the applicant's department")
        case RuleKind.NAMED_IN_REQUEST:
            return _("Named in the request (%(field)s)") % {"field": rule.field}
    return in_a_row(Person.objects.filter(pk__in=rule.ids).order_by("name"))


def _named_by(rule: Rule, *, applicant: Person, payload: Mapping[str, Any]) -> list[Person]:
    """Whom a rule names today, the applicant included; people who left or cannot sign in are nobody."""
    department = applicant.department
    match rule.kind:
        case RuleKind.ROLE:
            return list(holders(Role(rule.role or "")).select_related("department"))
        case RuleKind.DEPARTMENT_HEAD:
            found = head_of(department) if department else None
            return [found] if found else []
        case RuleKind.SUPERVISING_LEADER:
            found = supervising_leader_of(department) if department else None
            return [found] if found else []
        case RuleKind.NAMED_IN_REQUEST:
            return _active(_ids_in(payload.get(rule.field)))
    return _active(rule.ids)


def _active(ids: Iterable[UUID]) -> list[Person]:
    return list(active_people().filter(pk__in=list(ids)).order_by("name", "id"))


def active_people() -> QuerySet[Person]:
    """Everybody who works here today and whose account is not closed."""
    day = today()
    return (
        Person.objects.filter(Q(left_on=None) | Q(left_on__gte=day), joined_on__lte=day)
        .exclude(account__is_active=False)
        .select_related("department")
    )


def _ids_in(value: Any) -> list[UUID]:
    values = value if isinstance(value, list) else [value]
    found = []
    for text in values:
        try:
            found.append(UUID(str(text)))
        except ValueError:
            continue
    return found


def _has_leaders_above(rule: Rule) -> bool:
    """Whether a vacant post is filled by the next higher leader: the posts of the applicant's own line."""
    return rule.kind in {RuleKind.DEPARTMENT_HEAD, RuleKind.SUPERVISING_LEADER}


def _leaders_above(department: Department | None) -> Iterator[Person]:
    """Heads and supervising leaders from a department upwards, then executives."""
    if department:
        for department_id in [department.pk, *ancestor_ids(department)]:
            place = Department(pk=department_id)
            yield from holders(Role.DEPARTMENT_HEAD, department=place)
            yield from holders(Role.SUPERVISING_LEADER, department=place)
    yield from holders(Role.EXECUTIVE)


def _first_other(people: Iterable[Person], avoid: Collection[Person]) -> Person | None:
    return next((person for person in people if person not in avoid), None)


def _why_nobody(step: StepDefinition, *, named: Collection[Person], applicant: Person) -> str:
    place = {"step": step.title, "who": describe(step.approvers)}
    if applicant in named:
        return (
            _(
                "%(step)s: you cannot approve your own request, and no deputy or higher leader is there to step in "
                "for “%(who)s”."
            )
            % place
        )
    if named:
        return _("%(step)s: fewer people than approvals wanted are there for “%(who)s”.") % place
    return _("%(step)s: there is nobody for “%(who)s”.") % place
