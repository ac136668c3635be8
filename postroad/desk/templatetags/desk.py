"""How the desk's words look: states, priorities, promises."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from postroad.accounts.models import Absence
from postroad.clock.models import Deadline
from postroad.clock.registry import kind_of
from postroad.desk.models import CannedAnswer, Case, CaseState, Offer, Priority
from postroad.desk.queries import NEAR, Column, Ended, Entry, Promise, column_text
from postroad.desk.variables import filled
from postroad.org.models import Person
from postroad.platform.language import in_a_row
from postroad.web.templatetags.postroad import countdown, duration, icon

register = template.Library()

TONES = {
    CaseState.NEW: "info",
    CaseState.OPEN: "warning",
    CaseState.WAITING: "secondary",
    CaseState.SOLVED: "success",
    CaseState.CLOSED: "secondary",
}
MARKS = {Priority.LOW: "chevron-down", Priority.HIGH: "chevron-up", Priority.URGENT: "chevrons-up"}


@register.inclusion_tag("web/_state.html")
def state_of(case: Case) -> dict[str, Any]:
    return {"tone": TONES[CaseState(case.state)], "label": case.get_state_display()}


@register.simple_tag
def priority_mark(priority: str) -> str:
    """A mark for a priority that is not the normal one, which most are."""
    if priority not in MARKS:
        return ""
    return format_html(
        '<span class="desk-priority desk-priority-{}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        priority,
        Priority(priority).label,
        icon(MARKS[Priority(priority)]),
        Priority(priority).label,
    )


@register.simple_tag
def promise_name(deadline: Deadline) -> str:
    return str(kind_of(deadline.kind).title)


STATE_TONES = {
    Deadline.State.RUNNING: "info",
    Deadline.State.PAUSED: "secondary",
    Deadline.State.MET: "success",
    Deadline.State.MISSED: "danger",
    Deadline.State.CANCELLED: "secondary",
}


@register.inclusion_tag("web/_state.html")
def promise_state(deadline: Deadline) -> dict[str, Any]:
    return {"tone": STATE_TONES[Deadline.State(deadline.state)], "label": deadline.get_state_display()}


@register.simple_tag
def promise_title(promise: Promise) -> str:
    return str(kind_of(promise).title)


@register.simple_tag
def count_of(counts: dict[str, int], ended: Ended) -> int:
    return counts[ended.value]


@register.simple_tag
def time_left(promise: Deadline) -> SafeString:
    """The running countdown of a promise, in colour from when the list counts it as about to run out."""
    return countdown(promise.due_at, NEAR)


@register.simple_tag
def filled_canned(answer: CannedAnswer, case: Case, person: Person) -> str:
    """A canned answer with its variables filled in for a case and who answers it."""
    return filled(answer.text, case=case, person=person)


@register.filter
def ago(moment: datetime) -> str:
    """How long ago something was: “20 s ago”."""
    return gettext("%(time)s ago") % {"time": duration(max(timezone.now() - moment, timedelta(0)))}


@register.filter
def reached(message_id: UUID, mark: UUID | None) -> bool:
    """Whether a mark of delivery or reading has come as far as this message."""
    return mark is not None and message_id <= mark


@register.simple_tag
def cell(column: Column, case: Case) -> str:
    """What stands in a column of the list that is plain text."""
    return column_text(column, case)


@register.filter
def aside_mark(entry: Entry) -> str:
    """A word on a message that was exchanged with somebody who is not the customer; "" for all others."""
    if not entry.aside or entry.said is None:
        return ""
    return gettext("Not the customer") if entry.said.message.is_incoming else gettext("Not to the customer")


@register.filter
def promise_called(kind: str) -> str:
    """What a kind of promise is called."""
    return str(kind_of(kind).title)


@register.filter
def away_words(absence: Absence) -> str:
    """That somebody is away, until when, and who stands in."""
    until = gettext("away until %(day)s") % {"day": absence.ends_on.isoformat()}
    cover = getattr(absence, "cover", None)
    if cover is None or cover.deputy is None:
        return until
    return gettext("%(until)s, deputy: %(name)s") % {"until": until, "name": cover.deputy}


@register.filter
def offered_ways(offer: Offer) -> str:
    """By which ways an offer reached the customer."""
    return in_a_row(Offer.Way(way).label for way in offer.ways)


@register.inclusion_tag("web/_state.html")
def offer_state(offer: Offer) -> dict[str, Any]:
    if offer.taken_at:
        label = gettext("taken after %(time)s") % {"time": duration(offer.taken_at - offer.made_at)}
        return {"tone": "success", "label": label}
    if offer.is_open(timezone.now()):
        return {"tone": "info", "label": gettext("not taken yet")}
    return {"tone": "secondary", "label": gettext("not taken")}
