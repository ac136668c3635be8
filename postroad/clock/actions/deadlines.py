"""Promises: start, pause, resume, meet, cancel, move, hand over, and fire what is due.

All take many at once with a constant number of statements. A promise that is not in the state an action is
for is left as it is, so that doing a thing twice does no harm; what changed is returned.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.clock import life
from postroad.clock.events import Event
from postroad.clock.life import Happening, Rule, What
from postroad.clock.models import CalendarVersion, Deadline, DeadlineEvent
from postroad.clock.registry import Climbed, kind_of
from postroad.ledger.actions import NewEntry, record_many
from postroad.platform.actors import Actor, Subject
from postroad.platform.bulk import insert_many
from postroad.platform.errors import Conflict
from postroad.platform.realtime import publish

if TYPE_CHECKING:
    from postroad.org.models import Person

log = logging.getLogger(__name__)

CLOCK = Actor.system("clock")
_RETRY_AFTER = timedelta(minutes=1)
# What a promise's life changes, with the columns' types.
_CHANGING = {
    "amount": "interval",
    "due_at": "timestamptz",
    "state": "text",
    "used": "interval",
    "counted_from": "timestamptz",
    "paused_at": "timestamptz",
    "missed_at": "timestamptz",
    "finished_at": "timestamptz",
    "warnings": "smallint",
    "round": "smallint",
    "calendar_version_id": "uuid",
    "ladder": "jsonb",
    "escalations": "smallint",
    "look_at": "timestamptz",
}
_EVENTS = {
    What.STARTED: Event.DEADLINE_STARTED,
    What.PAUSED: Event.DEADLINE_PAUSED,
    What.RESUMED: Event.DEADLINE_RESUMED,
    What.WARNED: Event.DEADLINE_WARNED,
    What.MISSED: Event.DEADLINE_MISSED,
    What.ESCALATED: Event.DEADLINE_ESCALATED,
    What.RULE_CHANGED: Event.DEADLINE_RULE_CHANGED,
    What.MET: Event.DEADLINE_MET,
    What.FINISHED_LATE: Event.DEADLINE_FINISHED_LATE,
    What.CANCELLED: Event.DEADLINE_CANCELLED,
    What.MOVED: Event.DEADLINE_MOVED,
    What.REASSIGNED: Event.DEADLINE_REASSIGNED,
    What.CARRIED_OVER: Event.DEADLINE_CARRIED_OVER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeadline:
    """A promise to make: `amount` of working time of the calendar version, of elapsed time where that is
    None. `ladder` as `ladders` describes it; None: warnings as the kind has them.
    """

    kind: str
    subject: Subject
    title: str
    amount: timedelta
    started_at: datetime
    calendar_version: CalendarVersion | None = None
    responsible: Person | None = None
    url: str = ""
    reason: str = ""
    ladder: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """Something that happened to a promise, ready to be written down."""

    deadline: Deadline
    happening: Happening
    reason: str
    actor: Actor


@transaction.atomic
def start_deadlines(new: Sequence[NewDeadline], *, actor: Actor) -> list[Deadline]:
    """Make promises, all in one go; they come back in order.

    Raises ImproperlyConfigured for an unregistered kind, OutsideCalendarError where a calendar has not the
    time.
    """
    told = []
    for item in new:
        deadline = Deadline(
            kind=item.kind,
            subject_type=item.subject.type,
            subject_id=item.subject.id,
            title=item.title[:300],
            url=item.url,
            responsible=item.responsible,
            calendar_version=item.calendar_version,
            amount=item.amount,
            started_at=item.started_at,
            ladder=item.ladder,
        )
        [started] = life.begin(deadline, kind=kind_of(item.kind))
        told.append(_Told(deadline, started, item.reason, actor))
    deadlines = [one.deadline for one in told]
    insert_many(deadlines)
    _write_down(told)
    return deadlines


def start_deadline(new: NewDeadline, *, actor: Actor) -> Deadline:
    """Make one promise; see `start_deadlines`."""
    [deadline] = start_deadlines([new], actor=actor)
    return deadline


def pause(deadline_ids: Iterable[UUID], *, at: datetime, reason: str, actor: Actor) -> list[Deadline]:
    """Stop the clocks of running promises from `at` on."""
    return _change(deadline_ids, lambda one: life.pause(one, at=at), reason=reason, actor=actor)


def resume(deadline_ids: Iterable[UUID], *, at: datetime, reason: str, actor: Actor) -> list[Deadline]:
    """Let the clocks of paused promises run again from `at` on."""
    return _change(
        deadline_ids, lambda one: life.resume(one, at=at, kind=kind_of(one.kind)), reason=reason, actor=actor
    )


def meet(deadline_ids: Iterable[UUID], *, at: datetime, reason: str, actor: Actor) -> list[Deadline]:
    """Say that what was promised was done at `at`: the promise is met, or was done late."""
    return _change(deadline_ids, lambda one: life.finish(one, at=at), reason=reason, actor=actor)


def cancel(deadline_ids: Iterable[UUID], *, at: datetime, reason: str, actor: Actor) -> list[Deadline]:
    """End promises that no longer stand. One already missed stays missed and is only closed."""
    return _change(deadline_ids, lambda one: life.cancel(one, at=at), reason=reason, actor=actor)


@transaction.atomic
def move(deadline: Deadline, *, due_at: datetime, at: datetime, reason: str, actor: Actor) -> Deadline:
    """Give a running promise another due time, from `at` on.

    Raises Conflict if it is not running or the new time is not later than `at`.
    """
    if due_at <= at:
        raise Conflict(_("The new due time has passed already."))
    moved = _change(
        [deadline.pk],
        lambda one: life.move(one, at=at, due_at=due_at, kind=kind_of(one.kind)),
        reason=reason,
        actor=actor,
    )
    if not moved or moved[0].state != Deadline.State.RUNNING:
        raise Conflict(_("Only a running promise can be moved."))
    return moved[0]


def change_rules(rules: Mapping[UUID, Rule], *, at: datetime, reason: str, actor: Actor) -> list[Deadline]:
    """Let the rest of open promises, by their ids, count by other rules from `at` on; the time used stays used.

    Left as they are: those that are not open, that go by the rule already, or that it would break at once.
    """
    return _change(
        rules,
        lambda one: life.change_rule(one, at=at, rule=rules[one.pk], kind=kind_of(one.kind)),
        reason=reason,
        actor=actor,
    )


@transaction.atomic
def reassign(deadline_ids: Iterable[UUID], *, responsible: Person | None, actor: Actor) -> list[Deadline]:
    """Make somebody else responsible for promises that are not finished."""
    now = timezone.now()
    changed = [
        one
        for one in _locked(deadline_ids)
        if one.finished_at is None and one.responsible_id != (responsible.pk if responsible else None)
    ]
    told = []
    for one in changed:
        _publish({one.responsible_id})
        facts = {"before": _text(one.responsible_id), "after": _text(responsible.pk if responsible else None)}
        one.responsible = responsible
        told.append(_Told(one, Happening(what=What.REASSIGNED, at=now, facts=facts), "", actor))
    Deadline.objects.filter(pk__in=[one.pk for one in changed]).update(responsible=responsible)
    _write_down(told)
    return changed


@transaction.atomic
def carry_over(
    deadline_ids: Iterable[UUID], *, subject: Subject, title: str, url: str, reason: str, actor: Actor
) -> list[Deadline]:
    """Let promises be about another subject from now on; start, time used, ladder and misses stay theirs."""
    now = timezone.now()
    carried = _locked(deadline_ids)
    told = []
    for one in carried:
        facts = {"before": one.subject_id, "after": subject.id}
        one.subject_type, one.subject_id = subject.type, subject.id
        told.append(_Told(one, Happening(what=What.CARRIED_OVER, at=now, facts=facts), reason, actor))
    Deadline.objects.filter(pk__in=[one.pk for one in carried]).update(
        subject_type=subject.type, subject_id=subject.id, title=title[:300], url=url
    )
    _write_down(told)
    return carried


def fire_due(*, now: datetime | None = None, batch: int = 500) -> int:
    """Write down the warnings and misses that are due and tell the kinds' listeners; return how many.

    A batch is a transaction of its own and skips what another worker holds, so that each thing happens once
    whoever races or dies. A kind whose listener fails is tried again a minute later and holds up no other;
    its error is raised at the end.
    """
    moment = now or timezone.now()
    fired, errors = 0, []
    while True:
        looked_at, written, failed = _fire_batch(moment, batch)
        fired += written
        errors += failed
        if looked_at < batch:
            break
    if errors:
        raise ExceptionGroup("some promises could not be fired", errors)
    return fired


@transaction.atomic
def _fire_batch(now: datetime, batch: int) -> tuple[int, int, list[Exception]]:
    due = list(
        Deadline.objects.filter(look_at__lt=now)
        .select_related("calendar_version")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .order_by("look_at")[:batch]
    )
    written, errors = 0, []
    for key, group in groupby(sorted(due, key=lambda one: one.kind), key=lambda one: one.kind):
        deadlines = list(group)
        try:
            with transaction.atomic():
                written += _fire_kind(key, deadlines, now=now)
        except Exception as error:
            log.warning("promises of kind %s could not be fired", key, exc_info=True)
            Deadline.objects.filter(pk__in=[one.pk for one in deadlines]).update(look_at=now + _RETRY_AFTER)
            errors.append(error)
    return len(due), written, errors


def _fire_kind(key: str, deadlines: list[Deadline], *, now: datetime) -> int:
    kind = kind_of(key)
    told = [_Told(one, happening, "", CLOCK) for one in deadlines for happening in life.look(one, now=now, kind=kind)]
    _save(deadlines)
    _write_down(told)
    for what, listener in ((What.WARNED, kind.on_warning), (What.MISSED, kind.on_miss)):
        concerned = [one.deadline for one in told if one.happening.what == what]
        if listener and concerned:
            listener(concerned)
    climbed = [_climbed(one) for one in told if one.happening.facts.get("tells")]
    if kind.on_rung and climbed:
        kind.on_rung(climbed)
    return len(told)


def _climbed(told: _Told) -> Climbed:
    happening = told.happening
    tells = tuple(happening.facts["tells"])
    return Climbed(told.deadline, tells, late=happening.what == What.ESCALATED, at=happening.at)


@transaction.atomic
def _change(
    deadline_ids: Iterable[UUID], step: Callable[[Deadline], list[Happening]], *, reason: str, actor: Actor
) -> list[Deadline]:
    told, changed = [], []
    for one in _locked(deadline_ids):
        happenings = step(one)
        told += [
            _Told(one, happening, "", CLOCK) if happening.what == What.MISSED else _Told(one, happening, reason, actor)
            for happening in happenings
        ]
        if happenings:
            changed.append(one)
    if changed:
        _save(changed)
        _write_down(told)
    return changed


def _locked(deadline_ids: Iterable[UUID]) -> list[Deadline]:
    return list(
        Deadline.objects.filter(pk__in=list(deadline_ids))
        .select_related("calendar_version")
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )


def _save(deadlines: Sequence[Deadline]) -> None:
    # Arrays, not bulk_update: that builds a CASE for each row and column and is a hundred times slower.
    types = ", ".join(["%s::uuid[]", *(f"%s::{kind}[]" for kind in _CHANGING.values())])
    changes = ", ".join(f"{column} = now_is.{column}" for column in _CHANGING)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE clock_deadline SET {changes} FROM unnest({types}) AS now_is(id, {', '.join(_CHANGING)}) "  # noqa: S608 - our own names
            "WHERE clock_deadline.id = now_is.id",
            [
                [one.pk for one in deadlines],
                *([_plain(getattr(one, column)) for one in deadlines] for column in _CHANGING),
            ],
        )


def _plain(value: object) -> object:
    """Return a state as the text it is (the database's driver would write a choice as an enumeration), a ladder as
    JSON.
    """
    if isinstance(value, list):
        return json.dumps(value)
    return str(value) if isinstance(value, Deadline.State) else value


def _write_down(told: Sequence[_Told]) -> None:
    """Write what happened into the promises' own history and into the ledger, and tell the people's open
    pages.
    """
    insert_many([_event(one) for one in told])
    record_many([_entry(one) for one in told])
    _publish({one.deadline.responsible_id for one in told})


def _publish(person_ids: set[UUID | None]) -> None:
    topics = [f"work.{person_id}" for person_id in person_ids if person_id]
    if topics:
        publish(*topics)


def _event(told: _Told) -> DeadlineEvent:
    happening = told.happening
    return DeadlineEvent(
        deadline=told.deadline,
        what=happening.what,
        at=happening.at,
        reason=told.reason[:300],
        actor_kind=told.actor.kind,
        actor_id=told.actor.id,
        actor_label=told.actor.label,
        facts=happening.facts,
        round=told.deadline.round,
        step=happening.step,
    )


def _entry(told: _Told) -> NewEntry:
    deadline, happening = told.deadline, told.happening
    about = {"type": deadline.subject_type, "id": deadline.subject_id}
    data = {
        "kind": deadline.kind,
        "at": happening.at.isoformat(),
        "reason": told.reason[:300],
        "about": about,
    }
    return NewEntry(_EVENTS[happening.what], told.actor, deadline, data | happening.facts)


def _text(person_id: UUID | None) -> str | None:
    return str(person_id) if person_id else None
