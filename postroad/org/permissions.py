"""Names of org's own permissions, who may do what to whom, and the doors from an id to an object."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from postroad.ledger import permissions as ledger
from postroad.org.models import Account, Contact, Department, Organisation, PeopleImport, Person, Post
from postroad.org.roles import Role, register, roles_carrying
from postroad.platform.errors import NotFound, Refused

__all__ = ["Permission", "Role", "person_may", "register", "roles_of"]

M = TypeVar("M", bound=Model)


class Permission(StrEnum):
    PERSON_VIEW = "org.person.view"
    PERSON_EDIT = "org.person.edit"
    PERSON_REVEAL = "org.person.reveal"
    PERSON_ERASE = "org.person.erase"
    PERSON_IMPORT = "org.person.import"
    PERSON_EXPORT = "org.person.export"
    ACCOUNT_MANAGE = "org.account.manage"
    DEPARTMENT_VIEW = "org.department.view"
    DEPARTMENT_EDIT = "org.department.edit"
    POST_VIEW = "org.post.view"
    POST_ASSIGN = "org.post.assign"
    CONTACT_VIEW = "org.contact.view"
    CONTACT_EDIT = "org.contact.edit"
    CONTACT_REVEAL = "org.contact.reveal"
    CONTACT_ERASE = "org.contact.erase"


_EVIDENCE_READERS = {
    Role.AUDITOR,
    Role.ADMINISTRATION_HEAD,
    Role.ADMINISTRATION,
    Role.ADMINISTRATOR,
    Role.EXECUTIVE,
}
_STAFF_KEEPERS = {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION, Role.HR}
_CONTACT_KEEPERS = {
    Role.ADMINISTRATION_HEAD,
    Role.ADMINISTRATION,
    Role.AGENT,
    Role.DESK_LEAD,
    Role.SUPPORT_SPECIALIST,
    Role.DEPARTMENT_HEAD,
}

GRANTS: tuple[tuple[StrEnum, set[Role], str | Promise], ...] = (
    (Permission.PERSON_VIEW, {Role.STAFF}, _("See the directory of people")),
    (Permission.PERSON_EDIT, _STAFF_KEEPERS | {Role.ADMINISTRATOR}, _("Add and change people")),
    (Permission.PERSON_REVEAL, _STAFF_KEEPERS, _("See personal data of staff")),
    (Permission.PERSON_ERASE, {Role.ADMINISTRATION_HEAD, Role.HR}, _("Erase personal data of staff")),
    (Permission.PERSON_IMPORT, _STAFF_KEEPERS | {Role.ADMINISTRATOR}, _("Import people")),
    (Permission.PERSON_EXPORT, _STAFF_KEEPERS | {Role.ADMINISTRATOR}, _("Export people")),
    (Permission.ACCOUNT_MANAGE, {Role.ADMINISTRATOR, Role.IT, Role.HR}, _("Open and close accounts")),
    (Permission.DEPARTMENT_VIEW, {Role.STAFF}, _("See the departments")),
    (Permission.DEPARTMENT_EDIT, _STAFF_KEEPERS | {Role.ADMINISTRATOR}, _("Change the departments")),
    (Permission.POST_VIEW, _STAFF_KEEPERS | {Role.ADMINISTRATOR, Role.AUDITOR}, _("See who holds which role")),
    (Permission.POST_ASSIGN, _STAFF_KEEPERS | {Role.ADMINISTRATOR}, _("Give and end roles")),
    (
        Permission.CONTACT_VIEW,
        _CONTACT_KEEPERS | {Role.EXECUTIVE, Role.SUPERVISING_LEADER, Role.AUDITOR},
        _("See outside organisations and contacts"),
    ),
    (Permission.CONTACT_EDIT, _CONTACT_KEEPERS, _("Add and change outside organisations and contacts")),
    (
        Permission.CONTACT_REVEAL,
        _CONTACT_KEEPERS - {Role.DEPARTMENT_HEAD},
        _("See personal data of outside contacts"),
    ),
    (
        Permission.CONTACT_ERASE,
        {Role.ADMINISTRATION_HEAD, Role.ADMINISTRATION},
        _("Erase personal data of outside contacts"),
    ),
)

ROLES_ONLY_AN_ADMINISTRATOR_GIVES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


def roles_of(person: Person, on: date | None = None) -> frozenset[Role]:
    """The roles a person holds on a day (default: today in the company's zone); none once they have left."""
    return person.roles_on(on)


def person_may(person: Person, permission: str) -> bool:
    """Whether a role the person holds today carries the permission. Raises for an unregistered one."""
    return bool(roles_of(person) & roles_carrying(permission))


def assignable_roles(assigner: Person, holder: Person | None = None) -> list[Role]:
    """The roles a person may give or end: never their own, and the two strongest only as an administrator."""
    held = roles_of(assigner)
    own = holder is not None and holder.pk == assigner.pk
    if own or not held & roles_carrying(Permission.POST_ASSIGN):
        return []
    barred = {Role.STAFF} if Role.ADMINISTRATOR in held else {Role.STAFF, *ROLES_ONLY_AN_ADMINISTRATOR_GIVES}
    return [role for role in Role if role not in barred]


def may_assign(assigner: Person, role: Role, holder: Person) -> bool:
    return role in assignable_roles(assigner, holder)


def require(person: Person, permission: str) -> None:
    """Raise Refused unless the person holds the permission."""
    if not person_may(person, permission):
        raise Refused(gettext("You are not allowed to do this."))


def get_person_for(reader: Person, person_id: UUID, right: str) -> Person:
    """The person behind an id. Raises Refused without the right and NotFound for an unknown id."""
    return _get(reader, person_id, right, Person.objects.select_related("department", "account"))


def get_department_for(reader: Person, department_id: UUID, right: str) -> Department:
    return _get(reader, department_id, right, Department.objects.select_related("parent"))


def get_post_for(reader: Person, post_id: UUID, right: str) -> Post:
    return _get(reader, post_id, right, Post.objects.select_related("person", "department"))


def get_organisation_for(reader: Person, organisation_id: UUID, right: str) -> Organisation:
    return _get(reader, organisation_id, right, Organisation.objects.all())


def get_contact_for(reader: Person, contact_id: UUID, right: str) -> Contact:
    return _get(reader, contact_id, right, Contact.objects.select_related("organisation"))


def get_import_for(reader: Person, import_id: UUID, right: str) -> PeopleImport:
    return _get(reader, import_id, right, PeopleImport.objects.select_related("uploaded_by").defer("content_sealed"))


def get_account_for(reader: Person, account_id: UUID, right: str) -> Account:
    return _get(reader, account_id, right, Account.objects.select_related("person"))


def account_behind_link(account_id: UUID, token: str) -> Account:
    """The open account whose one-time link this is. Raises NotFound for a link that is used, old or wrong."""
    account = Account.objects.select_related("person").filter(pk=account_id, is_active=True).first()
    if account is None or not default_token_generator.check_token(account, token):
        raise NotFound(gettext("This link has been used or is too old. Ask for a new one."))
    return account


def _get(reader: Person, object_id: UUID, right: str, found_in: QuerySet[M]) -> M:
    require(reader, right)
    found = found_in.filter(pk=object_id).first()
    if found is None:
        raise NotFound(gettext("There is nothing here."))
    return found


def register_own() -> None:
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)
    # The ledger lies below and knows no roles.
    register(ledger.Permission.VIEW, roles=_EVIDENCE_READERS, label=ledger.VIEW_LABEL)
