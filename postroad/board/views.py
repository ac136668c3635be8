"""The standard board: the list, one control, the monthly report, another target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from postroad.approvals.queries import dry_run
from postroad.board import actions, queries
from postroad.board.forms import BoardFilter, MonthChoice, TargetForm
from postroad.board.periods import today
from postroad.board.permissions import Permission, get_control
from postroad.board.queries import HISTORY_DAYS, AssessedSection, Assessment
from postroad.board.templatetags.board import figure_text
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.language import in_a_row
from postroad.platform.spreadsheets import Cell, download

if TYPE_CHECKING:
    from postroad.approvals.models import Request
    from postroad.board.standard import Control
    from postroad.org.middleware import StaffRequest


@require_safe
@requires(Permission.VIEW)
def controls(request: StaffRequest) -> HttpResponse:
    return render(request, "board/list.html", _listed(request))


@require_safe
@requires(Permission.VIEW)
def results(request: StaffRequest) -> HttpResponse:
    return render(request, "board/list_results.html", _listed(request))


@require_safe
@requires(Permission.VIEW)
def export(request: StaffRequest) -> HttpResponse:
    """The list as it is filtered, as a spreadsheet."""
    listed = _listed(request)
    headings = [
        *(_("Control"), _("Section"), _("What must happen"), _("Who answers"), _("Promise"), _("Target")),
        *(_("Figure"), _("State"), _("Looked at"), _("Exceptions"), _("Rests on channels that are")),
    ]
    rows = [_exported(section, one) for section in listed["sections"] for one in section.assessments]
    days, name = listed["days"], _("Board")
    return download(headings, rows, name=f"{name} {days.first} - {days.last}")


@require_safe
@requires(Permission.VIEW)
def control(request: StaffRequest, key: str) -> HttpResponse:
    chosen = get_control(key)
    filters = BoardFilter(request.GET)
    [assessment] = queries.assess(filters.days, keys=[key], trend_days=HISTORY_DAYS)
    return render(
        request,
        "board/detail.html",
        {
            "assessment": assessment,
            "control": chosen,
            "days": filters.days,
            "filters": filters,
            "versions": queries.target_history(chosen),
            "open_request": queries.open_request(chosen),
            "may_propose": request.user.may(Permission.PROPOSE_TARGET),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.PROPOSE_TARGET)
def propose(request: StaffRequest, key: str) -> HttpResponse:
    chosen = get_control(key)
    form = TargetForm(request.POST or None, control=chosen)
    if request.method == "POST" and form.is_valid() and (asked := _propose(request, form, chosen)):
        messages.success(request, _("The request was submitted. The target changes when it is approved."))
        return redirect(asked)
    context = {
        "form": form,
        "control": chosen,
        "target": queries.targets_in_force()[key],
        "steps": dry_run(actions.TARGET_FLOW, request.person, {}),
    }
    return render(request, "board/propose.html", context, status=422 if form.errors else 200)


def _propose(request: StaffRequest, form: TargetForm, chosen: Control) -> Request | None:
    """The request, or None with the refusal put at its field."""
    try:
        return actions.propose_target(
            control=chosen,
            value=form.cleaned_data["value"],
            reason=form.cleaned_data["reason"],
            proposer=request.person,
            actor=request.person.as_actor(),
        )
    except Invalid as refusal:
        for name, message in refusal.fields.items():
            form.add_error(name if name in form.fields else None, message)
    except Conflict as refusal:
        form.add_error(None, refusal.message)
    return None


@require_safe
@requires(Permission.VIEW)
def report(request: StaffRequest) -> HttpResponse:
    """The monthly supervision report, made to be printed and signed."""
    choice = MonthChoice(request.GET)
    days = choice.days
    assessments = queries.assess(days)
    return render(
        request,
        "board/report.html",
        {
            "days": days,
            "month": days.first.strftime("%Y-%m"),
            "complete": days.last < today(),
            "sections": queries.by_section(assessments),
            "counts": _counts(assessments),
            "short": [one for one in assessments if one.verdict is queries.Verdict.SHORT],
            "unverified": [one for one in assessments if one.unverified],
            "printed_at": timezone.now(),
        },
    )


def _exported(section: AssessedSection, one: Assessment) -> list[Cell]:
    control, measure = one.control, one.measure
    return [
        *(control.key, str(section.section.title), str(control.must), str(control.who), str(control.promise)),
        *(str(one.target.bound), figure_text(measure), str(one.verdict.label)),
        *((measure.sample_size, measure.exceptions) if measure else (None, None)),
        in_a_row(grade.label for grade in one.unverified),
    ]


def _listed(request: StaffRequest) -> dict[str, Any]:
    filters = BoardFilter(request.GET)
    section, verdict = filters.value("section"), filters.value("verdict")
    assessments = queries.assess(filters.days)
    shown = [one for one in assessments if section in {"", one.control.section} and verdict in {"", one.verdict.value}]
    return {
        "filters": filters,
        "days": filters.days,
        "sections": queries.by_section(shown),
        "counts": _counts(assessments),
        "chosen": {"section": section, "verdict": verdict, "span": filters.value("span") or "month"},
    }


def _counts(assessments: list[Assessment]) -> list[tuple[queries.Verdict, int]]:
    return list(queries.count_verdicts(assessments).items())
