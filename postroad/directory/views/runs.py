"""One reading of a directory, with what it would do; and what is left to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from postroad.directory import actions, queries
from postroad.directory.forms import ReasonForm, SettleForm
from postroad.directory.models import Conflict, SyncRun
from postroad.directory.permissions import Permission, get_conflict_for, get_run_for, get_source_for
from postroad.directory.showing import shown_conflicts, shown_lines
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid
from postroad.platform.pagination import keyset

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest

CONFLICTS = 20
# Kinds that a first reading brings by the hundred; the others are looked at one by one.
ALIKE = frozenset(
    {
        Conflict.Kind.OWNED_BY_HAND,
        Conflict.Kind.OWNED_ELSEWHERE,
        Conflict.Kind.DEPARTMENT_EXISTS,
        Conflict.Kind.BAD_VALUE,
    }
)


@requires(Permission.SOURCE_VIEW)
@require_GET
def run(request: StaffRequest, run_id: UUID) -> HttpResponse:
    found = get_run_for(request.person, run_id, Permission.SOURCE_VIEW)
    return render(request, "directory/run.html", _run_page(request, found, ReasonForm()))


@requires(Permission.SOURCE_VIEW)
@require_GET
def run_results(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """The part of the page that changes while the reading is worked on."""
    found = get_run_for(request.person, run_id, Permission.SOURCE_VIEW)
    return render(request, "directory/run_results.html", _run_page(request, found, ReasonForm()))


@requires(Permission.RUN_DECIDE)
@require_POST
def approve(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """Apply a held reading, or, with `discard`, drop it; either with a reason."""
    found = get_run_for(request.person, run_id, Permission.RUN_DECIDE)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return render(request, "directory/run.html", _run_page(request, found, form), status=422)
    reason = form.cleaned_data["reason"]
    if request.POST.get("discard"):
        actions.discard_run(run=found, reason=reason, actor=request.person.as_actor())
        messages.success(request, _("Discarded; nothing was changed."))
        return redirect(found.source)
    actions.approve_run(run=found, reason=reason, approver=request.person)
    return redirect("directory:run", found.pk)


@requires(Permission.SOURCE_VIEW)
@require_GET
def conflicts(request: StaffRequest, source_id: UUID) -> HttpResponse:
    """What a source says and we do not, both sides, one kind or all."""
    source = get_source_for(request.person, source_id, Permission.SOURCE_VIEW)
    counts = queries.open_counts(source)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Conflict.Kind.values else ""
    found = queries.open_conflicts(source).filter(**({"kind": kind} if kind else {}))
    page = keyset(found, order=("id",), cursor=request.GET.get("cursor"), size=CONFLICTS)
    context = {
        "source": source,
        "kind": kind,
        "kind_label": Conflict.Kind(kind).label if kind else "",
        "kinds": [(one, label, counts[one]) for one, label in Conflict.Kind.choices if one in counts],
        "count": counts.get(kind, 0),
        "alike": Conflict(kind=kind).choices_here if kind in ALIKE else (),
        "page": page,
        "shown": shown_conflicts(page.items),
        "settled": shown_conflicts(list(queries.settled_conflicts(source).order_by("-chosen_at")[:CONFLICTS])),
        "may_decide": request.user.may(Permission.RUN_DECIDE),
    }
    return render(request, "directory/conflicts.html", context)


@requires(Permission.RUN_DECIDE)
@require_POST
def settle(request: StaffRequest, conflict_id: UUID) -> HttpResponse:
    conflict = get_conflict_for(request.person, conflict_id, Permission.RUN_DECIDE)
    choice, reason = _chosen(request)
    actions.settle_conflict(conflict=conflict, choice=choice, reason=reason, chooser=request.person)
    messages.success(request, _("Settled; the directory is followed again now."))
    return redirect("directory:conflicts", conflict.source_id)


@requires(Permission.RUN_DECIDE)
@require_POST
def settle_alike(request: StaffRequest, source_id: UUID) -> HttpResponse:
    """The same choice for all open conflicts of a kind."""
    source = get_source_for(request.person, source_id, Permission.RUN_DECIDE)
    choice, reason = _chosen(request)
    kind = request.POST.get("kind", "")
    if kind not in Conflict.Kind.values:
        raise Invalid(_("There is no such kind."))
    count = actions.settle_alike(
        source=source, kind=Conflict.Kind(kind), choice=choice, reason=reason, chooser=request.person
    )
    messages.success(request, ngettext("%(count)s settled.", "%(count)s settled.", count) % {"count": count})
    return redirect(reverse("directory:conflicts", args=[source.pk]))


def _chosen(request: StaffRequest) -> tuple[Conflict.Choice, str]:
    form = SettleForm(request.POST)
    if not form.is_valid():
        raise Invalid({name: " ".join(map(str, errors)) for name, errors in form.errors.items()})
    return Conflict.Choice(form.cleaned_data["choice"]), form.cleaned_data["reason"]


def _run_page(request: StaffRequest, found: SyncRun, form: ReasonForm) -> dict[str, Any]:
    people = queries.people_by_id(found.planned.get("ends", ()))
    held = queries.held_run_of(found.source)
    return {
        "run": found,
        "topic": actions.TOPIC,
        "ends": sorted(people.values(), key=lambda one: one.staff_no),
        "lines": shown_lines(found.planned.get("lines", ())),
        "departments": found.planned.get("departments", ()),
        "conflicts": [(Conflict.Kind(kind).label, count) for kind, count in found.planned.get("conflicts", {}).items()],
        "newer": held if held and held.pk != found.pk else None,
        "form": form,
        "may_decide": request.user.may(Permission.RUN_DECIDE),
    }
