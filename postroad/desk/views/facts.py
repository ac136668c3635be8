"""What is known of a case and what it hangs together with: tags, custom fields, links, splitting, macros."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from postroad.desk import actions, queries
from postroad.desk.factforms import AnswersForm, LinkForm, SplitForm, TagNameForm
from postroad.desk.models import Case, LinkKind
from postroad.desk.permissions import (
    Permission,
    Sight,
    get_case_for,
    get_link_of,
    get_macro,
    get_tag,
    sight_of,
)
from postroad.desk.queries import Entry
from postroad.desk.variables import filled
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid

WORDS_SHOWN = 60


def facts_of(case: Case, *, sight: Sight) -> dict[str, Any]:
    """What the facts panel shows. Three queries."""
    tags = queries.all_tags()
    links = queries.links_of(case, sight=sight)
    return {
        "all_tags": tags.values(),
        "case_tags": queries.tags_of(case, tags),
        "answers": queries.answers_of(case),
        "case_links": links,
        "blocked_by": [one for one in links if one.blocks],
        "waiting_for_this": [one for one in links if one.waits],
    }


def fact_forms(case: Case, facts: dict[str, Any], thread: list[Entry]) -> dict[str, Any]:
    """The forms beside the facts. One query."""
    return {
        "tag_form": TagNameForm(),
        "answers_form": AnswersForm(answers=facts["answers"]),
        "link_form": LinkForm(auto_id="link_%s"),
        "split_form": SplitForm(messages=beginnings(thread), auto_id="split_%s"),
        "macros": queries.macros_for([case.channel_id]),
    }


def beginnings(thread: list[Entry]) -> list[tuple[UUID, str]]:
    """The messages with which a case of its own may begin: all but the first."""
    said = [entry.said.message for entry in thread if entry.said and not entry.aside]
    return [
        (one.pk, f"{one.sender_name or one.sender_address}: {(one.reply_text or one.text)[:WORDS_SHOWN]}".strip())
        for one in said[1:]
    ]


def _back(request: StaffRequest, case: Case, said: str = "") -> HttpResponse:
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(case.get_absolute_url())


def _refused(request: StaffRequest, case: Case, why: str) -> HttpResponse:
    messages.error(request, why)
    return _back(request, case)


@require_POST
@requires(Permission.CASE_WORK)
def tag(request: StaffRequest, number: int) -> HttpResponse:
    """Put tags on a case; names that are not on the list become tags where the person may make them."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = TagNameForm(request.POST)
    if not form.is_valid():
        return _refused(request, case, _("Name a tag."))
    try:
        tags = actions.tags_for(names=form.names, person=request.person)
        actions.tag_cases(cases=[case], add=tags, person=request.person)
    except (Conflict, Invalid) as refusal:
        return _refused(request, case, refusal.message)
    return _back(request, case)


@require_POST
@requires(Permission.CASE_WORK)
def untag(request: StaffRequest, number: int, tag_id: UUID) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    try:
        actions.tag_cases(cases=[case], remove=[get_tag(tag_id)], person=request.person)
    except Conflict as refusal:
        return _refused(request, case, refusal.message)
    return _back(request, case)


@require_POST
@requires(Permission.CASE_WORK)
def answer(request: StaffRequest, number: int) -> HttpResponse:
    """Answer the case's custom fields."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = AnswersForm(request.POST, answers=queries.answers_of(case))
    if not form.is_valid():
        told = " ".join(f"{form.fields[name].label}: {errors[0]}" for name, errors in form.errors.items())
        return _refused(request, case, told)
    try:
        actions.fill_in(cases=[case], answers=form.answers, person=request.person)
    except Conflict as refusal:
        return _refused(request, case, refusal.message)
    return _back(request, case, _("Kept."))


@require_POST
@requires(Permission.CASE_WORK)
def link(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _refused(request, case, _("A case number looks like #10023."))
    other = sight_of(request.person).cases().filter(number=form.cleaned_data["other"]).first()
    if other is None:
        return _refused(request, case, _("There is no such case, or it is not yours to see."))
    try:
        actions.link(case=case, other=other, kind=LinkKind(form.cleaned_data["kind"]), person=request.person)
    except (Conflict, Invalid) as refusal:
        return _refused(request, case, refusal.message)
    return _back(request, case, _("Linked; the other case shows it, too."))


@require_POST
@requires(Permission.CASE_WORK)
def unlink(request: StaffRequest, number: int, link_id: UUID) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    try:
        actions.unlink(link=get_link_of(case, link_id), person=request.person)
    except Conflict as refusal:
        return _refused(request, case, refusal.message)
    return _back(request, case)


@require_POST
@requires(Permission.CASE_WORK)
def split(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    form = SplitForm(request.POST, messages=beginnings(queries.thread(case)))
    if not form.is_valid():
        return _refused(request, case, _("Choose a message and say what the new case is about."))
    given = form.cleaned_data
    try:
        new = actions.split(case=case, message_id=given["message"], subject=given["subject"], person=request.person)
    except (Conflict, Invalid) as refusal:
        return _refused(request, case, refusal.message)
    return _back(request, new, _("This is the new case; it was split off from #%(number)s.") % {"number": case.number})


@require_safe
@requires(Permission.CASE_WORK)
def macro(request: StaffRequest, number: int) -> HttpResponse:
    """What a macro will do on this case, step by step, before it runs."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    chosen = next(
        (one for one in queries.macros_for([case.channel_id]) if str(one.pk) == request.GET.get("macro")), None
    )
    if chosen is None:
        return render(request, "desk/_macro.html", {"case": case, "macro": None})
    steps = actions.steps_of(chosen, person=request.person)
    outcome = actions.preview(numbers=[case.number], steps=steps, person=request.person)
    texts = [
        filled(step.answer.text, case=case, person=request.person) if isinstance(step, actions.PutText) else ""
        for step in steps
    ]
    shown = {"case": case, "macro": chosen, "steps": list(zip(steps, texts, strict=True)), "outcome": outcome}
    return render(request, "desk/_macro.html", shown)


@require_POST
@requires(Permission.CASE_WORK)
def run_macro(request: StaffRequest, number: int, macro_id: UUID) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    chosen = get_macro(macro_id)
    try:
        outcome = actions.run_macro(macro=chosen, numbers=[case.number], person=request.person)
    except (Conflict, Invalid) as refusal:
        return _refused(request, case, refusal.message)
    if outcome.refused:
        return _refused(request, case, " ".join(outcome.refused))
    count = len(chosen.steps)
    said = ngettext("%(name)s: %(count)s step taken.", "%(name)s: %(count)s steps taken.", count)
    return _back(request, case, said % {"name": chosen.name, "count": count})
