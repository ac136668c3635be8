"""A filled Form 2 against the permission list: which lines it adds, changes and ends, or what is wrong in which row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import IO
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.access import queries
from postroad.access.actions.checking import Checker, tidied
from postroad.access.form2 import (
    HEADINGS,
    NEEDED,
    Column,
    Content,
    Form2Row,
    columns_of,
    content_from,
    permission_from,
    row_of,
)
from postroad.access.grantees import Grantee
from postroad.access.lines import Line, LineAction
from postroad.access.models import Grant
from postroad.access.naming import Names
from postroad.platform.errors import Invalid
from postroad.platform.language import in_a_row, in_english
from postroad.platform.spreadsheets import Row, Unreadable, read_rows

MOST_ROWS = 20_000
_FIELDS = {
    "channel": Column.CHANNEL,
    "permission": Column.PERMISSION,
    "grantee": Column.GRANTEE,
    "content": Column.CONTENT,
    "starts_on": Column.CONTENT,
    "ends_on": Column.CONTENT,
}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in one row, numbered as the spreadsheet numbers it; 0 for the file as a whole."""

    row: int
    column: str
    message: str


@dataclass(slots=True)
class Import:
    """What a file comes to: lines to apply for, or problems; never both."""

    lines: list[Line] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    rows: int = 0
    unchanged: int = 0

    def refuse(self, row: int, column: Column | None, message: str) -> None:
        self.problems.append(RowProblem(row, HEADINGS[column][in_english()] if column else "", message))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row understood."""

    row: int
    channel_id: UUID
    permission: str
    grantee: Grantee
    content: Content

    @property
    def place(self) -> tuple[UUID, str, Grantee]:
        return (self.channel_id, self.permission, self.grantee)


def read_form2(file: IO[bytes], *, whole: bool) -> Import:
    """Compare a spreadsheet with the permission list.

    Grants of the channels that the file names and that have no row in it are to end; with `whole`, those of all
    other channels too. Reads everything before it says anything: every faulty row is reported. A constant number of
    queries.
    """
    found = Import()
    try:
        rows = iter(read_rows(file))
        columns = columns_of(next(rows, Row(0, ())).cells)
        if missing := [column for column in NEEDED if column not in columns]:
            names = in_a_row(HEADINGS[column][in_english()] for column in missing)
            found.refuse(
                1, None, _("The first row has to hold the headings of the form; missing: %(names)s") % {"names": names}
            )
            return found
        wanted = _understand(((row.number, row_of(row.cells, columns)) for row in rows), found)
    except Unreadable as error:
        found.refuse(0, None, str(error))
        return found
    if found.rows > MOST_ROWS:
        found.refuse(0, None, _("At most %(most)s rows.") % {"most": MOST_ROWS})
    if not found.problems:
        _compare(wanted, found, whole=whole)
    if found.problems:
        found.lines = []
    return found


def _understand(rows: Iterable[tuple[int, Form2Row]], found: Import) -> list[_Wanted]:
    names = Names()
    wanted: dict[tuple[UUID, str, Grantee], _Wanted] = {}
    for number, row in rows:
        found.rows += 1
        if found.rows > MOST_ROWS:
            break
        one = _read_row(number, row, names, found)
        if one is None:
            continue
        first = wanted.setdefault(one.place, one)
        if first is not one:
            found.refuse(number, Column.GRANTEE, _("The same as row %(row)s.") % {"row": first.row})
    return list(wanted.values())


def _read_row(number: int, row: Form2Row, names: Names, found: Import) -> _Wanted | None:
    channel = names.channel_from(row.channel)
    permission = permission_from(row.permission)
    grantee = names.grantee_from(row.grantee)
    try:
        content: Content | None = content_from(row.content)
    except ValueError:
        content = None
        found.refuse(number, Column.CONTENT, _("There is no such day."))
    if channel is None:
        found.refuse(
            number,
            Column.CHANNEL,
            _("No channel in use has this name, or several have it: “%(text)s”") % {"text": row.channel[:60]},
        )
    if permission is None:
        found.refuse(number, Column.PERMISSION, _("There is no such permission type.") + f" “{row.permission[:60]}”")
    if grantee is None:
        found.refuse(
            number,
            Column.GRANTEE,
            _("No person, department or post has this name, or several have it: “%(text)s”")
            % {"text": row.grantee[:60]},
        )
    if channel is None or permission is None or grantee is None or content is None:
        return None
    return _Wanted(number, channel.pk, permission, grantee, replace(content, text=tidied(content.text)))


def _compare(wanted: list[_Wanted], found: Import, *, whole: bool) -> None:
    named = {one.channel_id for one in wanted}
    open_grants = Grant.objects.filter(ended_at__isnull=True)
    there = {
        (grant.channel_id, grant.permission, grant.grantee): grant
        for grant in (open_grants if whole else open_grants.filter(channel__in=named))
    }
    rows: list[int] = []
    for one in wanted:
        grant = there.pop(one.place, None)
        line = _line_for(one, grant, found)
        if line is None:
            continue
        found.lines.append(line)
        rows.append(one.row)
    ending = sorted(there.values(), key=lambda grant: str(grant.pk))
    found.lines += [queries.line_about(grant, LineAction.END) for grant in ending]
    _check(rows, found)


def _line_for(one: _Wanted, grant: Grant | None, found: Import) -> Line | None:
    if grant is None:
        return Line(
            action=LineAction.ADD,
            channel_id=one.channel_id,
            permission=one.permission,
            grantee=one.grantee,
            content=one.content.text,
            starts_on=one.content.first,
            ends_on=one.content.last,
        )
    if one.content.first not in (None, grant.starts_on):
        found.refuse(one.row, Column.CONTENT, _("It is granted already; its first day cannot be changed."))
        return None
    if (one.content.text, one.content.last) == (grant.content, grant.ends_on):
        found.unchanged += 1
        return None
    return replace(queries.line_about(grant, LineAction.CHANGE), content=one.content.text, ends_on=one.content.last)


def _check(rows: list[int], found: Import) -> None:
    """What the application itself would refuse, told by row."""
    if not found.lines or found.problems:
        return
    checker = Checker(found.lines, written=True, urgent=False)
    for number, wrong in checker.problems().items():
        for name, message in wrong.items():
            found.refuse(rows[number] if number < len(rows) else 0, _FIELDS.get(name), message)
    try:
        checker.require_size()
    except Invalid as refusal:
        found.refuse(0, None, refusal.message)
