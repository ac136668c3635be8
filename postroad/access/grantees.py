"""To whom something is granted, as a value: somebody, everybody of a department, or whoever holds a post.

Pure: no database. What a grantee reaches on a day says `queries.reach`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from postroad.org.roles import Role


def post_label(role: Role) -> str:
    """What a post is called as a grantee, in the reader's language."""
    return gettext("All staff") if role == Role.STAFF else str(role.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """Exactly one of: a person; a department (with the departments below it); a role, anywhere or in one department.

    A role in a department reaches its holders in that very department. Raises ValueError for anything else.
    """

    person_id: UUID | None = None
    department_id: UUID | None = None
    role: Role | None = None

    def __post_init__(self) -> None:
        if (self.person_id is not None) == (self.department_id is not None or self.role is not None):
            raise ValueError("a grantee is a person, a department, or a role")

    def as_data(self) -> dict[str, str]:
        """The grantee as it stands in an application; `from_data` reads it back."""
        parts = {"person": self.person_id, "department": self.department_id, "role": self.role}
        return {name: str(value) for name, value in parts.items() if value is not None}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Grantee:
        """Raises ValueError for what is none."""
        return cls(
            person_id=UUID(data["person"]) if data.get("person") else None,
            department_id=UUID(data["department"]) if data.get("department") else None,
            role=Role(data["role"]) if data.get("role") else None,
        )
