"""One case: its page, the parts that renew themselves, its files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from postroad.channels.models import Kind
from postroad.conversations.models import Message
from postroad.desk import queries
from postroad.desk.actions import After
from postroad.desk.forms import AssignForm, MergeForm, NoteForm, PriorityForm, ReasonForm, TransferForm
from postroad.desk.models import Case
from postroad.desk.permissions import Permission, get_case_for, sight_of
from postroad.desk.views.composing import composer
from postroad.desk.views.customer import beside, customer_of
from postroad.desk.views.facts import fact_forms, facts_of
from postroad.hotline.actions import BY_HAND
from postroad.hotline.queries import calls_in as calls_of_case
from postroad.hotline.queries import standing_call_back
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.org.permissions import Permission as OrgPermission
from postroad.platform.authorisation import requires

HISTORY_SHOWN = 30


@require_safe
@requires(Permission.CASE_VIEW)
def case(request: StaffRequest, number: int) -> HttpResponse:
    found = get_case_for(request.person, number)
    if found.merged_into:
        words = {"number": found.number, "into": found.merged_into.number}
        messages.info(request, _("Case #%(number)s was merged into this one, #%(into)s.") % words)
        return HttpResponseRedirect(found.merged_into.get_absolute_url())
    return case_page(request, found)


def case_page(request: StaffRequest, case: Case, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The whole page; `forms` are those that came back with errors, under the names that the template uses."""
    shown = _context(request, case)
    begun = _forms(request, case, shown) | customer_of(request, case, sight=sight_of(request.person))
    return render(request, "desk/case.html", shown | begun | forms, status=status)


@require_safe
@requires(Permission.CASE_VIEW)
def case_live(request: StaffRequest, number: int) -> HttpResponse:
    """The parts of the page that change while it is open; what somebody is typing is not among them."""
    return case_live_page(request, get_case_for(request.person, number))


def _is_held_in_a_messenger(thread: list[queries.Entry]) -> bool:
    return any(entry.said and entry.said.message.channel.kind == Kind.DIRECT for entry in thread)


def _answered(request: StaffRequest, thread: list[queries.Entry]) -> list[Message]:
    """What colleagues have answered since the page was opened that now renews itself."""
    try:
        seen = UUID(request.GET.get("seen", ""))
    except ValueError:
        return []
    said = [entry.said.message for entry in thread if entry.said]
    return [one for one in said if one.pk > seen and one.person_id not in {None, request.person.pk}]


def case_live_page(request: StaffRequest, case: Case) -> HttpResponse:
    return render(request, "desk/case_live.html", _context(request, case))


def _context(request: StaffRequest, case: Case) -> dict[str, Any]:
    sight = sight_of(request.person)
    told = queries.promises_of(case)
    conversations = queries.conversations_of(case)
    people = queries.colleagues([case.channel])
    thread = queries.thread(case)
    merged = list(case.merged_cases.order_by("number").only("number", "merged_into"))
    chat = queries.chat_of(case)
    owed = {one.deadline.kind: one.deadline for one in told if one.deadline.finished_at is None}
    return {
        "case": case,
        "thread": thread,
        "last_seen": queries.last_said(thread),
        **beside(case, thread),
        "answered": _answered(request, thread),
        "chat": chat,
        "journey": queries.journey(case, thread=thread, merged=merged),
        "same_customer": queries.same_customer(case, sight=sight),
        "direct": queries.direct_of(case) if _is_held_in_a_messenger(thread) else None,
        "promises": told,
        "owes_first_reply": bool(owed.keys() & set(queries.FIRST)),
        "owes_nothing": not owed,
        "owed": queries.side_by_side(owed.values()),
        "nearest": queries.nearest(owed.values()),
        "contact_url": _contact_url(request, case),
        "merged": merged,
        "history": history_of(case)[:HISTORY_SHOWN],
        "calls": calls_of_case(conversations),
        "to_call_back": standing_call_back(conversations),
        "outcomes": BY_HAND,
        "others": queries.others_on(case, person=request.person),
        "people": people,
        "assign_form": AssignForm(people=people, initial={"assignee": case.assignee_id}),
        "priority_form": PriorityForm(initial={"priority": case.priority}),
        "may_work": request.user.may(Permission.CASE_WORK),
        "may_write": case.channel.kind != Kind.HOTLINE or chat is not None or queries.writes_to_us(case),
        "waiting": queries.waiting_on(case),
        "asides_begun": queries.asides_begun(case, request.person),
        "assignee_away": queries.absence_of(case.assignee) if case.assignee else None,
        **facts_of(case, sight=sight),
    }


def _contact_url(request: StaffRequest, case: Case) -> str:
    """The contact's own page, for who may open it."""
    if case.contact_id is None or not request.user.may(OrgPermission.CONTACT_VIEW):
        return ""
    return reverse("org:contact", args=[case.contact_id])


def _forms(request: StaffRequest, case: Case, shown: dict[str, Any]) -> dict[str, Any]:
    """The forms in which somebody may be typing; they stay as they are when the page renews itself."""
    if not request.user.may(Permission.CASE_WORK):
        return {}
    channels = list(sight_of(request.person).queues().exclude(pk=case.channel_id).order_by("name"))
    return {
        **composer(case, person=request.person),
        "after_choices": After.choices,
        "note_form": NoteForm(),
        "canned": queries.canned_answers([case.channel]),
        "solve_form": ReasonForm(prefix="solve", auto_id="solve_%s"),
        "close_form": ReasonForm(prefix="close", auto_id="close_%s"),
        "transfer_form": TransferForm(people=queries.colleagues(channels), channels=channels, auto_id="transfer_%s"),
        "merge_form": MergeForm(auto_id="merge_%s"),
        **fact_forms(case, shown, shown["thread"]),
    }
