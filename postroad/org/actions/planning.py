"""From rows of a spreadsheet to people as they would be: compared, checked against each other and the database.

A constant number of queries per batch of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models.functions import Upper

from postroad.org.models import Department, Person, Post, today
from postroad.org.permissions import assignable_roles
from postroad.org.personal import PersonalField, digest, read, write
from postroad.org.queries import PATH_SEPARATOR, roles_held
from postroad.org.roles import Role
from postroad.org.sheet import PERSONAL, Column, Reason, SheetRow, needs_department
from postroad.platform.crypto import SubjectKeys

COPIED = (Column.NAME, Column.NAME_EN, Column.TITLE, Column.JOINED_ON, Column.LEFT_ON, Column.LANGUAGE)


@dataclass(slots=True)
class PlannedRow:
    """A person as the row would make them (not saved), and what that changes."""

    row: SheetRow
    person: Person
    is_new: bool
    changed: list[Column] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    @property
    def does_something(self) -> bool:
        return self.is_new or bool(self.changed) or bool(self.posts)


class Planner:
    """Plans one file, batch by batch, for the person who uploaded it; remembers what the file said before.

    Without an uploader (a directory that is followed) no roles can be given.
    """

    def __init__(self, uploader: Person | None) -> None:
        self._uploader = uploader
        self._assignable = frozenset(assignable_roles(uploader) if uploader else ())
        self._departments = _Departments()
        self._today = today()
        self._rows_by_staff_no: dict[str, int] = {}
        self._rows_by_mail: dict[bytes, int] = {}
        self._rows_by_place: dict[tuple[UUID, Role], int] = {}

    def plan(self, rows: Sequence[SheetRow], *, lock: bool = False) -> list[PlannedRow]:
        """Compare a batch with the database; what is wrong is on each row's `problems`."""
        existing = self._existing(rows, lock=lock)
        held = roles_held(existing.values())
        planned = [self._match(row, existing.get(row.staff_no.upper())) for row in rows]
        # New people get their key when they are stored; what is only checked leaves no key behind.
        keys = SubjectKeys((person.pk for person in existing.values()), create=lock)
        if lock:
            keys.load((entry.person.pk for entry in planned if entry.is_new), create=True)
        for entry in planned:
            self._copy(entry)
            self._copy_personal(entry, keys, seal=lock)
            self._open_posts(entry, held.get(entry.person.pk, []))
        self._check_mails(planned)
        return planned

    def _existing(self, rows: Sequence[SheetRow], *, lock: bool) -> dict[str, Person]:
        people = Person.objects.annotate(key=Upper("staff_no")).filter(key__in=[row.staff_no.upper() for row in rows])
        if lock:
            people = people.select_for_update(no_key=True, of=("self",)).order_by("pk")
        return {person.staff_no.upper(): person for person in people}

    def _match(self, row: SheetRow, person: Person | None) -> PlannedRow:
        key = row.staff_no.upper()
        if key and (earlier := self._rows_by_staff_no.setdefault(key, row.number)) != row.number:
            row.blame(Column.STAFF_NO, Reason.TWICE_IN_FILE, earlier)
        if person is None:
            if Column.JOINED_ON not in row.values and not any(p.column == Column.JOINED_ON for p in row.problems):
                row.blame(Column.JOINED_ON, Reason.MISSING)
            return PlannedRow(row, Person(staff_no=row.staff_no, joined_on=self._today), is_new=True)
        if person.erased_at:
            row.blame(Column.STAFF_NO, Reason.ERASED)
        return PlannedRow(row, person, is_new=False)

    def _copy(self, entry: PlannedRow) -> None:
        row, person = entry.row, entry.person
        for column in COPIED:
            if column in row.values and getattr(person, column) != row.values[column]:
                setattr(person, column, row.values[column])
                entry.changed.append(column)
        if name := row.values.get(Column.DEPARTMENT):
            found = self._departments.find(name)
            if isinstance(found, Reason):
                row.blame(Column.DEPARTMENT, found, name)
            elif person.department_id != found:
                person.department_id = found
                entry.changed.append(Column.DEPARTMENT)
        merged_dates = not entry.is_new and not any(p.reason == Reason.LEAVES_BEFORE_JOINING for p in row.problems)
        if merged_dates and person.left_on and person.left_on < person.joined_on:
            row.blame(Column.LEFT_ON, Reason.LEAVES_BEFORE_JOINING)

    def _copy_personal(self, entry: PlannedRow, keys: SubjectKeys, *, seal: bool) -> None:
        person = entry.person
        for column, kind in PERSONAL.items():
            value = entry.row.values.get(column)
            if value is None or _has(person, kind, value, keys):
                continue
            entry.changed.append(column)
            if seal and not person.erased_at:
                write(person, kind, value, keys=keys)
            elif kind != PersonalField.ADDRESS:
                setattr(person, f"{kind}_digest", digest(kind, value))

    def _open_posts(self, entry: PlannedRow, held: Iterable[Post]) -> None:
        row, person = entry.row, entry.person
        has = {(post.role, post.department_id) for post in held}
        for role in row.roles:
            place = person.department_id
            if (role, place) in has or (not needs_department(role) and (role, None) in has):
                continue
            if self._uploader is None or role not in self._assignable or person.pk == self._uploader.pk:
                row.blame(Column.ROLES, Reason.ROLE_NOT_YOURS_TO_GIVE, role.label)
            elif person.left_on:
                row.blame(Column.ROLES, Reason.LEAVER_GETS_ROLE)
            elif needs_department(role) and place is None:
                row.blame(Column.ROLES, Reason.ROLE_NEEDS_DEPARTMENT, role.label)
            elif (
                needs_department(role)
                and place is not None
                and (earlier := self._rows_by_place.setdefault((place, role), row.number)) != row.number
            ):
                row.blame(Column.ROLES, Reason.TWO_HEADS, earlier)
            else:
                starts_on = max(self._today, person.joined_on)
                entry.posts.append(Post(person=person, role=role, department_id=place, starts_on=starts_on))

    def _check_mails(self, planned: Sequence[PlannedRow]) -> None:
        """Nobody takes a mail address that another row, or somebody who keeps it, has."""
        moving: dict[bytes, PlannedRow] = {}
        for entry in planned:
            if Column.MAIL in entry.changed and entry.person.mail_digest and entry.person.left_on is None:
                moving[bytes(entry.person.mail_digest)] = entry
        for entry in planned:
            mail = entry.person.mail_digest
            if mail is None or Column.MAIL not in entry.row.values or entry.person.left_on is not None:
                continue
            if (earlier := self._rows_by_mail.setdefault(bytes(mail), entry.row.number)) != entry.row.number:
                entry.row.blame(Column.MAIL, Reason.TWICE_IN_FILE, earlier)
        here = {entry.person.pk: entry.person for entry in planned}
        holders = Person.objects.filter(mail_digest__in=list(moving), left_on__isnull=True)
        for pk, mail, staff_no in holders.values_list("pk", "mail_digest", "staff_no"):
            entry = moving[bytes(mail or b"")]
            holder = here.get(pk)
            keeps_it = holder is None or (
                holder.left_on is None and bytes(holder.mail_digest or b"") == bytes(mail or b"")
            )
            if pk != entry.person.pk and keeps_it:
                entry.row.blame(Column.MAIL, Reason.MAIL_TAKEN, staff_no)


class _Departments:
    """Departments by code, by whole path, and by bare name where only one is called so."""

    def __init__(self) -> None:
        departments = list(Department.objects.filter(ended_on__isnull=True))
        by_id = {department.pk: department for department in departments}
        self._found: dict[str, UUID | Reason] = {}
        for department in departments:
            key = department.name.lower()
            self._found[key] = department.pk if key not in self._found else Reason.AMBIGUOUS_DEPARTMENT
        for department in departments:
            self._found[_path(department, by_id).lower()] = department.pk
        self._found |= {department.code.lower(): department.pk for department in departments}

    def find(self, text: str) -> UUID | Reason:
        parts = [
            part.strip()
            for part in text.replace(">", PATH_SEPARATOR).replace("\\", PATH_SEPARATOR).split(PATH_SEPARATOR)
        ]
        return self._found.get(PATH_SEPARATOR.join(filter(None, parts)).lower(), Reason.UNKNOWN_DEPARTMENT)


def _path(department: Department, by_id: dict[UUID, Department]) -> str:
    names = [department.name]
    while department.parent_id in by_id:
        department = by_id[department.parent_id]
        names.append(department.name)
    return PATH_SEPARATOR.join(reversed(names))


def _has(person: Person, kind: PersonalField, value: str, keys: SubjectKeys) -> bool:
    if kind == PersonalField.ADDRESS:
        return bool(person.address_sealed) and read(person, kind, keys=keys) == value
    held = getattr(person, f"{kind}_digest")
    return held is not None and bytes(held) == digest(kind, value)
