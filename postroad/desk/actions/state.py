"""From new to closed: waiting for the customer, solved, reopened, closed, spam."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, settle, tell
from postroad.desk.actions.fields import require_answers
from postroad.desk.actions.waiting import tell_we_wait
from postroad.desk.events import Event
from postroad.desk.models import ACTIVE, FINISHED, Case, CaseState, ClosedReason, Queue
from postroad.desk.queries import FIRST
from postroad.ledger.actions import NewEntry, record_many
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.org.models import Person

DESK = Actor.system("desk")
STATE_FIELDS = ("state", "solved_at", "closed_at", "closed_reason", "reopened_at")
CLOSED_AT_ONCE = 500


def move(case: Case, state: CaseState, *, at: datetime, closed_reason: str = "") -> None:
    """Put a case into a state, with the moments that belong to it; the caller saves `STATE_FIELDS`."""
    if case.state in FINISHED and state not in FINISHED:
        case.reopened_at = at
    case.state = state
    if state == CaseState.CLOSED:
        case.closed_at, case.closed_reason = at, closed_reason
        return
    case.closed_at, case.closed_reason = None, ""
    case.solved_at = (case.solved_at or at) if state == CaseState.SOLVED else None


@transaction.atomic
def wait(*, case: Case, person: Person) -> Case:
    """It is the customer's turn: the answer promise is paused. Raises Conflict unless the case is being worked on."""
    tell_we_wait(case)
    [case] = lock([case])
    if case.state not in {CaseState.NEW, CaseState.OPEN}:
        raise Conflict(_("Only a case that is being worked on can wait for the customer."))
    return change_state([case], CaseState.WAITING, reason=_("waiting for the customer"), actor=person.as_actor())[0]


@transaction.atomic
def solve(*, cases: Sequence[Case], reason: str, person: Person) -> list[Case]:
    """Say that the customers have their answers; the promises are met.

    Cases already solved or closed are left as they are. Raises Invalid, naming them, where cases were never replied to
    and no `reason` says how they were answered.
    """
    reason = reason.strip()
    unsolved = [case for case in lock(cases) if case.state in ACTIVE]
    if not reason and (unanswered := never_replied_to(unsolved)):
        numbers = ", ".join(f"#{case.number}" for case in unanswered)
        raise Invalid(
            {"reason": _("Nobody has replied to %(numbers)s. Say how it was answered.") % {"numbers": numbers}}
        )
    require_answers(unsolved)
    return change_state(unsolved, CaseState.SOLVED, reason=reason or _("solved"), actor=person.as_actor())


@transaction.atomic
def reopen(*, case: Case, reason: str, person: Person) -> Case:
    """Work on a waiting or finished case again. The answer is owed again, from now on, where it had been given."""
    [case] = lock([case])
    if case.state in {CaseState.NEW, CaseState.OPEN}:
        raise Conflict(_("The case is open already."))
    return open_again([case], reason=reason.strip() or _("reopened"), actor=person.as_actor())[0]


def open_again(cases: list[Case], *, reason: str, actor: Actor) -> list[Case]:
    """The common part of reopening: locked cases that wait or are finished are worked on again."""
    finished = [case for case in cases if case.state in FINISHED]
    change_state(cases, CaseState.OPEN, reason=reason, actor=actor)
    if finished:
        promises.owe_answers(finished, since=timezone.now(), reason=reason, actor=actor)
    return cases


@transaction.atomic
def close(*, cases: Sequence[Case], reason: str, person: Person) -> list[Case]:
    """End cases that need no answer (more); what is still owed on them is dropped, with the reason.

    Raises Invalid without a reason: dropping a promise must be explained.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": _("Say why the case needs no answer.")})
    return end(lock(cases), ClosedReason.DONE, reason=reason, actor=person.as_actor())


@transaction.atomic
def mark_spam(*, cases: Sequence[Case], person: Person) -> list[Case]:
    """Close cases as spam; no promise stands towards a spammer."""
    return end(lock(cases), ClosedReason.SPAM, reason=_("spam"), actor=person.as_actor())


def close_quiet(*, now: datetime | None = None) -> int:
    """Close the cases that have been solved for as long as their queue says; returns how many.

    In batches, each a transaction of its own, skipping what somebody is working on.
    """
    moment = now or timezone.now()
    closed = 0
    while count := _close_quiet_batch(moment):
        closed += count
    return closed


@transaction.atomic
def _close_quiet_batch(now: datetime) -> int:
    days = Coalesce(F("channel__queue__close_after_days"), Value(Queue._meta.get_field("close_after_days").default))
    quiet = (
        Case.objects.filter(state=CaseState.SOLVED)
        .defer("search")
        .alias(days=days)
        .filter(Q(solved_at__lt=Value(now) - F("days") * Value(timedelta(days=1))))
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("solved_at")[:CLOSED_AT_ONCE]
    )
    return len(end(list(quiet), ClosedReason.QUIET, reason=_("solved, and quiet since"), actor=DESK))


def end(cases: list[Case], closed_reason: ClosedReason, *, reason: str, actor: Actor) -> list[Case]:
    ending = [case for case in cases if case.state != CaseState.CLOSED]
    # What is still owed on a solved case waits for its reply to be taken by the mail server, and is met then.
    unsolved = [case for case in ending if case.state in ACTIVE]
    promises.drop(unsolved, queries.owed_on(unsolved), at=timezone.now(), reason=reason, actor=actor)
    return change_state(ending, CaseState.CLOSED, reason=reason, actor=actor, closed_reason=closed_reason)


def change_state(
    cases: list[Case], state: CaseState, *, reason: str, actor: Actor, closed_reason: str = ""
) -> list[Case]:
    """The common part of every change of state: save, evidence, promises, hints."""
    if not cases:
        return []
    now = timezone.now()
    entries = []
    for case in cases:
        change = {"before": case.state, "after": state.value}
        move(case, state, at=now, closed_reason=closed_reason)
        entries.append(NewEntry(Event.CASE_MOVED, actor, case, {"state": change, "reason": reason}))
    Case.objects.bulk_update(cases, STATE_FIELDS)
    record_many(entries)
    settle(cases, at=now, reason=reason, actor=actor)
    tell(cases, *(case.assignee_id for case in cases))
    return cases


def never_replied_to(cases: list[Case]) -> list[Case]:
    owed = queries.owed_on(cases)
    under_way = queries.with_reply_under_way(cases)
    return [case for case in cases if owed[case.pk].keys() & set(FIRST) and case.pk not in under_way]
