"""Which departments are made, renamed, moved, or taken for one of ours."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from postroad.directory.planning.known import (
    LONGEST_NAME,
    Choice,
    Digest,
    Kind,
    Known,
    KnownDepartment,
    Policy,
    chosen,
    folded,
)
from postroad.directory.planning.steps import DepartmentStep, Found, Plan
from postroad.messengers.protocol import DirectoryDepartment, DirectorySnapshot


class Departments:
    def __init__(
        self, snapshot: DirectorySnapshot, known: Known, policy: Policy, *, digest: Digest, made: Plan
    ) -> None:
        self._entries = {one.id.lower(): one for one in snapshot.departments}
        self._complete = snapshot.complete
        self._known, self._policy, self._digest, self._made = known, policy, digest, made
        self._refused: set[str] = set()
        self._taken = {(one.parent_id, folded(one.name)): one.id for one in known.departments.values()}
        self._new_names: set[tuple[str, str]] = set()

    def plan(self) -> None:
        for entry in self._parents_first():
            if not self._stands_on_refused(entry):
                self._settle(entry)
        if self._complete:
            self._made.gone_departments += [
                key for key, place in self._known.places.items() if place and key not in self._entries
            ]

    def _parents_first(self) -> list[DirectoryDepartment]:
        """Every department after its parent; those that hang in the air or in a circle are refused on the way."""
        ordered: list[DirectoryDepartment] = []
        done: set[str] = set()
        for start in self._entries:
            chain: list[str] = []
            key: str | None = start
            while key is not None and key in self._entries and key not in done and key not in chain:
                chain.append(key)
                parent = self._parent_key(self._entries[key])
                if parent is not None and parent not in self._entries:
                    self._orphan(self._entries[key])
                    parent = None
                key = parent
            if key is not None and key in chain:
                self._circle(chain[chain.index(key) :])
            for one in reversed(chain):
                done.add(one)
                ordered.append(self._entries[one])
        return ordered

    def _parent_key(self, entry: DirectoryDepartment) -> str | None:
        """The id of the parent, or None for one at the top; a decision may put it there."""
        if any(self._chose(kind, entry) == Choice.TAKE for kind in (Kind.UNKNOWN_PARENT, Kind.CYCLE)):
            return None
        return entry.parent_id.lower() if entry.parent_id else None

    def _orphan(self, entry: DirectoryDepartment) -> None:
        if self._complete or entry.parent_id is None or entry.parent_id.lower() not in self._known.places:
            self._refuse(Kind.UNKNOWN_PARENT, entry)

    def _circle(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._refuse(Kind.CYCLE, self._entries[key])

    def _stands_on_refused(self, entry: DirectoryDepartment) -> bool:
        key: str | None = entry.id.lower()
        seen: set[str] = set()
        while key is not None and key in self._entries and key not in seen:
            if key in self._refused:
                return True
            seen.add(key)
            key = self._parent_key(self._entries[key])
        return False

    def _settle(self, entry: DirectoryDepartment) -> None:
        key = entry.id.lower()
        name = entry.name.strip()
        if not name or len(name) > LONGEST_NAME:
            self._refuse(Kind.BAD_VALUE, entry, fields=("name",))
            return
        parent = self._parent(entry)
        here = self._known.places.get(key)
        if here is not None and here in self._known.departments:
            self._change(entry, self._known.departments[here], parent)
            return
        namesake = self._namesake(parent, name)
        if namesake is not None:
            self._adopt(entry, namesake, parent)
        elif isinstance(parent, str) and (parent, folded(name)) in self._new_names:
            self._refuse(Kind.DEPARTMENT_EXISTS, entry)
        else:
            if isinstance(parent, str):
                self._new_names.add((parent, folded(name)))
            self._made.departments.append(DepartmentStep(entry, None, parent))

    def _change(self, entry: DirectoryDepartment, here: KnownDepartment, parent: str | UUID | None) -> None:
        name = entry.name.strip()
        renamed, moved = here.name != name, here.parent_id != parent
        if not renamed and not moved:
            return
        if self._namesake(parent, name) not in (None, here.id):
            self._refuse(Kind.DEPARTMENT_EXISTS, entry, department_id=here.id)
            return
        self._made.departments.append(DepartmentStep(entry, here.id, parent, renamed=renamed, moved=moved))

    def _adopt(self, entry: DirectoryDepartment, namesake: UUID, parent: str | UUID | None) -> None:
        taken = {place for place in self._known.places.values() if place}
        agreed = self._policy.adopts or self._chose(Kind.DEPARTMENT_EXISTS, entry) == Choice.SAME
        if namesake in taken or not agreed:
            self._refuse(Kind.DEPARTMENT_EXISTS, entry, department_id=namesake)
            return
        self._made.departments.append(DepartmentStep(entry, namesake, parent, linked=True))

    def _parent(self, entry: DirectoryDepartment) -> str | UUID | None:
        """Where the department stands: one of ours by its id, an entry that is about to be made, or the top."""
        key = self._parent_key(entry)
        if key is None:
            return self._policy.below
        place = self._known.places.get(key)
        if place in self._known.departments:
            return place
        # A parent that is linked in this very plan has a department already.
        linked = (one.department_id for one in self._made.departments if one.entry.id.lower() == key)
        return next(linked, None) or key

    def _namesake(self, parent: str | UUID | None, name: str) -> UUID | None:
        return None if isinstance(parent, str) else self._taken.get((parent, folded(name)))

    def _chose(self, kind: Kind, entry: DirectoryDepartment) -> Choice | None:
        return chosen(self._known.decisions, kind, entry.id, self._digest(entry))

    def _refuse(
        self,
        kind: Kind,
        entry: DirectoryDepartment,
        *,
        department_id: UUID | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        self._refused.add(entry.id.lower())
        if self._chose(kind, entry) is None:
            here = department_id or self._known.places.get(entry.id.lower())
            self._made.conflicts.append(
                Found(kind=kind, entry=entry, digest=self._digest(entry), department_id=here, fields=fields)
            )
