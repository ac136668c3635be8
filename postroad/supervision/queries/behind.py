"""The cases and calls behind a figure, and only those: the same facts, not counted but listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from postroad.channels.models import Channel
from postroad.desk.models import Case
from postroad.desk.permissions import sight_of
from postroad.hotline.models import Call
from postroad.hotline.permissions import calls_of
from postroad.org.models import Person
from postroad.supervision.asked import By, Clock
from postroad.supervision.queries.reports import Selection, ends_of, from_facts, key_of, measured_by
from postroad.supervision.registry import Figure, Form

PAGE = 50
MOST_EXPORTED = 50_000


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a figure's facts: those of one group, of one column of the distribution, the hits or the rest."""

    by: By | None = None
    key: str = ""
    bucket: int | None = None
    hit: bool | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing counted. `case` and `call` are None for who may not open them."""

    at: datetime
    since: datetime | None
    number: int | None
    case: Case | None
    call: Call | None
    channel: Channel | None
    person: Person | None
    hit: bool | None
    score: float | None
    elapsed: float | None
    worked: float | None


def facts_page(
    figure: Figure, selection: Selection, part: Part, *, clock: Clock, reader: Person, page: int
) -> tuple[list[Fact], bool]:
    """A page of the facts behind a figure, what took longest (else the latest) first, and whether more follow.

    A constant number of queries.
    """
    rows = _rows(figure, selection, part, clock=clock, limit=PAGE + 1, offset=page * PAGE)
    return _shown(rows[:PAGE], reader), len(rows) > PAGE


def facts_to_export(figure: Figure, selection: Selection, part: Part, *, clock: Clock, reader: Person) -> list[Fact]:
    """All facts behind a figure, up to `MOST_EXPORTED`."""
    return _shown(_rows(figure, selection, part, clock=clock, limit=MOST_EXPORTED, offset=0), reader)


_COLUMNS = ("at", "since", "case_id", "call_id", "channel_id", "person_id", "hit", "score", "elapsed", "worked")


def _rows(
    figure: Figure, selection: Selection, part: Part, *, clock: Clock, limit: int, offset: int
) -> list[dict[str, Any]]:
    sql, values = from_facts(figure, selection)
    wanted, asked = ["true"], {"limit": limit, "offset": offset, "key": part.key}
    if part.by:
        wanted.append("coalesce(key, '') = %(key)s")
    if part.hit is not None:
        wanted.append(f"hit IS {'TRUE' if part.hit else 'FALSE'}")
    if part.bucket is not None and ends_of(figure.form):
        wanted.append(f"width_bucket({measured_by(figure.form, clock)}, %(ends)s::float8[]) = %(bucket)s")
        asked |= {"ends": list(ends_of(figure.form)), "bucket": part.bucket}
    order = f"{measured_by(figure.form, clock)} DESC, " if figure.form is Form.DURATION else ""
    sql = sql.format(columns=", ".join(_COLUMNS), key=key_of(part.by) if part.by else "NULL::text")
    sql += f" WHERE {' AND '.join(wanted)} ORDER BY {order}at DESC, case_id, call_id LIMIT %(limit)s OFFSET %(offset)s"
    with connection.cursor() as cursor:
        cursor.execute(sql, values | asked)
        return [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def _shown(rows: list[dict[str, Any]], reader: Person) -> list[Fact]:
    case_ids, call_ids = _ids(rows, "case_id"), _ids(rows, "call_id")
    numbers = dict(Case.objects.filter(pk__in=case_ids).values_list("pk", "number"))
    cases = sight_of(reader).cases().select_related("organisation").defer("search").in_bulk(case_ids)
    calls = calls_of(reader).select_related("caller").in_bulk(call_ids) if call_ids else {}
    channels = Channel.objects.in_bulk(_ids(rows, "channel_id"))
    people = Person.objects.in_bulk(_ids(rows, "person_id"))
    return [
        Fact(
            at=row["at"],
            since=row["since"],
            number=numbers.get(row["case_id"]),
            case=cases.get(row["case_id"]),
            call=calls.get(row["call_id"]),
            channel=channels.get(row["channel_id"]),
            person=people.get(row["person_id"]),
            hit=row["hit"],
            score=row["score"],
            elapsed=row["elapsed"],
            worked=row["worked"],
        )
        for row in rows
    ]


def _ids(rows: Iterable[dict[str, Any]], name: str) -> list[UUID]:
    return list({row[name] for row in rows if row[name]})
