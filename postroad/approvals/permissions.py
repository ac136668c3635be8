"""Names of the permissions, who may see and decide what, and the doors from an id to an object."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.approvals.models import CONCERNS, Assignment, Delegation, Flow, Request
from postroad.org.models import Account, Person, today
from postroad.org.permissions import Role, person_may, register, require
from postroad.platform.errors import NotFound, Refused

Found = TypeVar("Found", bound=Model)


class Permission(StrEnum):
    REQUEST_VIEW_ALL = "approvals.request.view-all"
    FLOW_VIEW = "approvals.flow.view"
    FLOW_EDIT = "approvals.flow.edit"
    DELEGATION_MANAGE = "approvals.delegation.manage"


_OVERSEERS = {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION, Role.AUDITOR}
_GRANTS = (
    (Permission.REQUEST_VIEW_ALL, _OVERSEERS, gettext_lazy("See everybody's requests")),
    (Permission.FLOW_VIEW, {Role.STAFF}, gettext_lazy("See how requests are approved")),
    (
        Permission.FLOW_EDIT,
        {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATOR},
        gettext_lazy("Change how requests are approved"),
    ),
    (
        Permission.DELEGATION_MANAGE,
        {Role.ADMINISTRATION_HEAD, Role.HR},
        gettext_lazy("Delegate approvals on behalf of others"),
    ),
)


def register_own() -> None:
    """Make the permissions of this package known."""
    for permission, roles, label in _GRANTS:
        register(permission, roles=roles, label=label)


def standing_in_for(person: Person) -> QuerySet[Delegation]:
    """The delegations by which a person may decide in others' place today."""
    day = today()
    here = Q(delegator__left_on=None) | Q(delegator__left_on__gte=day)
    return Delegation.objects.filter(here, delegate=person, starts_on__lte=day, ends_on__gte=day)


def decidable_by(person: Person) -> QuerySet[Assignment]:
    """What a person may decide now, own and by delegation: never a request of their own or one that concerns them,
    and one voice in a step.
    """
    own = Q(person=person) | Q(person__in=standing_in_for(person).values("delegator"))
    spoken = Assignment.objects.filter(decided_by=person).values("step")
    return (
        Assignment.objects.filter(own, state=Assignment.State.WAITING, step__state="open")
        .exclude(step__request__applicant=person)
        .exclude(step__request__payload__contains={CONCERNS: [str(person.pk)]})
        .exclude(step__in=spoken)
    )


def visible_to(person: Person) -> QuerySet[Request]:
    """The requests a person may see: own ones, those they are or were asked about or stand in for, or all."""
    if person_may(person, Permission.REQUEST_VIEW_ALL):
        return Request.objects.exclude(~Q(applicant=person), state=Request.State.DRAFT)
    asked = Assignment.objects.filter(
        Q(person=person) | Q(decided_by=person) | Q(person__in=standing_in_for(person).values("delegator"))
    )
    return Request.objects.filter(Q(applicant=person) | Q(pk__in=asked.values("step__request")))


def get_request_for(person: Person, request_id: UUID) -> Request:
    """A request a person may see. Raises NotFound."""
    found = visible_to(person).select_related("applicant__department", "flow_version__flow")
    return _first(found.filter(pk=request_id))


def get_own_request_for(person: Person, request_id: UUID) -> Request:
    """A request a person may see and has made. Raises NotFound, or Refused for somebody else's."""
    found = get_request_for(person, request_id)
    if found.applicant_id != person.pk:
        raise Refused(_("Only the applicant may do this."))
    return found


def get_flow_for(person: Person, flow_id: UUID, right: Permission) -> Flow:
    """A flow. Raises Refused without the right, NotFound for an unknown id."""
    require(person, right)
    return _first(Flow.objects.filter(pk=flow_id))


def get_delegation_for(person: Person, delegation_id: UUID) -> Delegation:
    """A delegation that a person may end: one they gave, or any with the right. Raises NotFound."""
    found = Delegation.objects.select_related("delegator", "delegate")
    if not person_may(person, Permission.DELEGATION_MANAGE):
        found = found.filter(delegator=person)
    return _first(found.filter(pk=delegation_id))


def may_listen(user: Account, topic: str) -> bool:
    """Whether an account may hear that the request of this topic moved on."""
    try:
        request_id = UUID(topic.rpartition(".")[2])
    except ValueError:
        return False
    return user.person is not None and visible_to(user.person).filter(pk=request_id).exists()


def _first(found: QuerySet[Found]) -> Found:
    first = found.first()
    if first is None:
        raise NotFound(_("There is nothing here."))
    return first
