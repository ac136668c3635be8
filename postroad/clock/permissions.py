"""Names of clock's permissions, who may do what, and the doors from an id to an object."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.clock.models import Calendar, Deadline, Duty, DutyOccurrence
from postroad.org.models import Person
from postroad.org.permissions import Role, person_may, register
from postroad.platform.errors import NotFound, Refused

T = TypeVar("T")


class Permission(StrEnum):
    CALENDAR_VIEW = "clock.calendar.view"
    CALENDAR_EDIT = "clock.calendar.edit"
    DEADLINE_VIEW = "clock.deadline.view"
    DUTY_VIEW = "clock.duty.view"
    DUTY_DO = "clock.duty.do"
    DUTY_MANAGE = "clock.duty.manage"


_KEEPERS = {Role.ADMINISTRATOR, Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION}
_OVERSEERS = {
    Role.ADMINISTRATION_HEAD,
    Role.ADMINISTRATION,
    Role.SUPERVISING_LEADER,
    Role.DEPARTMENT_HEAD,
    Role.EXECUTIVE,
    Role.DESK_LEAD,
    Role.AUDITOR,
}

GRANTS: tuple[tuple[Permission, set[Role], str | Promise], ...] = (
    (Permission.CALENDAR_VIEW, {Role.STAFF}, gettext_lazy("See the calendars")),
    (Permission.CALENDAR_EDIT, _KEEPERS | {Role.HR}, gettext_lazy("Change the calendars")),
    (Permission.DEADLINE_VIEW, _OVERSEERS, gettext_lazy("See everybody's promises")),
    (Permission.DUTY_VIEW, {Role.STAFF}, gettext_lazy("See the duties")),
    (Permission.DUTY_DO, {Role.STAFF}, gettext_lazy("Do one's own duties")),
    (Permission.DUTY_MANAGE, _KEEPERS | {Role.DESK_LEAD, Role.IT}, gettext_lazy("Set up duties")),
)


def register_own() -> None:
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def get_calendar_for(reader: Person, key: str, right: Permission) -> Calendar:
    """Return the calendar behind a key. Raises Refused without the right and NotFound for an unknown key."""
    _require(reader, right)
    return _found(Calendar.objects.filter(key=key).first())


def get_duty_for(reader: Person, duty_id: UUID, right: Permission) -> Duty:
    """Return the duty behind an id. Raises Refused without the right and NotFound for an unknown id."""
    _require(reader, right)
    return _found(Duty.objects.select_related("calendar", "responsible", "deputy").filter(pk=duty_id).first())


def get_occurrence_to_do(person: Person, occurrence_id: UUID) -> DutyOccurrence:
    """Return the occurrence of a duty for who may mark it as done. Raises NotFound or Refused."""
    occurrence = _found(DutyOccurrence.objects.select_related("duty", "deadline").filter(pk=occurrence_id).first())
    if not may_complete(person, occurrence.duty):
        raise Refused(_("Only who is responsible for a duty, or the deputy, marks it as done."))
    return occurrence


def get_deadline_for(reader: Person, deadline_id: UUID) -> Deadline:
    """Return a promise to who is responsible for it or sees everybody's; to others there is none (NotFound)."""
    deadline = _found(
        Deadline.objects.select_related("calendar_version__calendar", "responsible").filter(pk=deadline_id).first()
    )
    if deadline.responsible_id == reader.pk:
        return deadline
    if person_may(reader, Permission.DEADLINE_VIEW):
        return deadline
    raise NotFound(_("There is nothing here."))


def may_complete(person: Person, duty: Duty) -> bool:
    """Tell whether a person may say that a duty was done."""
    return person.pk in (duty.responsible_id, duty.deputy_id)


def _require(person: Person, right: Permission) -> None:
    if not person_may(person, right):
        raise Refused(_("You are not allowed to do this."))


def _found(found: T | None) -> T:
    if found is None:
        raise NotFound(_("There is nothing here."))
    return found
