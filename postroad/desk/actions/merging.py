"""Two cases that are one matter become one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.clock import actions as clock
from postroad.clock.models import Deadline
from postroad.clock.queries import deadlines_of
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, settle, tell
from postroad.desk.actions.linking import move_links
from postroad.desk.actions.sending import follow_merge
from postroad.desk.actions.state import STATE_FIELDS, move
from postroad.desk.events import Event
from postroad.desk.models import (
    FINISHED,
    TO_DO,
    Case,
    CaseConversation,
    CaseState,
    ClosedReason,
    Escalation,
    Note,
)
from postroad.desk.queries import FIRST, Promise
from postroad.ledger.actions import NewEntry, record_many
from postroad.platform.actors import subject_of
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.org.models import Person
    from postroad.platform.actors import Actor


MINUTE = timedelta(minutes=1)


def merge(*, case: Case, into: Case, person: Person) -> Case:
    """Move everything of `case` to `into`; see `merge_all`."""
    return merge_all(cases=[case], into=into, person=person)


@transaction.atomic
def merge_all(*, cases: Sequence[Case], into: Case, person: Person) -> Case:
    """Move everything of `cases` to `into`, whose number stays; the other numbers lead there from now on.

    What was promised first on a medium on which `into` has promised nothing goes along as it is, beside the promises of
    `into`. The other promises of `cases` are dropped, but nobody waits longer for it: what is owed on `into` falls due
    at the earliest of the moments, and where only the others still owed something, `into` owes it now. A constant
    number of statements.

    Raises Invalid for a case merged into itself, Conflict for one that has been merged away already.
    """
    if into.pk in {case.pk for case in cases}:
        raise Invalid({"into": _("A case cannot be merged into itself.")})
    into, *cases = lock([into, *cases])
    actor, now = person.as_actor(), timezone.now()
    owed = queries.owed_on(cases)
    reason = _("merged into #%(number)s") % {"number": into.number}
    _carry_over(cases, into, owed, actor=actor)
    promises.drop(cases, owed, at=now, reason=reason, actor=actor)
    _move_contents(cases, into)
    entries = []
    for case in cases:
        change = {"before": case.state, "after": CaseState.CLOSED.value}
        move(case, CaseState.CLOSED, at=now, closed_reason=ClosedReason.MERGED)
        case.merged_into = into
        entries.append(NewEntry(Event.CASE_MOVED, actor, case, {"state": change, "reason": reason}))
        entries.append(NewEntry(Event.CASE_MERGED, actor, into, {"number": case.number, "into": into.number}))
    Case.objects.bulk_update(cases, [*STATE_FIELDS, "merged_into"])
    record_many(entries)
    for kind in Promise:
        _take_over(
            cases, into, kind, owed=[owed[case.pk][kind] for case in cases if kind in owed[case.pk]], actor=actor
        )
    promises.refresh_due([*cases, into])
    tell([*cases, into], *(case.assignee_id for case in cases), into.assignee_id)
    return into


def _carry_over(cases: Sequence[Case], into: Case, owed: queries.Owed, *, actor: Actor) -> None:
    """Each tier keeps its own clock. Takes what goes along out of `owed`."""
    made = set(deadlines_of([subject_of(into)]).values_list("kind", flat=True))
    carried = []
    for kind in FIRST:
        theirs = [owed[case.pk] for case in cases if kind in owed[case.pk]]
        if theirs and kind not in made:
            carried.append(min(theirs, key=lambda one: one[kind].started_at).pop(kind))
    if not carried:
        return
    numbers = ", ".join(f"#{case.number}" for case in cases)
    clock.carry_over(
        [one.pk for one in carried],
        subject=subject_of(into),
        title=_title(into),
        url=into.get_absolute_url(),
        reason=_("taken over from %(numbers)s") % {"numbers": numbers},
        actor=actor,
    )
    clock.reassign([one.pk for one in carried], responsible=into.assignee, actor=actor)
    Escalation.objects.filter(deadline__in=carried).update(case=into)


def _title(case: Case) -> str:
    return f"#{case.number} {case.subject}".rstrip()


def _move_contents(cases: Sequence[Case], into: Case) -> None:
    CaseConversation.objects.filter(case__in=cases).update(case=into)
    Note.objects.filter(case__in=cases).update(case=into)
    Case.objects.filter(merged_into__in=cases).update(merged_into=into)
    move_links(cases, into)
    follow_merge(cases, into)
    everything = [into, *cases]
    into.opened_at = min(case.opened_at for case in everything)
    into.last_message_at = max(case.last_message_at for case in everything)
    into.undelivered = any(case.undelivered for case in everything)
    into.contact_id = next((case.contact_id for case in everything if case.contact_id), None)
    into.organisation_id = next((case.organisation_id for case in everything if case.organisation_id), None)
    into.tag_ids = list(dict.fromkeys(tag_id for case in everything for tag_id in case.tag_ids))
    into.field_values = {key: answer for case in reversed(everything) for key, answer in case.field_values.items()}
    changed = ["opened_at", "last_message_at", "undelivered", "contact", "organisation", "tag_ids", "field_values"]
    into.save(update_fields=changed)


def _take_over(cases: Sequence[Case], into: Case, kind: Promise, *, owed: Sequence[Deadline], actor: Actor) -> None:
    """See that `into` owes what the others owed of a kind, no later. Misses of theirs are on record and stay there."""
    to_do = [one for one in owed if one.state != Deadline.State.MISSED]
    if not to_do:
        return
    numbers = ", ".join(f"#{case.number}" for case in cases)
    reason = _("taken over from %(numbers)s") % {"numbers": numbers}
    if any(one.state == Deadline.State.RUNNING for one in to_do) and into.state not in TO_DO:
        move(into, CaseState.OPEN, at=timezone.now())
        into.save(update_fields=STATE_FIELDS)
        settle([into], at=timezone.now(), reason=reason, actor=actor)
    own = queries.owed_on([into])[into.pk].get(kind)
    earliest = min(to_do, key=lambda one: (one.state != Deadline.State.RUNNING, one.due_at))
    if own:
        _fall_due_no_later(own, earliest, reason=reason, actor=actor)
    elif kind not in FIRST or into.first_replied_at is None:
        clock.start_deadlines([_the_rest_of(earliest, into, reason=reason)], actor=actor)
        if earliest.state == Deadline.State.PAUSED and into.state in FINISHED:
            move(into, CaseState.WAITING, at=timezone.now())
            into.save(update_fields=STATE_FIELDS)
        settle([into], at=timezone.now(), reason=reason, actor=actor)


def _fall_due_no_later(own: Deadline, promise: Deadline, *, reason: str, actor: Actor) -> None:
    now = timezone.now()
    if own.state == Deadline.State.RUNNING and now < promise.due_at < own.due_at:
        clock.move(own, due_at=promise.due_at, at=now, reason=reason, actor=actor)


def _the_rest_of(promise: Deadline, into: Case, *, reason: str) -> clock.NewDeadline:
    """What is left of a promise, at least a minute: time in which it was the customer's turn is not counted now."""
    since = max(timezone.now(), promise.counted_from)
    return clock.NewDeadline(
        kind=promise.kind,
        subject=subject_of(into),
        title=_title(into),
        amount=max(promise.amount - promise.used_by(since), MINUTE),
        started_at=since,
        calendar_version=promise.calendar_version,
        ladder=promise.ladder,
        responsible=into.assignee,
        url=into.get_absolute_url(),
        reason=reason,
    )
