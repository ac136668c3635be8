"""What came in, was done and stood open, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from postroad.supervision.queries.reports import Selection

_FLOW = """
WITH spell AS (
    SELECT spell.began_at, spell.ended_at, spell.outcome, spell.number
    FROM desk_spell spell JOIN desk_case one ON one.id = spell.case_id
    WHERE tstzrange(spell.began_at, spell.ended_at, '[]') && tstzrange(%(start)s, %(end)s)
      AND NOT one.automatic AND one.closed_reason <> 'spam' AND one.channel_id = ANY(%(channels)s)
      AND (%(person)s::uuid IS NULL OR coalesce(spell.person_id, one.assignee_id) = %(person)s)
      AND (%(organisation)s::uuid IS NULL OR one.organisation_id = %(organisation)s)
)
SELECT day::date, sum(came), sum(came_back), sum(solved), sum(ended) FROM (
    SELECT (began_at AT TIME ZONE %(zone)s)::date AS day, (number = 1)::int AS came, (number > 1)::int AS came_back,
           0 AS solved, 0 AS ended
    FROM spell WHERE began_at >= %(start)s
    UNION ALL
    SELECT (ended_at AT TIME ZONE %(zone)s)::date, 0, 0, (outcome = 'solved')::int, 1
    FROM spell WHERE ended_at < %(end)s
    UNION ALL
    SELECT NULL, 1, 0, 0, 0 FROM spell WHERE began_at < %(start)s
) AS moved GROUP BY day
"""


@dataclass(frozen=True, slots=True)
class Flow:
    """One day: cases that came in, came back, were solved, were finished in any way, and were open at its end."""

    day: date
    came: int
    came_back: int
    solved: int
    ended: int
    open: int


def flow(selection: Selection, days: list[date], *, until: date) -> list[Flow]:
    """The days of a period up to `until`; what lies ahead is left out. One query over what was open in the period."""
    values: dict[str, Any] = {
        "start": selection.period.start,
        "end": selection.period.end,
        "channels": list(selection.channels),
        "zone": selection.zone,
        "person": selection.person,
        "organisation": selection.organisation,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FLOW, values)
        moved = {day: (came, back, solved, ended) for day, came, back, solved, ended in cursor.fetchall()}
    standing = moved.get(None, (0, 0, 0, 0))[0]
    found = []
    for day in days:
        came, back, solved, ended = moved.get(day, (0, 0, 0, 0))
        standing += came + back - ended
        if day <= until:
            found.append(Flow(day, came, back, solved, ended, standing))
    return found
