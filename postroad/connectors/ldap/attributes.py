"""Which attribute of an LDAP entry holds what, for the two kinds of server people run, and how an entry is read.

Sources: RFC 2798 (inetOrgPerson), RFC 4530 (entryUUID), the Active Directory schema (objectGUID, employeeID,
userAccountControl).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

from postroad.messengers.protocol import DirectoryPerson

ACCOUNT_DISABLED = 0x2
"""The bit of userAccountControl that says that the account is disabled."""
LOCKED_FOR_GOOD = "000001010000Z"
"""The value of pwdAccountLockedTime that says the same in OpenLDAP (draft-behera-ldap-password-policy)."""

Values = Mapping[str, Sequence[bytes]]
"""The raw values of an entry; the names of the attributes in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """The names of the attributes to read. The names of `MAPPED` can be set by the operator."""

    id: str
    person_filter: str
    staff_no: str
    name: str
    name_en: str
    mail: str
    phone: str
    title: str
    department: str
    department_filter: str
    group_filter: str

    def with_settings(self, settings: Mapping[str, Any]) -> "Attributes":
        """These, with what the operator wrote instead."""
        names = {field.name for field in fields(self)} - {"id"}
        given = {name: str(settings.get(name) or "").strip() for name in names}
        return replace(self, **{name: value for name, value in given.items() if value})


OPENLDAP = Attributes(
    id="entryUUID",
    person_filter="(objectClass=inetOrgPerson)",
    staff_no="employeeNumber",
    name="displayName",
    name_en="",
    mail="mail",
    phone="mobile",
    title="title",
    department="departmentNumber",
    department_filter="(objectClass=organizationalUnit)",
    group_filter="(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))",
)
ACTIVE_DIRECTORY = Attributes(
    id="objectGUID",
    person_filter="(&(objectCategory=person)(objectClass=user)(!(objectClass=computer)))",
    staff_no="employeeID",
    name="displayName",
    name_en="",
    mail="mail",
    phone="mobile",
    title="title",
    department="department",
    department_filter="(objectClass=organizationalUnit)",
    group_filter="(objectClass=group)",
)
DEFAULTS = {"openldap": OPENLDAP, "active-directory": ACTIVE_DIRECTORY}
# Set by the operator where a server differs; the person_filter too.
MAPPED = ("staff_no", "name", "name_en", "mail", "phone", "title")
NAMES_INSTEAD = ("cn",)
GUID_BYTES = 16
STANDING = ("userAccountControl", "nsAccountLock", "pwdAccountLockedTime")


def wanted(attributes: Attributes) -> list[str]:
    """The attributes to ask for of a person."""
    named = [attributes.id, attributes.department, *(getattr(attributes, name) for name in MAPPED)]
    return list(dict.fromkeys([*filter(None, named), *NAMES_INSTEAD, *STANDING, "memberOf"]))


def read_person(values: Values, attributes: Attributes, *, department_ids: tuple[str, ...]) -> DirectoryPerson:
    """A person as the entry tells of them."""
    return DirectoryPerson(
        id=entry_id(values, attributes),
        name=text(values, attributes.name) or text(values, *NAMES_INSTEAD),
        staff_no=text(values, attributes.staff_no),
        name_en=text(values, attributes.name_en),
        mail=text(values, attributes.mail),
        phone=text(values, attributes.phone),
        title=text(values, attributes.title),
        department_ids=department_ids,
        active=is_active(values),
    )


def entry_id(values: Values, attributes: Attributes) -> str:
    """The lasting id of an entry, "" where the server keeps it from us; renaming and moving leave it as it is."""
    raw = next(iter(values.get(attributes.id.lower(), ())), b"")
    if attributes.id == ACTIVE_DIRECTORY.id and len(raw) == GUID_BYTES:
        return str(UUID(bytes_le=raw))
    return _decoded(raw).lower()


def is_active(values: Values) -> bool:
    """Whether the entry is in use: not disabled, not locked for good."""
    control = text(values, "userAccountControl")
    if control.isdigit() and int(control) & ACCOUNT_DISABLED:
        return False
    return text(values, "nsAccountLock").lower() != "true" and text(values, "pwdAccountLockedTime") != LOCKED_FOR_GOOD


def text(values: Values, *names: str) -> str:
    """The first value of the first of these attributes that has one, without surrounding space."""
    found = (_decoded(value).strip() for name in names for value in values.get(name.lower(), ()))
    return next(filter(None, found), "")


def texts(values: Values, name: str) -> list[str]:
    return [_decoded(value).strip() for value in values.get(name.lower(), ())]


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\0", "")
