"""What should be done about a directory, step by step, and what nobody but a person may settle."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from postroad.directory.planning.known import Kind
from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson


@dataclass(frozen=True, slots=True)
class PersonStep:
    """An entry to take over. `person_id` None: somebody new. `staff_no` is theirs from now on."""

    entry: DirectoryPerson
    staff_no: str
    person_id: UUID | None = None
    renumbered: bool = False
    returns: bool = False


@dataclass(frozen=True, slots=True)
class DepartmentStep:
    """A department to make (`department_id` None) or to change. `parent` is an entry's id, a department's, or None."""

    entry: DirectoryDepartment
    department_id: UUID | None
    parent: str | UUID | None
    renamed: bool = False
    moved: bool = False
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Quiet:
    """An entry that stands for a person whom it does not decide about."""

    external_id: str
    person_id: UUID


@dataclass(frozen=True, slots=True)
class End:
    external_id: str
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A conflict. `entry` is their side, `other` a second entry of theirs, `person_id`/`department_id` our side."""

    kind: Kind
    entry: DirectoryPerson | DirectoryDepartment
    digest: bytes
    person_id: UUID | None = None
    department_id: UUID | None = None
    other: DirectoryPerson | DirectoryDepartment | None = None
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class Plan:
    departments: list[DepartmentStep] = field(default_factory=list)
    people: list[PersonStep] = field(default_factory=list)
    quiet: list[Quiet] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    gone_departments: list[str] = field(default_factory=list)
    conflicts: list[Found] = field(default_factory=list)
