"""Importing call records: upload, name the columns, look, apply as a whole or discard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import islice
from typing import IO
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.hotline import queries
from postroad.hotline.actions.taking import EventIdReused, take_events
from postroad.hotline.events import Event
from postroad.hotline.jobs import Job
from postroad.hotline.models import CallEvent, RecordsImport
from postroad.hotline.reading import NewEvent
from postroad.hotline.records import Problem, Reason, guessed, is_enough, read_record
from postroad.ledger.actions import record
from postroad.org.models import Person
from postroad.platform import crypto
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.spreadsheets import Row, Unreadable, read_rows

MOST_ROWS = 5_000
LARGEST_FILE = 5 * 1024 * 1024
KEPT_PROBLEMS = 200
State = RecordsImport.State


@transaction.atomic
def upload_records(*, channel: Channel, file: IO[bytes], file_name: str, person: Person) -> RecordsImport:
    """Take a file of call records in, name its columns as far as they are known, and check it if that is enough.

    Nothing changes before `apply_records`. Raises Invalid for a file that cannot be read or is too large.
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Invalid({"file": _("A file has at most %(size)s MB.") % {"size": LARGEST_FILE // 1024 // 1024}})
    headings, _rows = read_table(content)
    records = RecordsImport(channel=channel, file_name=file_name[-255:], uploaded_by=person)
    records.sealed_content = crypto.seal(content, context=queries.records_context(records))
    records.columns = guessed(headings, remembered=queries.remembered_columns(channel))
    records.save(force_insert=True)
    if is_enough(records.columns):
        _check(records)
    return records


@transaction.atomic
def name_columns(*, records: RecordsImport, columns: Mapping[str, str]) -> RecordsImport:
    """Say which heading means what, and check the file by it; the hotline remembers it for the next file.

    Raises Invalid where too little is named, Conflict when the import is over.
    """
    records = _locked(records, State.MAPPING, State.FAULTY, State.READY)
    chosen = {name: heading for name, heading in columns.items() if heading}
    if not is_enough(chosen):
        raise Invalid(_("Name the beginning, the number, and the result or how long it was spoken."))
    if len(set(chosen.values())) < len(chosen):
        raise Invalid(_("One column cannot mean two things."))
    records.columns = chosen
    _check(records)
    return records


@transaction.atomic
def request_apply(*, records: RecordsImport) -> None:
    """Have a checked file applied in the background. Raises Conflict unless it is ready."""
    records = _locked(records, State.READY)
    records.state = State.APPLYING
    records.save(update_fields=["state"])
    enqueue(Job.APPLY_RECORDS, records_id=str(records.pk))


def apply_records(*, records_id: UUID) -> None:
    """Take the calls of a checked file in, all of them or none. Repeating it, or the same file, changes nothing."""
    try:
        with transaction.atomic():
            records = RecordsImport.objects.select_for_update(of=("self",)).get(pk=records_id)
            if records.state == State.APPLYING:
                _apply(records)
    except EventIdReused as reused:
        problem = Problem(0, "", Reason.OTHER_BEFORE, reused.event_id.removeprefix("record/"))
        RecordsImport.objects.filter(pk=records_id, state=State.APPLYING).update(
            state=State.FAULTY, problems=[_kept(problem)], faulty_rows=1
        )


@transaction.atomic
def discard_records(*, records: RecordsImport) -> None:
    """Drop an import that is not applied, and its file. Raises Conflict when it is being applied or is done."""
    records = _locked(records, State.MAPPING, State.FAULTY, State.READY)
    records.state, records.sealed_content = State.DISCARDED, None
    records.save(update_fields=["state", "sealed_content"])


def _apply(records: RecordsImport) -> None:
    events, problems, _count = _events(records)
    assert not problems, "what was checked is read the same again"
    taken = take_events(channel=records.channel, events=events, source=CallEvent.Source.IMPORT)
    records.state, records.sealed_content = State.APPLIED, None
    records.events_new, records.events_known, records.calls = taken.new, taken.known, len(taken.calls)
    records.save(update_fields=["state", "sealed_content", "events_new", "events_known", "calls"])
    actor: Actor = records.uploaded_by.as_actor()
    data = {"count": len(taken.calls), "new": taken.new}
    record(Event.RECORDS_IMPORTED, actor=actor, subject=records.channel, data=data)


def _check(records: RecordsImport) -> None:
    events, problems, count = _events(records)
    if not count:
        problems = [Problem(0, "", Reason.NO_ROWS)]
    elif count > MOST_ROWS:
        problems = [Problem(0, "", Reason.TOO_MANY, f"{MOST_ROWS:,}")]
    records.rows, records.calls = count, len({event.call for event in events})
    records.faulty_rows = len({problem.row for problem in problems})
    records.problems = [_kept(problem) for problem in problems[:KEPT_PROBLEMS]]
    records.state = State.FAULTY if problems else State.READY
    records.save(update_fields=["rows", "calls", "faulty_rows", "problems", "state", "columns"])


def _events(records: RecordsImport) -> tuple[list[NewEvent], list[Problem], int]:
    headings, rows = read_table(queries.records_content(records))
    events: list[NewEvent] = []
    problems: list[Problem] = []
    zone, now = timezone.get_default_timezone(), timezone.now()
    for row in rows:
        told, wrong = read_record(row, headings=headings, columns=records.columns, zone=zone, now=now)
        events += told
        problems += wrong
    return events, problems, len(rows)


def read_table(content: bytes) -> tuple[list[str], Sequence[Row]]:
    """The headings, and the rows below them. Raises Invalid for what is no table."""
    try:
        rows = read_rows(BytesIO(content))
        headings = next(rows, None)
        below = list(islice(rows, MOST_ROWS + 1))
    except Unreadable as error:
        raise Invalid({"file": str(error)}) from error
    if headings is None:
        raise Invalid({"file": _("The file is empty.")})
    return [cell.strip() for cell in headings.cells], below


def _locked(records: RecordsImport, *states: RecordsImport.State) -> RecordsImport:
    found = RecordsImport.objects.select_for_update(of=("self",)).select_related("channel").get(pk=records.pk)
    if found.state not in states:
        raise Conflict(_("This import is in another state by now."))
    return found


def _kept(problem: Problem) -> dict[str, str | int]:
    return {"row": problem.row, "column": problem.column, "reason": problem.reason.value, "shown": problem.shown}
