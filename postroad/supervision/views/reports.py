"""The reports: all figures of a period, one figure in full, and the cases behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from postroad.board.periods import today
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import NotFound
from postroad.supervision import queries
from postroad.supervision.asked import Asked, By, Clock
from postroad.supervision.periods import Span
from postroad.supervision.permissions import Permission, Reach, reach_of
from postroad.supervision.queries import Part, Selection, Summary
from postroad.supervision.registry import Figure, Form, figure_of, figures
from postroad.supervision.templatetags.supervision import bucket_label


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure of the period and of the one before it."""

    figure: Figure
    now: Summary
    before: Summary
    groups: dict[str | None, Summary]

    def value(self, clock: Clock) -> float | None:
        return self.now.value(self.figure.form, clock)


@dataclass(frozen=True, slots=True)
class Line:
    """One group of the table: its name and, in the order of the figures, what they come to in it."""

    key: str
    name: str
    cells: list[tuple[Figure, Summary]]


@require_safe
@requires(Permission.REPORT_VIEW)
def reports(request: StaffRequest) -> HttpResponse:
    asked, reach, selection = asked_of(request)
    shown = shown_figures(asked, selection)
    return render(
        request,
        "supervision/reports.html",
        _frame(request, asked, reach)
        | {
            "shown": shown,
            "lines": lines_of(asked.by, shown),
            "flow": queries.flow(selection, asked.window.each_day, until=today()),
        },
    )


@require_safe
@requires(Permission.REPORT_VIEW)
def figure(request: StaffRequest, key: str) -> HttpResponse:
    """One figure: its distribution, how it went day by day, and group by group."""
    one = get_figure(key)
    asked, reach, selection = asked_of(request)
    [shown] = shown_figures(asked, selection, [one])
    days = queries.summaries(one, selection, By.DAY)
    return render(
        request,
        "supervision/figure.html",
        _frame(request, asked, reach)
        | {
            "one": shown,
            "figure": one,
            "columns": _columns(one, queries.distribution(one, selection, asked.clock), asked.clock),
            "days": [(day, days.get(day.isoformat())) for day in asked.window.each_day if day <= today()],
            "lines": lines_of(asked.by, [shown]),
        },
    )


@require_safe
@requires(Permission.REPORT_VIEW)
def behind(request: StaffRequest, key: str) -> HttpResponse:
    """The cases behind a figure, or behind a part of it."""
    one = get_figure(key)
    asked, reach, selection = asked_of(request)
    part = part_of(request, reach)
    page = _number(request.GET.get("page", "")) or 0
    facts, more = queries.facts_page(one, selection, part, clock=asked.clock, reader=request.person, page=page)
    return render(
        request,
        "supervision/behind.html",
        _frame(request, asked, reach)
        | {
            "figure": one,
            "part": part,
            "part_name": name_of_part(one, part, asked.clock),
            "facts": facts,
            "page": page,
            "more": more,
        },
    )


def get_figure(key: str) -> Figure:
    """Raises NotFound for a figure that nobody registered."""
    found = figure_of(key)
    if found is None:
        raise NotFound(_("There is no such figure."))
    return found


def shown_figures(asked: Asked, selection: Selection, wanted: list[Figure] | None = None) -> list[Shown]:
    """The figures of a period with those of the one before; without `wanted`, those that have cases in either."""
    earlier = selection.over(asked.window.before.days.period)
    found = []
    for one in wanted or figures():
        groups = queries.summaries(one, selection, asked.by)
        before = queries.summaries(one, earlier)
        found.append(Shown(one, groups[None], before[None], groups))
    return found if wanted else [one for one in found if one.now.count or one.before.count]


def lines_of(by: By, shown: list[Shown]) -> list[Line]:
    """The table: a line for each group that any of the figures knows."""
    keys = {key for one in shown for key in one.groups if key is not None}
    names = queries.names_of(by, keys)
    nothing = queries.NOTHING
    return [
        Line(key, name, [(one.figure, one.groups.get(key, nothing)) for one in shown]) for key, name in names.items()
    ]


def asked_of(request: StaffRequest) -> tuple[Asked, Reach, Selection]:
    """What is asked for, what the reader's reports reach, and what of the two is to be read."""
    asked, reach = Asked.read(request.GET), reach_of(request.person)
    if asked.by is By.AGENT and not (reach.people or reach.person):
        asked = replace(asked, by=By.CHANNEL)
    return asked, reach, queries.select(asked, reach, since=asked.window.before.days.period.start)


def part_of(request: StaffRequest, reach: Reach) -> Part:
    """The part of a figure that the address names; colleagues singly only for who may see them so."""
    given = request.GET
    by = next((one for one in By if one.value == given.get("part")), None)
    if by is By.AGENT and not (reach.people or reach.person):
        by = None
    hit = {"hit": True, "miss": False}.get(given.get("only", ""))
    return Part(by=by, key=given.get("key", ""), bucket=_number(given.get("bucket", "")), hit=hit)


def name_of_part(figure: Figure, part: Part, clock: Clock) -> str:
    """What a part is called: "Mail, 1 h to 2 h, missed"."""
    names = []
    if part.by:
        names += [f"{part.by.label}: {queries.names_of(part.by, [part.key]).get(part.key, part.key)}"]
    if part.bucket is not None and figure.form in {Form.DURATION, Form.SCORE}:
        names.append(bucket_label(figure.form, part.bucket, clock))
    if part.hit is not None:
        names.append(str(figure.hit_label if part.hit else figure.miss_label))
    return " · ".join(names)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004 - a page, not a phone number


def _columns(figure: Figure, counts: list[int], clock: Clock) -> list[tuple[int, str, int]]:
    return [(place, bucket_label(figure.form, place, clock), count) for place, count in enumerate(counts)]


def _frame(request: StaffRequest, asked: Asked, reach: Reach) -> dict[str, Any]:
    """What every page of the reports shows around its figures."""
    ways = [one for one in By if one is not By.DAY and (one is not By.AGENT or reach.people or reach.person)]
    return {
        "asked": asked,
        "reach": reach,
        "window": asked.window,
        "spans": list(Span),
        "clocks": list(Clock),
        "ways": ways,
        "choices": queries.choices_for(reach, account=asked.account),
        "before": asked.over(asked.window.before),
        "after": asked.over(asked.window.after) if asked.window.days.last < today() else None,
        "may_export": request.user.may(Permission.REPORT_EXPORT),
        "today": today(),
    }
