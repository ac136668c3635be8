"""Who wants to hear that the organisation changed, and what is known about customers elsewhere.

Packages above register here from `apps.ready()`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.functional import Promise

if TYPE_CHECKING:
    from postroad.org.models import Contact, Organisation, Person

PeopleListener = Callable[[Collection[UUID]], None]
"""Called with the ids of the people concerned, in the transaction of the change, after it."""

DepartmentListener = Callable[[Collection[UUID]], None]
"""Called with the ids of the departments concerned, in the transaction of the change, after it."""

OrganisationListener = Callable[[Collection[UUID]], None]
"""Called with the ids of the organisations concerned, in the transaction of the change, after it."""

ManagersSource = Callable[[Collection[UUID]], Mapping[UUID, "Person"]]
"""Finds who looks after each of some organisations today, by the organisation's id, with two queries at most."""

_people: list[PeopleListener] = []
_departments: list[DepartmentListener] = []
_organisations: list[OrganisationListener] = []
_managers: list[ManagersSource] = []


def register_people_listener(listener: PeopleListener) -> None:
    """Hear of everybody who joins, changes, moves or leaves, and of posts that begin or end."""
    _people.append(listener)


def register_department_listener(listener: DepartmentListener) -> None:
    """Hear of departments that are made, changed or closed."""
    _departments.append(listener)


def people_changed(person_ids: Collection[UUID]) -> None:
    """Tell the listeners; called by the actions of this package only."""
    for listener in _people if person_ids else ():
        listener(person_ids)


def departments_changed(department_ids: Collection[UUID]) -> None:
    """Tell the listeners; called by the actions of this package only."""
    for listener in _departments if department_ids else ():
        listener(department_ids)


def register_organisation_listener(listener: OrganisationListener) -> None:
    """Hear of outside organisations that are changed."""
    _organisations.append(listener)


def organisations_changed(organisation_ids: Collection[UUID]) -> None:
    """Tell the listeners; called by the actions of this package only."""
    for listener in _organisations if organisation_ids else ():
        listener(organisation_ids)


def register_managers_source(source: ManagersSource) -> None:
    """Name who knows the account managers; a second one is a programming error."""
    if _managers:
        raise LookupError("a source of account managers is already registered")
    _managers.append(source)


def account_managers(organisation_ids: Collection[UUID]) -> Mapping[UUID, "Person"]:
    """Who looks after each of these organisations today, or stands in; those without anybody are left out."""
    return _managers[0](organisation_ids) if _managers and organisation_ids else {}


@dataclass(frozen=True, slots=True)
class CustomerPanel:
    """A part of what is shown about a customer wherever somebody deals with them, such as beside a case.

    `context` gets the request, the contact and the organisation (either may be None) and gives what `template` needs,
    or None where there is nothing to show; it asks the database a constant number of questions.
    """

    key: str
    template: str
    context: Callable[[HttpRequest, "Contact | None", "Organisation | None"], dict[str, Any] | None]
    order: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a contact agreed to: the purpose in the words they saw, when, and where that is on record."""

    purpose: str
    agreed_at: datetime
    source: str | Promise
    url: str = ""
    withdrawn_at: datetime | None = None


AgreementSource = Callable[["Contact"], list[Agreement]]
"""Finds what a contact agreed to in one package's records, with one query."""

_panels: dict[str, CustomerPanel] = {}
_agreements: list[AgreementSource] = []


def register_customer_panel(panel: CustomerPanel) -> None:
    """Show something about customers. Raises LookupError for a key that is taken."""
    if panel.key in _panels:
        raise LookupError(f"the customer panel {panel.key} is registered twice")
    _panels[panel.key] = panel


def customer_panels() -> list[CustomerPanel]:
    """All of them in their order."""
    return sorted(_panels.values(), key=lambda panel: panel.order)


def register_agreements(source: AgreementSource) -> None:
    """Tell of agreements that another package keeps."""
    _agreements.append(source)


def agreements_of(contact: "Contact") -> list[Agreement]:
    """Everything a contact agreed to, newest first; one query for each source."""
    found = [one for source in _agreements for one in source(contact)]
    return sorted(found, key=lambda one: one.agreed_at, reverse=True)
