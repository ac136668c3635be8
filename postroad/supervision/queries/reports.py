"""Figures of a period: how many, how long, what share. Each is one query over the period alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from postroad.platform.measures import Period
from postroad.supervision.asked import Asked, By, Clock
from postroad.supervision.hours import Hours, all_hours, as_table, worked_by
from postroad.supervision.permissions import Reach
from postroad.supervision.registry import Figure, Form

SMALL = 20
"""With fewer cases behind it a figure says so: one case more or less changes it much."""

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
BUCKETS = (*(10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, 3 * DAY, 7 * DAY),)
"""Where the columns of a distribution of durations end, in seconds; the last column is open."""

SCORES = (1.5, 2.5, 3.5, 4.5)
"""Likewise for points from 1 to 5."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a reader's report takes in: channels, narrowed by what was asked for, and calendars to count in."""

    period: Period
    channels: tuple[UUID, ...]
    hours: tuple[Hours, ...]
    zone: str
    person: UUID | None = None
    organisation: UUID | None = None

    def over(self, period: Period) -> Selection:
        """The same, over another period; the calendars reach as far back as they did."""
        return Selection(period, self.channels, self.hours, self.zone, self.person, self.organisation)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long it took, in seconds; None where nothing was counted."""

    mean: float | None
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A figure of one group, or of all: the number of cases behind it, and what they come to."""

    count: int
    hits: int
    elapsed: Spread
    worked: Spread
    score: Spread

    @property
    def percent(self) -> float | None:
        return 100 * self.hits / self.count if self.count else None

    @property
    def misses(self) -> int:
        return self.count - self.hits

    @property
    def is_small(self) -> bool:
        return 0 < self.count < SMALL

    def took(self, clock: Clock) -> Spread:
        return self.worked if clock is Clock.WORKING else self.elapsed

    def value(self, form: Form, clock: Clock) -> float | None:
        """The one number that stands for the figure: a count, a median of seconds, a percentage, a mean score."""
        match form:
            case Form.COUNT:
                return self.count
            case Form.DURATION:
                return self.took(clock).median
            case Form.SHARE:
                return self.percent
            case Form.SCORE:
                return self.score.mean


NOTHING = Summary(0, 0, Spread(None, None, None), Spread(None, None, None), Spread(None, None, None))

_KEYS = {
    By.CHANNEL: "fact.channel_id::text",
    By.TEAM: "served.department_id::text",
    By.AGENT: "fact.person_id::text",
    By.ACCOUNT: "fact.organisation_id::text",
    By.HOUR: "extract(hour FROM coalesce(fact.since, fact.at) AT TIME ZONE %(zone)s)::int::text",
    By.WEEKDAY: "extract(isodow FROM coalesce(fact.since, fact.at) AT TIME ZONE %(zone)s)::int::text",
    By.DAY: "(fact.at AT TIME ZONE %(zone)s)::date::text",
}


def select(asked: Asked, reach: Reach, *, since: datetime | None = None) -> Selection:
    """What of the figures a reader sees and has asked for; `since` where an earlier period is to be read, too.

    At most three queries.
    """
    from django.utils import timezone

    from postroad.org.models import Person

    found = reach.queues()
    if asked.channel:
        found = found.filter(key=asked.channel)
    if asked.team:
        found = found.filter(department__code=asked.team)
    calendars = dict(found.values_list("pk", "calendar_key"))
    person = reach.person.pk if reach.person else None
    if asked.agent and reach.people:
        person = Person.objects.filter(staff_no=asked.agent).values_list("pk", flat=True).first() or _NOBODY
    period = asked.window.days.period
    hours = all_hours(calendars.values(), start=since or period.start, end=period.end)
    return Selection(
        period=period,
        channels=tuple(calendars),
        hours=tuple(hours),
        zone=timezone.get_default_timezone_name(),
        person=person,
        organisation=UUID(asked.account) if asked.account else None,
    )


_NOBODY = UUID(int=0)


def from_facts(figure: Figure, selection: Selection) -> tuple[str, dict[str, Any]]:
    """The things a figure counts, with how long each took: a query with places for its columns, and its parameters."""
    table, values = as_table(selection.hours)
    took = figure.form is Form.DURATION
    worked = f"({worked_by('fact.at')}) - ({worked_by('fact.since')})" if took else "NULL::float8"
    elapsed = "extract(epoch FROM fact.at - fact.since)::float8" if took else "NULL::float8"
    narrowed = [
        *(["fact.person_id = %(person)s"] if selection.person else []),
        *(["fact.organisation_id = %(organisation)s"] if selection.organisation else []),
    ]
    where = "".join(f" AND {one}" for one in narrowed)
    # The SQL of figures and the pieces above are ours; what people ask for comes in as parameters.
    sql = f"""
    WITH hours (calendar, opens, before, lasts) AS (VALUES {table}),
         fact AS ({figure.facts})
    SELECT {{columns}}
    FROM (
        SELECT fact.*, {{key}} AS key, {elapsed} AS elapsed, coalesce({worked}, {elapsed}) AS worked
        FROM fact JOIN channels_channel served ON served.id = fact.channel_id AND served.id = ANY(%(channels)s)
             LEFT JOIN hours ON hours.calendar = served.calendar_key
        WHERE true{where}
    ) AS counted
    """  # noqa: S608 - see above
    return sql, values | {
        "start": selection.period.start,
        "end": selection.period.end,
        "channels": list(selection.channels),
        "zone": selection.zone,
        "person": selection.person,
        "organisation": selection.organisation,
    }


def key_of(by: By) -> str:
    """SQL of what a fact is told apart by."""
    return _KEYS[by]


def summaries(figure: Figure, selection: Selection, by: By | None = None) -> dict[str | None, Summary]:
    """A figure for all (under None), and for each group by its key ("" where there is none). One query."""
    sql, values = from_facts(figure, selection)
    spreads = ", ".join(
        f"avg({one})::float8, percentile_cont(0.5) WITHIN GROUP (ORDER BY {one}),"
        f" percentile_cont(0.9) WITHIN GROUP (ORDER BY {one})"
        for one in _measured(figure.form)
    )
    columns = "grouping(key) = 1, coalesce(key, ''), count(*), count(*) FILTER (WHERE hit)"
    sql = sql.format(columns=f"{columns}{', ' if spreads else ''}{spreads}", key=key_of(by) if by else "NULL::text")
    groups = (
        "GROUP BY GROUPING SETS ((), (key))" if by else "GROUP BY GROUPING SETS ((), (key)) HAVING grouping(key) = 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} {groups}", values)
        rows = cursor.fetchall()
    found: dict[str | None, Summary] = {}
    for is_total, key, *row in rows:
        found[None if is_total else key] = _summary(figure.form, row)
    return {None: NOTHING} | found


def _measured(form: Form) -> tuple[str, ...]:
    return {Form.DURATION: ("elapsed", "worked"), Form.SCORE: ("score",)}.get(form, ())


def _summary(form: Form, row: list[Any]) -> Summary:
    count, hits, *numbers = row
    spreads = [Spread(*numbers[place : place + 3]) for place in range(0, len(numbers), 3)]
    none = Spread(None, None, None)
    if form is Form.DURATION:
        return Summary(count, hits, spreads[0], spreads[1], none)
    return Summary(count, hits, none, none, spreads[0] if spreads else none)


def ends_of(form: Form) -> tuple[float, ...]:
    """Where the columns of a figure's distribution end."""
    return {Form.DURATION: BUCKETS, Form.SCORE: SCORES}.get(form, ())


def measured_by(form: Form, clock: Clock) -> str:
    """SQL of the number that a figure's distribution is about."""
    return "score" if form is Form.SCORE else "worked" if clock is Clock.WORKING else "elapsed"


def distribution(figure: Figure, selection: Selection, clock: Clock) -> list[int]:
    """How many fell into each column of the distribution; empty for what has none. One query."""
    ends = ends_of(figure.form)
    if not ends:
        return []
    sql, values = from_facts(figure, selection)
    bucket = f"width_bucket({measured_by(figure.form, clock)}, %(ends)s::float8[])"
    sql = sql.format(columns=f"{bucket} AS bucket, count(*)", key="NULL::text")
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} GROUP BY 1", values | {"ends": list(ends)})
        counted = dict(cursor.fetchall())
    return [counted.get(place, 0) for place in range(len(ends) + 1)]
