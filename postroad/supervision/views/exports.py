"""Reports as spreadsheets; each is on record in the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.spreadsheets import Cell, download
from postroad.supervision import actions, queries
from postroad.supervision.permissions import Permission
from postroad.supervision.queries import Fact, Summary
from postroad.supervision.registry import Figure, Form
from postroad.supervision.views.reports import asked_of, get_figure, lines_of, part_of, shown_figures


@require_safe
@requires(Permission.REPORT_EXPORT)
def export_report(request: StaffRequest) -> HttpResponse:
    """All figures by what they are told apart by: a line for each group and figure, with everything known of it."""
    asked, _reach, selection = asked_of(request)
    shown = shown_figures(asked, selection)
    rows = [
        _figures_row(line.name, figure, summary)
        for line in lines_of(asked.by, shown)
        for figure, summary in line.cells
        if summary.count
    ]
    rows += [_figures_row(_("All"), one.figure, one.now) for one in shown]
    headings = [
        *(str(asked.by.label), pgettext("report", "Figure"), _("Cases behind it"), _("Share, %"), _("Average score")),
        *(_("Median, elapsed minutes"), _("90 %, elapsed minutes"), _("Mean, elapsed minutes")),
        *(_("Median, working minutes"), _("90 %, working minutes"), _("Mean, working minutes")),
    ]
    days, name = asked.window.days, _("Report")
    actions.record_export(what=asked.by.value, days=days, rows=len(rows), person=request.person)
    return download(headings, rows, name=f"{name} {days.first} - {days.last}", kind=_kind(request))


@require_safe
@requires(Permission.REPORT_EXPORT)
def export_behind(request: StaffRequest, key: str) -> HttpResponse:
    """The cases behind a figure, a line each."""
    figure = get_figure(key)
    asked, reach, selection = asked_of(request)
    facts = queries.facts_to_export(
        figure, selection, part_of(request, reach), clock=asked.clock, reader=request.person
    )
    headings = [
        *(
            _("Case"),
            _("Subject"),
            _("Channel"),
            _("Agent"),
            pgettext("customer", "Account"),
            pgettext("since when", "From"),
            _("Counted at"),
        ),
        *(_("Elapsed minutes"), _("Working minutes"), _("Outcome"), _("Score")),
    ]
    rows = [_fact_row(figure, fact, people=reach.people or reach.person is not None) for fact in facts]
    days = asked.window.days
    actions.record_export(what=figure.key, days=days, rows=len(rows), person=request.person)
    return download(headings, rows, name=f"{figure.title} {days.first} - {days.last}", kind=_kind(request))


def _kind(request: StaffRequest) -> str:
    return "csv" if request.GET.get("format") == "csv" else "xlsx"


def _figures_row(name: str, figure: Figure, summary: Summary) -> list[Cell]:
    return [
        name,
        str(figure.title),
        summary.count,
        _rounded([summary.percent])[0] if figure.form is Form.SHARE else None,
        *_rounded([summary.score.mean]),
        *_minutes(summary.elapsed.median, summary.elapsed.p90, summary.elapsed.mean),
        *_minutes(summary.worked.median, summary.worked.p90, summary.worked.mean),
    ]


def _fact_row(figure: Figure, fact: Fact, *, people: bool) -> list[Cell]:
    return [
        f"#{fact.number}" if fact.number else "",
        fact.case.subject if fact.case else "",
        str(fact.channel or ""),
        str(fact.person or "") if people else "",
        str(fact.case.organisation or "") if fact.case else "",
        timezone.localtime(fact.since) if fact.since else None,
        timezone.localtime(fact.at),
        *_minutes(fact.elapsed, fact.worked),
        _outcome(figure, fact),
        fact.score,
    ]


def _outcome(figure: Figure, fact: Fact) -> str:
    if figure.form is not Form.SHARE:
        return ""
    return str(figure.hit_label if fact.hit else figure.miss_label)


def _minutes(*seconds: float | None) -> list[Cell]:
    return _rounded(None if one is None else one / 60 for one in seconds)


def _rounded(numbers: Iterable[float | None]) -> list[Cell]:
    return [None if one is None else round(one, 1) for one in numbers]
