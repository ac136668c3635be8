"""The list of cases: inboxes, views, filters, bulk actions, export."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from postroad.desk import actions, queries
from postroad.desk.actions import Outcome
from postroad.desk.listforms import BulkForm, Choices, FilterForm
from postroad.desk.models import Case, CaseState, Priority, SavedView
from postroad.desk.permissions import Permission, Sight, sight_of
from postroad.desk.queries import Column
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.spreadsheets import Cell, download

EXPORTED_AT_MOST = 50_000


@require_safe
@requires(Permission.CASE_VIEW)
def cases(request: StaffRequest) -> HttpResponse:
    shown = _list(request)
    form = shown["form"]
    inboxes = queries.inboxes(form.offered.channels, own=form.offered.own)
    views = [queries.KeptView(view) for view in shown["views"]]
    return render(request, "desk/cases.html", shown | {"inboxes": inboxes, "kept": views})


@require_safe
@requires(Permission.CASE_VIEW)
def case_results(request: StaffRequest) -> HttpResponse:
    return render(request, "desk/cases_results.html", _list(request))


@require_safe
@requires(Permission.CASE_VIEW)
def side(request: StaffRequest) -> HttpResponse:
    """Inboxes and kept views with their counts: asked for when the list is there already, which never waits for it."""
    sight = sight_of(request.person)
    choices = choices_for(request, sight)
    inboxes = queries.inboxes(choices.channels, own=choices.own)
    views = queries.saved_views(request.person)
    filters = [queries.inbox_filter(inbox) for inbox in inboxes]
    filters += [FilterForm(_stored(view), choices=choices).wanted for view in views]
    counts = queries.counts_of(sight, filters, person=request.person)
    shown = {
        "inboxes": [
            queries.Inbox(inbox.channel, inbox.own, count) for inbox, count in zip(inboxes, counts, strict=False)
        ],
        "kept": [queries.KeptView(view, count) for view, count in zip(views, counts[len(inboxes) :], strict=True)],
        "current": request.GET.get("current", ""),
        "counted": True,
    }
    return render(request, "desk/_side.html", shown)


def choices_for(request: StaffRequest, sight: Sight) -> Choices:
    """What the filters offer the reader. Five queries."""
    channels = list(sight.queues().order_by("name"))
    return Choices(
        person=request.person,
        channels=channels,
        people=queries.colleagues(channels),
        tags=queries.all_tags(),
        fields=queries.fields_in_use(channels),
        own=queries.own_teams(request.person),
    )


def _list(request: StaffRequest) -> dict[str, Any]:
    sight = sight_of(request.person)
    choices = choices_for(request, sight)
    views = queries.saved_views(request.person)
    asked = request.GET.copy()
    saved = next((view for view in views if str(view.pk) == asked.get("saved")), None)
    form = FilterForm(_asked(asked, saved, choices), choices=choices)
    cursor = request.GET.get("cursor")
    page = queries.cases_page(sight, form.wanted, person=request.person, cursor=cursor)
    known = queries.columns_for(choices.fields)
    return {
        "form": form,
        "wanted": form.wanted,
        "query": _query(form.data),
        "query_of_tabs": _query(form.data, apart={"cursor", "view", "state", "saved"}),
        "cursor": cursor,
        "chips": [
            {"label": label, "query_without": _query(form.data, without=(name, value))}
            for name, value, label in form.chips
        ],
        "tabs": queries.tabs(sight, person=request.person),
        "page": page,
        "rows": queries.rows(page.items, tags=choices.tags, goes_out=queries.scheduled_answers(page.items)),
        "columns": queries.chosen_columns(saved.columns if saved else (), known),
        "views": views,
        "saved": saved,
        "may_change_view": saved and (saved.owner_id == request.person.pk or request.user.may(Permission.VIEW_SHARE)),
        "current": _current(form, saved),
        "colleagues": choices.people,
        "macros": queries.macros_for(choices.channels),
        "states": [one for one in CaseState.choices if one[0] != CaseState.NEW],
        "priorities": Priority.choices,
        "may_work": request.user.may(Permission.CASE_WORK),
        "may_export": request.user.may(Permission.CASE_EXPORT),
    }


def _asked(given: QueryDict, saved: SavedView | None, choices: Choices) -> QueryDict:
    """The filters in force: the address line's, else those of the view it names, else what the list opens with."""
    if saved and "view" not in given:
        return _stored(saved, cursor=given.get("cursor"))
    if not given.keys() - {"cursor", "saved"}:
        opening = QueryDict(mutable=True)
        opening.update(choices.default)
        return opening
    return given


def _stored(view: SavedView, **more: str | None) -> QueryDict:
    """A saved view as the address line it stands for."""
    found = QueryDict(mutable=True)
    for name, values in view.query.items():
        found.setlist(name, values)
    found["saved"] = str(view.pk)
    for name, value in more.items():
        if value:
            found[name] = value
    return found


def _current(form: FilterForm, saved: SavedView | None) -> str:
    """Which line of the side list is shown as the one that is open."""
    if saved:
        return str(saved.pk)
    return str(form.wanted.channel.key) if form.wanted.channel else ""


def _query(given: Any, *, without: tuple[str, str] = ("", ""), apart: Collection[str] = ("cursor",)) -> str:
    """The filters as a query string, without what is empty, without those `apart`, and without one of them."""
    kept = QueryDict(mutable=True)
    name_left_out, value_left_out = without
    for name in given:
        values = [value for value in given.getlist(name) if value and name not in apart]
        if name == name_left_out:
            values = [value for value in values if value_left_out and value != value_left_out]
        if values:
            kept.setlist(name, values)
    return kept.urlencode()


@require_POST
@requires(Permission.CASE_WORK)
def bulk(request: StaffRequest) -> HttpResponse:
    """Do one thing to all that is marked in the list, and say honestly where it was not done, and why.

    A macro is shown first, with what it will do, and runs when that is confirmed.
    """
    channels = list(sight_of(request.person).queues())
    people = queries.colleagues(channels)
    form = BulkForm(request.POST, people=people, macros=queries.macros_for(channels))
    back = HttpResponseRedirect(f"{reverse('desk:cases')}?{_query(QueryDict(request.POST.get('back', '')))}")
    if form.problem:
        messages.warning(request, form.problem)
        return back
    given = form.cleaned_data
    try:
        if given["do"] == "macro" and not given["confirmed"]:
            return _preview(request, form)
        _tell(request, _done(request, form))
    except (Conflict, Invalid) as refusal:
        messages.error(request, refusal.message)
    return back


def _done(request: StaffRequest, form: BulkForm) -> Outcome:
    if form.cleaned_data["do"] == "macro":
        return actions.run_macro(macro=form.cleaned_data["macro"], numbers=form.numbers, person=request.person)
    into = None
    if form.cleaned_data["do"] == "merge" and form.stays:
        into = sight_of(request.person).cases().filter(number=form.stays).first()
        if into is None:
            raise Invalid(_("There is no such case, or it is not yours to see."))
    numbers = [*form.numbers, into.number] if into else form.numbers
    steps = form.steps(person=request.person, into=into)
    return actions.do_to_all(numbers=numbers, steps=steps, person=request.person)


def _preview(request: StaffRequest, form: BulkForm) -> HttpResponse:
    macro = form.cleaned_data["macro"]
    steps = actions.steps_of(macro, person=request.person)
    outcome = actions.preview(numbers=form.numbers, steps=steps, person=request.person)
    shown = {"macro": macro, "steps": steps, "outcome": outcome, "back": request.POST.get("back", "")}
    return render(request, "desk/bulk_preview.html", shown)


def _tell(request: StaffRequest, outcome: Outcome) -> None:
    count = len(outcome.done)
    done = ngettext("%(count)s case done.", "%(count)s cases done.", count) % {"count": count}
    if not outcome.refused:
        messages.success(request, done)
        return
    left = ngettext("%(count)s not:", "%(count)s not:", outcome.not_done) % {"count": outcome.not_done}
    said = _("%(done)s %(left)s %(why)s") % {"done": done, "left": left, "why": outcome.why_not}
    (messages.warning if outcome.done else messages.error)(request, said)


@require_safe
@requires(Permission.CASE_EXPORT)
def export(request: StaffRequest) -> HttpResponse:
    """The filtered list as a workbook, most urgent first, up to fifty thousand cases, with tags and custom fields."""
    sight = sight_of(request.person)
    choices = choices_for(request, sight)
    asked = request.GET.copy()
    views = queries.saved_views(request.person) if asked.get("saved") else []
    saved = next((view for view in views if str(view.pk) == asked.get("saved")), None)
    form = FilterForm(_asked(asked, saved, choices), choices=choices)
    found = queries.filtered(sight, form.wanted, person=request.person)
    chosen = list(found.order_by(*form.wanted.order)[:EXPORTED_AT_MOST])
    actions.record_export(count=len(chosen), person=request.person)
    asked_for = [column for column in queries.columns_for(choices.fields).values() if column.field]
    return download(_headings(asked_for), _cells(chosen, asked_for, choices), name="cases")


def _headings(asked: Sequence[Column]) -> list[str]:
    return [
        _("Case"), _("Subject"), _("State"), _("Priority"), _("Channel"), _("Contact"), _("Organisation"),
        _("Assignee"),
        _("Opened"), _("First reply"), pgettext("case", "Solved"), pgettext("case", "Closed"), _("Next promise due"),
        _("Tags"), *(str(column.label) for column in asked),
    ]  # fmt: skip


def _cells(chosen: list[Case], asked: Sequence[Column], choices: Choices) -> Iterator[list[Cell]]:
    for case in chosen:
        yield [
            case.number,
            case.subject,
            case.get_state_display(),
            case.get_priority_display(),
            str(case.channel),
            str(case.contact or ""),
            str(case.organisation or ""),
            str(case.assignee or ""),
            case.opened_at,
            case.first_replied_at,
            case.solved_at,
            case.closed_at,
            case.due_at,
            ", ".join(tag.name for tag in queries.tags_of(case, choices.tags)),
            *(_answer(column, case) for column in asked),
        ]


def _answer(column: Column, case: Case) -> Cell:
    """A number stays a number, so that one can reckon with it; everything else is as people read it."""
    assert column.field is not None
    answer = case.field_values.get(column.field.key)
    plain = isinstance(answer, int | float) and not isinstance(answer, bool)
    return answer if plain else queries.column_text(column, case)
