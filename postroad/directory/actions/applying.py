"""Doing what a plan says, through org's own actions, inside the caller's transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as copy
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from postroad.directory.models import Conflict, Source, SourceDepartment, SourcePerson
from postroad.directory.planning import DepartmentStep, Found, PersonStep, Plan
from postroad.messengers.protocol import DirectoryDepartment
from postroad.org.actions import create_department, end_person, update_department, update_person
from postroad.org.actions.applying import write_people
from postroad.org.actions.planning import PlannedRow, Planner
from postroad.org.models import Department, Person, today
from postroad.org.personal import normalise
from postroad.org.sheet import LIMITS, PERSONAL, Column, SheetRow
from postroad.platform.actors import Actor
from postroad.platform.errors import Invalid

BATCH = 1000
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
Kind = Conflict.Kind
Digest = Callable[[Any], bytes]


@dataclass(slots=True)
class Outcome:
    """What a plan comes to: counts, the staff numbers and fields that are shown, and what nobody may decide alone."""

    people_new: int = 0
    people_changed: int = 0
    people_unchanged: int = 0
    people_ended: int = 0
    departments_new: int = 0
    departments_changed: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[Found] = field(default_factory=list)


def actor_of(source: Source) -> Actor:
    """Who acts when a source is followed."""
    return Actor(kind="system", id=f"directory.{source.key}", label=source.name)


def lock_people() -> None:
    """Lets a spreadsheet's import and the readings of directories wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('org_import'))")


def foresee(source: Source, plan: Plan, *, digest: Digest) -> Outcome:
    """What carrying the plan out would come to; writes nothing."""
    outcome = _outcome_of(plan)
    outcome.people_ended = len(plan.ends)
    outcome.departments_new = sum(step.department_id is None for step in plan.departments)
    outcome.departments_changed = sum(step.renamed or step.moved for step in plan.departments)
    rows = _Rows(_codes(source), digest)
    for planned, step in rows.checked(plan.people):
        _count(outcome, planned, step)
    outcome.conflicts += rows.conflicts
    return outcome


def carry_out(source: Source, plan: Plan, *, digest: Digest) -> Outcome:
    """Does it, all of it. Doing it twice changes nothing the second time."""
    actor = actor_of(source)
    outcome = _outcome_of(plan)
    _write_departments(source, plan.departments, outcome, actor=actor, digest=digest)
    steps = _renumber(plan.people, outcome, actor=actor, digest=digest)
    _write_people(source, steps, outcome, actor=actor, digest=digest)
    for quiet in plan.quiet:
        _tie(source, {quiet.external_id: quiet.person_id}, owns=False)
    _end(source, plan, outcome, actor=actor)
    close_departments(source, plan.gone_departments, actor=actor)
    return outcome


def _outcome_of(plan: Plan) -> Outcome:
    return Outcome(conflicts=list(plan.conflicts))


# --- departments ---------------------------------------------------------------------------------------------


def _write_departments(
    source: Source, steps: Sequence[DepartmentStep], outcome: Outcome, *, actor: Actor, digest: Digest
) -> None:
    """Parents stand before their children in `steps`; what the database refuses is left to a person."""
    made: dict[str, Department] = {}
    here = Department.objects.in_bulk([step.department_id for step in steps if step.department_id])
    for step in steps:
        parent = made.get(step.parent) if isinstance(step.parent, str) else _department(step.parent)
        if isinstance(step.parent, str) and parent is None:
            continue
        try:
            made[step.entry.id.lower()] = _write_department(source, step, parent, here, outcome, actor=actor)
        except Invalid:
            found = Found(
                kind=Kind.DEPARTMENT_EXISTS,
                entry=step.entry,
                digest=digest(step.entry),
                department_id=step.department_id,
            )
            outcome.conflicts.append(found)


def _write_department(
    source: Source,
    step: DepartmentStep,
    parent: Department | None,
    here: Mapping[UUID, Department],
    outcome: Outcome,
    *,
    actor: Actor,
) -> Department:
    name = step.entry.name.strip()
    if step.department_id is None:
        department = create_department(code=_code(source, step.entry), name=name, parent=parent, actor=actor)
        outcome.departments_new += 1
    else:
        department = here[step.department_id]
        if step.renamed or step.moved:
            department = update_department(department=department, actor=actor, name=name, parent=parent)
            outcome.departments_changed += 1
    _tie_department(source, step.entry, department)
    return department


def _tie_department(source: Source, entry: DirectoryDepartment, department: Department) -> None:
    SourceDepartment.objects.update_or_create(
        source=source,
        external_id=entry.id,
        defaults={
            "department": department,
            "name": entry.name.strip(),
            "gone_at": None,
            "changed_at": timezone.now(),
        },
    )


def _department(department_id: UUID | None) -> Department | None:
    return Department.objects.get(pk=department_id) if department_id else None


def _code(source: Source, entry: DirectoryDepartment) -> str:
    """The source's own id where it is short and free, else one made of it; the same for the same entry."""
    if CODE.fullmatch(entry.id) and not Department.objects.filter(code__iexact=entry.id).exists():
        return entry.id
    return f"{source.key[:27]}-{sha256(entry.id.lower().encode()).hexdigest()[:12]}"


def close_departments(source: Source, keys: Sequence[str], *, actor: Actor) -> None:
    """Departments that the source does not show any more: closed where nobody is left in them, children first."""
    if not keys:
        return
    entries = list(
        source.departments.annotate(key=Lower("external_id"))
        .filter(key__in=keys, gone_at__isnull=True)
        .select_related("department")
    )
    waiting = [one.department for one in entries if one.department and one.department.ended_on is None]
    while closing := [department for department in waiting if _is_empty(department)]:
        for department in closing:
            update_department(department=department, actor=actor, ended_on=today())
        waiting = [department for department in waiting if department not in closing]
    source.departments.filter(pk__in=[one.pk for one in entries]).update(gone_at=timezone.now())


def _is_empty(department: Department) -> bool:
    working = Q(left_on__isnull=True) | Q(left_on__gt=today())
    children = department.children.filter(ended_on__isnull=True)
    return not department.people.filter(working).exists() and not children.exists()


# --- people --------------------------------------------------------------------------------------------------


class _Rows:
    """Steps as rows for org's planner; values it cannot take are left out and noted."""

    def __init__(self, codes: Mapping[str, str], digest: Digest) -> None:
        self._codes, self._digest = codes, digest
        self.conflicts: list[Found] = []

    def checked(self, steps: Sequence[PersonStep]) -> Iterator[tuple[PlannedRow, PersonStep]]:
        """Each step as it would be written, without those that cannot be; nothing is sealed."""
        planner = Planner(None)
        rows = [self._row(number, step) for number, step in enumerate(steps)]
        for start in range(0, len(rows), BATCH):
            for planned in planner.plan(rows[start : start + BATCH]):
                step = steps[planned.row.number]
                if not self._blame(planned, step):
                    yield planned, step

    def sound(self, steps: Sequence[PersonStep]) -> list[tuple[SheetRow, PersonStep]]:
        """The rows that can be written, without the values that cannot."""
        return [
            (self._row(planned.row.number, step, leaving={one.column for one in planned.row.problems}), step)
            for planned, step in self.checked(steps)
        ]

    def _blame(self, planned: PlannedRow, step: PersonStep) -> bool:
        """Notes what is wrong with a row; whether it cannot be written at all."""
        columns = {Column(problem.column) for problem in planned.row.problems}
        if columns:
            self._note(step, sorted(map(str, columns)))
        return bool(columns - OPTIONAL)

    def _row(self, number: int, step: PersonStep, *, leaving: Collection[str] = ()) -> SheetRow:
        entry = step.entry
        row = SheetRow(number, step.staff_no)
        row.values[Column.NAME] = entry.name.strip()
        for column, text in ((Column.NAME_EN, entry.name_en), (Column.TITLE, entry.title)):
            if text.strip():
                row.values[column] = text.strip()[: LIMITS[column]]
        for column, text in ((Column.MAIL, entry.mail), (Column.PHONE, entry.phone)):
            if text.strip() and column not in leaving:
                self._personal(row, column, text, step)
        code = next((self._codes[key.lower()] for key in entry.department_ids if key.lower() in self._codes), None)
        if code and Column.DEPARTMENT not in leaving:
            row.values[Column.DEPARTMENT] = code
        if step.person_id is None:
            row.values[Column.JOINED_ON] = today()
        if step.returns:
            row.values[Column.LEFT_ON] = None
        return row

    def _personal(self, row: SheetRow, column: Column, text: str, step: PersonStep) -> None:
        try:
            row.values[column] = normalise(PERSONAL[column], text)
        except ValidationError:
            self._note(step, [str(column)])

    def _note(self, step: PersonStep, fields: Iterable[str]) -> None:
        found = Found(
            kind=Kind.BAD_VALUE,
            entry=step.entry,
            digest=self._digest(step.entry),
            person_id=step.person_id,
            fields=tuple(fields),
        )
        if found not in self.conflicts:
            self.conflicts.append(found)


OPTIONAL = frozenset({Column.MAIL, Column.PHONE, Column.DEPARTMENT})


def _renumber(steps: Sequence[PersonStep], outcome: Outcome, *, actor: Actor, digest: Digest) -> list[PersonStep]:
    """Gives people the staff number their source has for them; the steps that are left to do."""
    people = Person.objects.in_bulk([step.person_id for step in steps if step.renumbered])
    left: list[PersonStep] = []
    for step in steps:
        person = people.get(step.person_id) if step.person_id else None
        if person is None:
            left.append(step)
            continue
        try:
            update_person(person=person, actor=actor, staff_no=step.staff_no)
        except Invalid:
            found = Found(
                kind=Kind.STAFF_NO_TAKEN,
                entry=step.entry,
                digest=digest(step.entry),
                person_id=step.person_id,
                fields=("staff_no",),
            )
            outcome.conflicts.append(found)
            left.append(copy(step, staff_no=person.staff_no, renumbered=False))
        else:
            left.append(step)
    return left


def _write_people(
    source: Source, steps: Sequence[PersonStep], outcome: Outcome, *, actor: Actor, digest: Digest
) -> None:
    rows = _Rows(_codes(source), digest)
    sound = rows.sound(steps)
    outcome.conflicts += rows.conflicts
    planner = Planner(None)
    for start in range(0, len(sound), BATCH):
        batch = sound[start : start + BATCH]
        planned = planner.plan([row for row, _step in batch], lock=True)
        written = [one for one in planned if not one.row.problems]
        write_people([one for one in written if one.does_something], actor=actor)
        by_number = {row.number: step for row, step in batch}
        for one in written:
            _count(outcome, one, by_number[one.row.number])
        _tie(source, {by_number[one.row.number].entry.id: one.person.pk for one in written}, owns=True)


def _count(outcome: Outcome, planned: PlannedRow, step: PersonStep) -> None:
    fields = [*map(str, planned.changed), *(["staff_no"] if step.renumbered else [])]
    if planned.is_new:
        outcome.people_new += 1
    elif fields:
        outcome.people_changed += 1
    else:
        outcome.people_unchanged += 1
        return
    outcome.lines.append({"staff_no": step.staff_no, "new": planned.is_new, "fields": fields})


def _codes(source: Source) -> dict[str, str]:
    """Codes of our departments by the source's ids, in lower case."""
    if not source.takes_departments:
        return {}
    found = source.departments.filter(gone_at__isnull=True, department__ended_on__isnull=True)
    rows = found.filter(department__isnull=False).values_list("external_id", "department__code")
    return {external_id.lower(): str(code) for external_id, code in rows}


def _tie(source: Source, people: Mapping[str, UUID], *, owns: bool) -> None:
    """Records which person each entry stands for. A person has one authority: whoever had it before loses it."""
    keys = {external_id.lower(): external_id for external_id in people}
    known = {str(one.key): one for one in source.people.annotate(key=Lower("external_id")).filter(key__in=list(keys))}
    if owns:
        mine = [one.pk for one in known.values()]
        SourcePerson.objects.filter(person__in=list(people.values()), owns=True).exclude(pk__in=mine).update(owns=False)
    changed, new = [], []
    for key, external_id in keys.items():
        entry = known.get(key)
        state = {
            "person_id": people[external_id],
            "owns": owns,
            "ended_at": None,
            "ending_since": None,
            "gone_at": None,
        }
        if entry is None:
            new.append(SourcePerson(source=source, external_id=external_id, **state))
        elif any(getattr(entry, name) != value for name, value in state.items()):
            for name, value in state.items():
                setattr(entry, name, value)
            changed.append(entry)
    SourcePerson.objects.bulk_update(changed, ["person", "owns", "ended_at", "ending_since", "gone_at"])
    SourcePerson.objects.bulk_create(new)


def _end(source: Source, plan: Plan, outcome: Outcome, *, actor: Actor) -> None:
    """Today is the last day of who is gone. Who has left already only loses the tie."""
    people = Person.objects.in_bulk([end.person_id for end in plan.ends])
    for end in plan.ends:
        person = people.get(end.person_id)
        if person is None or (person.left_on is not None and person.left_on <= today()):
            continue
        end_person(person=person, left_on=max(today(), person.joined_on), actor=actor)
        outcome.people_ended += 1
        outcome.lines.append({"staff_no": person.staff_no, "new": False, "fields": ["left_on"]})
    now = timezone.now()
    source.people.annotate(key=Lower("external_id")).filter(key__in=[end.external_id for end in plan.ends]).update(
        ended_at=now, ending_since=None, changed_at=now
    )
