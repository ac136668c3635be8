"""What a plan has to know of ours, and what people chose before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from postroad.directory.models import Conflict
from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson

Kind = Conflict.Kind
Choice = Conflict.Choice
Digest = Callable[[DirectoryPerson | DirectoryDepartment], bytes]

LONGEST_NAME = 120
LONGEST_STAFF_NO = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """One of our people. `left`: the last day is over. `owner`: the source that is authoritative, if one is."""

    id: UUID
    staff_no: str
    names: frozenset[str]
    left: bool = False
    mail: bytes | None = None
    owner: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDepartment:
    id: UUID
    name: str
    parent_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an entry of the source stands for. `person_id` None: never settled. `ended`: it was taken for a leaver."""

    person_id: UUID | None
    owns: bool
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody chose for a conflict, and the digest of the entry that they looked at."""

    choice: Choice
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything a plan needs to know of ours. `links` and `places` are by the source's id in lower case, `heads`
    are persons by the department they head.
    """

    source_id: UUID
    people: Mapping[UUID, KnownPerson] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)
    departments: Mapping[UUID, KnownDepartment] = field(default_factory=dict)
    places: Mapping[str, UUID | None] = field(default_factory=dict)
    decisions: Mapping[tuple[str, str], Decision] = field(default_factory=dict)
    heads: Mapping[UUID, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a source is treated: see `models.Source`. `below` is where its top departments stand."""

    takes_departments: bool = True
    below: UUID | None = None
    adopts: bool = False
    takes_user_id: bool = False


def chosen(decisions: Mapping[tuple[str, str], Decision], kind: Kind, external_id: str, digest: bytes) -> Choice | None:
    """What was chosen for a conflict; what was to be ignored until it changes counts only while it has not, and so
    does every word on a head: the next one is another question.
    """
    decision = decisions.get((str(kind), external_id.lower()))
    if decision is None:
        return None
    if (decision.choice == Choice.IGNORE or kind == Kind.HEAD_DIFFERS) and decision.digest != digest:
        return None
    return decision.choice


def same_name(name: str, names: Collection[str]) -> bool:
    """Whether a name is one of `names`, apart from case and space."""
    return folded(name) in names


def folded(name: str) -> str:
    return "".join(name.split()).casefold()
