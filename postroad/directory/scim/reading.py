"""A user as one of the company's people, a group as a department. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from scim2_models import Name

from postroad.directory.models import NAMED
from postroad.directory.scim.resources import EnterpriseUser, FullUser
from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson

# A user with its extension, as the type checker knows it.
AnyUser: TypeAlias = FullUser

_CHINESE = re.compile(r"[\u3400-\u9fff]")


def entry_of(
    user: AnyUser, *, entry_id: str, department_ids: Sequence[str], by_user_name: bool, active: bool | None = None
) -> DirectoryPerson:
    """The user as an entry. `by_user_name`: without an employee number the user name is the staff number."""
    more = user[EnterpriseUser] or EnterpriseUser()
    named = named_department(user)
    return DirectoryPerson(
        id=entry_id,
        name=full_name(user),
        staff_no=(more.employee_number or "").strip() or ((user.user_name or "").strip() if by_user_name else ""),
        mail=_first(user.emails),
        phone=_first(user.phone_numbers),
        title=(user.title or "").strip(),
        department_ids=(*department_ids, *([named.id] if named else [])),
        active=(user.active is not False) if active is None else active,
    )


def named_department(user: AnyUser) -> DirectoryDepartment | None:
    """The department that the user names, for clients that push no groups."""
    more = user[EnterpriseUser]
    name = (more.department or "").strip() if more else ""
    return DirectoryDepartment(id=f"{NAMED}{name.lower()}"[:255], name=name) if name else None


def full_name(user: AnyUser) -> str:
    """How the person is called; Chinese names are written together, the family name first."""
    name = user.name or Name()
    family, given = (name.family_name or "").strip(), (name.given_name or "").strip()
    parts = f"{family}{given}" if _CHINESE.search(family + given) else " ".join(filter(None, (given, family)))
    told = [user.display_name, name.formatted, parts, user.user_name]
    return next((text.strip() for text in told if text and text.strip()), "")


def _first(values: object) -> str:
    """The primary value of a multi-valued attribute, else the first."""
    entries = [entry for entry in values or () if entry.value]  # type: ignore[attr-defined]  # any of them has a value
    entries.sort(key=lambda entry: not entry.primary)
    return str(entries[0].value).strip() if entries else ""
