"""What we owe on a case, as deadlines of the clock: started, paused, met and dropped here and nowhere else in the desk.

Two promises run side by side and neither hides the other: the first reply (`external.sla-mail`; on a hotline the call
back, `external.sla-phone`) and the answer (`external.response-24h`). How long, and whether in working time or by the
wall clock, the channel says when the message is taken in; later changes of the channel, the calendar or the assignee do
not touch a promise that was made.

- The first reply is met when the mail server has taken a reply written by a person, at the moment it took it.
- The call back is met when somebody of ours calls the customer, or the customer calls again and is answered.
- The answer is met when the case is solved; if a reply is still on its way, when that reply was taken.
- While the case waits for the customer the answer is paused; the customer's next message resumes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.clock import actions as clock
from postroad.clock.models import Deadline
from postroad.desk import queries
from postroad.desk.models import NEVER, Case
from postroad.desk.queries import FIRST, Owed, Promise
from postroad.org.models import Person
from postroad.platform.actors import Actor, subject_of


@dataclass(frozen=True, slots=True)
class NewPromise:
    """A promise to be made on a case because of a message that arrived at `since`, on the terms of `channel`."""

    case: Case
    channel: Channel
    promise: Promise
    since: datetime
    reason: str


def start(new: Sequence[NewPromise], *, actor: Actor) -> list[Deadline]:
    """Make promises, all in one go; one that the channel does not give is left out."""
    if not new:
        return []
    terms = queries.terms_of([one.channel for one in new])
    deadlines = [_terms(one, terms=terms) for one in new]
    return clock.start_deadlines([one for one in deadlines if one is not None], actor=actor)


def owe_answer(case: Case, *, since: datetime, reason: str, actor: Actor) -> None:
    """See that an answer is owed on a case that is worked on (again): what is still owed runs on, else it begins."""
    owe_answers([case], since=since, reason=reason, actor=actor)


def owe_answers(cases: Collection[Case], *, since: datetime, reason: str, actor: Actor) -> None:
    """`owe_answer` for several cases, with a constant number of statements."""
    owed = queries.owed_on(cases)
    resume_answer(cases, owed, at=since, reason=reason, actor=actor)
    new = [case for case in cases if Promise.ANSWER not in owed[case.pk] and not case.automatic]
    start([NewPromise(case, case.channel, Promise.ANSWER, since, reason) for case in new], actor=actor)
    refresh_due(cases)


def resume(since: Mapping[UUID, datetime], *, reason: str, actor: Actor) -> None:
    """Let paused promises run again, each from its moment rounded down to the minute: for us the stricter side."""
    minutes: dict[datetime, list[UUID]] = defaultdict(list)
    for deadline_id, at in since.items():
        minutes[at.replace(second=0, microsecond=0)].append(deadline_id)
    for at, deadline_ids in minutes.items():
        clock.resume(deadline_ids, at=at, reason=reason, actor=actor)


def meet_first_reply(cases: Iterable[Case], owed: Owed, *, at: datetime, actor: Actor) -> None:
    """The mail server has taken a reply at `at`."""
    reason = _("a reply was accepted for delivery")
    _each(clock.meet, _ids(cases, owed, *FIRST), at=at, reason=reason, actor=actor)


def meet_all(cases: Iterable[Case], owed: Owed, *, at: datetime, reason: str, actor: Actor) -> None:
    """The cases are answered, by a reply or otherwise."""
    _each(clock.meet, _ids(cases, owed, *Promise), at=at, reason=reason, actor=actor)


def pause_answer(cases: Iterable[Case], owed: Owed, *, at: datetime, actor: Actor) -> None:
    """From `at` on it is the customer's turn."""
    reason = _("waiting for the customer")
    _each(clock.pause, _ids(cases, owed, Promise.ANSWER), at=at, reason=reason, actor=actor)


def resume_answer(cases: Iterable[Case], owed: Owed, *, at: datetime, reason: str, actor: Actor) -> None:
    """It is our turn again."""
    _each(clock.resume, _ids(cases, owed, Promise.ANSWER), at=at, reason=reason, actor=actor)


def drop(cases: Iterable[Case], owed: Owed, *, at: datetime, reason: str, actor: Actor) -> None:
    """Nobody is owed anything on these cases any more; the reason stays with each promise."""
    ids = [deadline.pk for case in cases for deadline in owed[case.pk].values()]
    _each(clock.cancel, ids, at=at, reason=reason, actor=actor)


def hand_over(cases: Iterable[Case], owed: Owed, *, responsible: Person | None, actor: Actor) -> None:
    """Who is responsible changes; what was promised and the time used do not."""
    ids = [deadline.pk for case in cases for deadline in owed[case.pk].values()]
    if ids:
        clock.reassign(ids, responsible=responsible, actor=actor)


def refresh_due(cases: Collection[Case]) -> None:
    """Set `next_due_at` to when the nearest promise of each case falls due. Two statements."""
    if not cases:
        return
    owed = queries.owed_on(cases)
    for case in cases:
        promise = queries.nearest(owed[case.pk].values())
        case.next_due_at = promise.due_at if promise else NEVER
    Case.objects.bulk_update(cases, ["next_due_at"])


def _terms(new: NewPromise, *, terms: queries.Terms) -> clock.NewDeadline | None:
    rule = terms.rule(new.channel, new.promise)
    if rule is None:
        return None
    return clock.NewDeadline(
        kind=new.promise,
        subject=subject_of(new.case),
        title=f"#{new.case.number} {new.case.subject}".rstrip(),
        amount=rule.amount,
        started_at=new.since,
        calendar_version=rule.calendar_version,
        ladder=rule.ladder,
        responsible=new.case.assignee,
        url=new.case.get_absolute_url(),
        reason=new.reason,
    )


def _each(change: Callable[..., list[Deadline]], ids: list[UUID], *, at: datetime, reason: str, actor: Actor) -> None:
    if ids:
        change(ids, at=at, reason=reason, actor=actor)


def _ids(cases: Iterable[Case], owed: Owed, *promises: Promise) -> list[UUID]:
    return [owed[case.pk][promise].pk for case in cases for promise in promises if promise in owed[case.pk]]
