"""Importing people: upload, check in the background, look, apply as a whole or discard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from itertools import islice
from typing import IO
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.ledger.actions import record
from postroad.org.actions.applying import write_people
from postroad.org.actions.planning import PlannedRow, Planner
from postroad.org.events import Event
from postroad.org.jobs import Job
from postroad.org.models import ImportProblem, PeopleImport, Person
from postroad.org.permissions import Permission, require
from postroad.org.sheet import Column, Problem, Reason, SheetRow, columns_of, is_heading_row, read_row, repeated_column
from postroad.platform import crypto, realtime
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Refused
from postroad.platform.ids import id_floor
from postroad.platform.jobs import enqueue
from postroad.platform.spreadsheets import Row, Unreadable, read_rows

TOPIC = "org.import"
BATCH = 1000
ROW_LIMIT = 50_000
HEADING_WITHIN_ROWS = 10
SAMPLE = 100
KEPT_FOR = timedelta(days=7)

State = PeopleImport.State


@transaction.atomic
def import_people(*, file: IO[bytes], file_name: str, uploader: Person) -> PeopleImport:
    """Take a spreadsheet in and have it checked in the background; nothing changes before `apply_import`."""
    people_import = PeopleImport(file_name=file_name[-255:], uploaded_by=uploader)
    people_import.content_sealed = crypto.seal(file.read(), context=_context(people_import))
    people_import.save(force_insert=True)
    record(Event.IMPORT_UPLOADED, actor=uploader.as_actor(), subject=people_import)
    enqueue(Job.CHECK_IMPORT, import_id=str(people_import.pk))
    return people_import


def check_import(*, import_id: UUID) -> None:
    """Read the file, count what it would do and list what is wrong, row by row. Starts over when repeated.

    Not one transaction, so that its progress can be seen; nothing but the import's own rows is written.
    """
    people_import = PeopleImport.objects.select_related("uploaded_by").get(pk=import_id)
    if people_import.state != State.CHECKING:
        return
    people_import.problems.all().delete()
    tally = _Tally(people_import)
    planner = Planner(people_import.uploaded_by)
    try:
        for rows in _batches(people_import):
            with transaction.atomic():
                tally.add(planner.plan(rows))
    except _FaultyFileError as fault:
        tally.refuse(fault.problem)
    with transaction.atomic():
        tally.finish()


@transaction.atomic
def request_apply(*, people_import: PeopleImport, actor: Actor) -> None:
    """Have a checked import applied in the background. Raises Conflict unless it is ready."""
    _move(people_import, {State.READY}, State.APPLYING)
    record(Event.IMPORT_REQUESTED, actor=actor, subject=people_import)
    enqueue(Job.APPLY_IMPORT, import_id=str(people_import.pk))


def apply_import(*, import_id: UUID) -> None:
    """Write a checked import, all of it or nothing; done on behalf of who uploaded it. Repeating it changes nothing.

    Everything is checked again on locked rows; whatever does not hold any more makes the import faulty.
    """
    try:
        with transaction.atomic():
            people_import = PeopleImport.objects.select_for_update(of=("self",)).get(pk=import_id)
            if people_import.state != State.APPLYING:
                return
            _apply(people_import)
    except _FaultyFileError as fault:
        _return_faulty(import_id, fault.problem)
    except (IntegrityError, Refused):
        _return_faulty(import_id, Problem(0, "", Reason.CHANGED_MEANWHILE))


@transaction.atomic
def discard_import(*, people_import: PeopleImport, actor: Actor) -> None:
    """Drop an import that is not applied, and its file. Raises Conflict when it is being applied or is done."""
    _move(people_import, {State.CHECKING, State.READY, State.FAULTY}, State.DISCARDED)
    PeopleImport.objects.filter(pk=people_import.pk).update(content_sealed=None, finished_at=timezone.now())
    record(Event.IMPORT_DISCARDED, actor=actor, subject=people_import)


@transaction.atomic
def discard_old_imports(*, actor: Actor) -> int:
    """Drop imports that nobody applied within a week; returns how many."""
    old = PeopleImport.objects.defer("content_sealed").filter(
        pk__lt=id_floor(timezone.now() - KEPT_FOR), state__in=[State.CHECKING, State.READY, State.FAULTY]
    )
    dropped = list(old.select_for_update(of=("self",)).order_by("pk"))
    for people_import in dropped:
        discard_import(people_import=people_import, actor=actor)
    return len(dropped)


def _apply(people_import: PeopleImport) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('org_import'))")
    uploader = people_import.uploaded_by
    require(uploader, Permission.PERSON_IMPORT)
    planner = Planner(uploader)
    tally = _Tally(people_import)
    for rows in _batches(people_import):
        planned = planner.plan(rows, lock=True)
        if problem := next((problem for entry in planned for problem in entry.row.problems), None):
            raise _FaultyFileError(problem)
        write_people([entry for entry in planned if entry.does_something], actor=uploader.as_actor())
        tally.count(planned)
    tally.applied()


def _return_faulty(import_id: UUID, problem: Problem) -> None:
    with transaction.atomic():
        people_import = PeopleImport.objects.select_for_update(of=("self",)).get(pk=import_id)
        _keep_problems(people_import, [problem])
        people_import.state = State.FAULTY
        people_import.save(update_fields=["state"])
        realtime.publish(_topic(people_import))


def _move(people_import: PeopleImport, expected: set[State], to: State) -> None:
    if not PeopleImport.objects.filter(pk=people_import.pk, state__in=expected).update(state=to):
        raise Conflict(_("This import is in another state by now."))
    people_import.state = to
    realtime.publish(_topic(people_import))


def _batches(people_import: PeopleImport) -> Iterator[list[SheetRow]]:
    """The file's rows in batches. Raises _FaultyFileError for a file that is wrong as a whole."""
    content = crypto.open_sealed(bytes(people_import.content_sealed or b""), context=_context(people_import))
    with _as_a_whole():
        rows = read_rows(BytesIO(content))
        columns = _columns(rows)
        count = 0
        while batch := list(islice(rows, BATCH)):
            count += len(batch)
            if count > ROW_LIMIT:
                raise _FaultyFileError(Problem(batch[-1].number, "", Reason.TOO_MANY_ROWS, f"{ROW_LIMIT:,}"))
            yield [read_row(row.number, row.cells, columns) for row in batch]
    if not count:
        raise _FaultyFileError(Problem(0, "", Reason.NO_ROWS))


def _columns(rows: Iterator[Row]) -> dict[int, Column]:
    for row in islice(rows, HEADING_WITHIN_ROWS):
        columns = columns_of(row.cells)
        if is_heading_row(columns):
            if twice := repeated_column(columns):
                raise _FaultyFileError(Problem(row.number, twice, Reason.HEADING_TWICE, twice.label))
            return columns
    raise _FaultyFileError(Problem(0, "", Reason.NO_HEADINGS))


@contextmanager
def _as_a_whole() -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise _FaultyFileError(Problem(0, "", Reason.UNREADABLE, str(error)[:120])) from error


class _FaultyFileError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class _Tally:
    """What an import amounts to so far, kept on its row for the page that watches."""

    def __init__(self, people_import: PeopleImport) -> None:
        self._import = people_import
        self._import.rows_read = self._import.rows_new = self._import.rows_changed = 0
        self._import.rows_unchanged = self._import.rows_faulty = 0
        self._import.sample = []

    def add(self, planned: list[PlannedRow]) -> None:
        self.count(planned)
        _keep_problems(self._import, [problem for entry in planned for problem in entry.row.problems])
        self._save()
        realtime.publish(_topic(self._import), rows=self._import.rows_read)

    def count(self, planned: list[PlannedRow]) -> None:
        self._import.rows_read += len(planned)
        for entry in planned:
            if entry.row.problems:
                self._import.rows_faulty += 1
            elif entry.is_new:
                self._import.rows_new += 1
            elif entry.does_something:
                self._import.rows_changed += 1
            else:
                self._import.rows_unchanged += 1
            if entry.does_something and not entry.row.problems and len(self._import.sample) < SAMPLE:
                self._import.sample.append(_sample(entry))

    def refuse(self, problem: Problem) -> None:
        self._import.rows_faulty += 1
        _keep_problems(self._import, [problem])

    def finish(self) -> None:
        faulty = self._import.rows_faulty
        self._import.state = State.FAULTY if faulty else State.READY
        if not PeopleImport.objects.filter(pk=self._import.pk, state=State.CHECKING).update(state=self._import.state):
            return
        self._save()
        self._record(Event.IMPORT_CHECKED)

    def applied(self) -> None:
        self._import.state, self._import.content_sealed = State.APPLIED, None
        self._import.finished_at = timezone.now()
        self._import.save(update_fields=["state", "content_sealed", "finished_at"])
        self._save()
        self._record(Event.IMPORT_APPLIED)

    def _save(self) -> None:
        self._import.save(
            update_fields=["rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_faulty", "sample"]
        )

    def _record(self, event: Event) -> None:
        data = {
            "new": self._import.rows_new,
            "changed": self._import.rows_changed,
            "faulty": self._import.rows_faulty,
        }
        record(event, actor=self._import.uploaded_by.as_actor(), subject=self._import, data=data)
        realtime.publish(_topic(self._import))


def _sample(entry: PlannedRow) -> dict[str, object]:
    fields = [str(column) for column in entry.changed]
    if entry.posts:
        fields.append(str(Column.ROLES))
    return {"row": entry.row.number, "staff_no": entry.row.staff_no, "new": entry.is_new, "fields": fields}


def _keep_problems(people_import: PeopleImport, problems: list[Problem]) -> None:
    ImportProblem.objects.bulk_create(
        ImportProblem(
            people_import=people_import,
            row=problem.row,
            column=problem.column,
            reason=problem.reason,
            shown=problem.shown,
        )
        for problem in problems
    )


def _context(people_import: PeopleImport) -> str:
    return f"org.import:{people_import.pk}"


def _topic(people_import: PeopleImport) -> str:
    return f"{TOPIC}.{people_import.pk}"
