"""The life of a promise, in memory: what each thing that happens to it changes. Pure; `actions` locks and
saves.

Every function changes the promise given and returns what is to be written down, nothing if it changes
nothing. Each first notices that the promise was missed before the moment it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from postroad.clock import ladders
from postroad.clock.ladders import Rung
from postroad.clock.models import CalendarVersion, Deadline, DeadlineEvent
from postroad.clock.registry import DeadlineKind

State = Deadline.State
What = DeadlineEvent.What

_NOTHING = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something to write down about a promise. `step` numbers what may happen more than once in a round."""

    what: DeadlineEvent.What
    at: datetime
    step: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a promise goes by: how much time, counted by which calendar (None: elapsed time), and who is told when."""

    amount: timedelta
    calendar_version: CalendarVersion | None
    ladder: list[dict[str, Any]] | None

    def is_of(self, deadline: Deadline) -> bool:
        """Whether a promise goes by this rule already."""
        own = deadline.calendar_version.pk if deadline.calendar_version else None
        ours = self.calendar_version.pk if self.calendar_version else None
        return (deadline.amount, own, deadline.ladder) == (self.amount, ours, self.ladder)


def begin(deadline: Deadline, *, kind: DeadlineKind) -> list[Happening]:
    """Set the clock going at `started_at`."""
    deadline.counted_from = deadline.started_at
    deadline.due_at = deadline.time_after(deadline.started_at, deadline.amount)
    deadline.look_at = _next_look(deadline, kind=kind)
    return [_happened(deadline, What.STARTED, deadline.started_at, amount_seconds=_seconds(deadline.amount))]


def pause(deadline: Deadline, *, at: datetime) -> list[Happening]:
    """Stop the clock; the time until `at` stays used."""
    missed = _notice_miss(deadline, at=at)
    if deadline.state != State.RUNNING:
        return missed
    at = max(at, deadline.counted_from)
    deadline.used = deadline.used_by(at)
    deadline.state, deadline.paused_at, deadline.look_at = State.PAUSED, at, None
    return [_happened(deadline, What.PAUSED, at)]


def resume(deadline: Deadline, *, at: datetime, kind: DeadlineKind) -> list[Happening]:
    """Let a paused clock run again with what is left."""
    if deadline.state != State.PAUSED or deadline.paused_at is None:
        return []
    at = max(at, deadline.paused_at)
    deadline.state, deadline.paused_at, deadline.counted_from = State.RUNNING, None, at
    deadline.due_at = deadline.time_after(at, deadline.amount - deadline.used)
    deadline.look_at = _next_look(deadline, kind=kind)
    return [_happened(deadline, What.RESUMED, at)]


def finish(deadline: Deadline, *, at: datetime) -> list[Happening]:
    """Say that what was promised is done: met, or done late.

    If it turns out that it was done in time although a miss has been written down since, the promise is met.
    """
    happenings = _notice_miss(deadline, at=at)
    if deadline.finished_at is not None:
        return []
    if deadline.state == State.MISSED and at > deadline.due_at:
        deadline.finished_at, deadline.look_at = at, None
        return [*happenings, _happened(deadline, What.FINISHED_LATE, at)]
    if deadline.state == State.MISSED:
        deadline.used = max(deadline.amount - deadline.time_between(at, deadline.due_at), _NOTHING)
    else:
        deadline.used = deadline.used_by(at)
    deadline.state, deadline.finished_at = State.MET, at
    deadline.paused_at = deadline.missed_at = deadline.look_at = None
    return [_happened(deadline, What.MET, at)]


def cancel(deadline: Deadline, *, at: datetime) -> list[Happening]:
    """End a promise that no longer stands; one already missed stays missed."""
    happenings = _notice_miss(deadline, at=at)
    if deadline.finished_at is not None:
        return []
    if deadline.state != State.MISSED:
        deadline.used = deadline.used_by(at)
        deadline.state = State.CANCELLED
    deadline.finished_at = at
    deadline.paused_at = deadline.look_at = None
    return [*happenings, _happened(deadline, What.CANCELLED, at)]


def move(deadline: Deadline, *, at: datetime, due_at: datetime, kind: DeadlineKind) -> list[Happening]:
    """Give a running promise another due time; warnings that lie ahead again will come again."""
    missed = _notice_miss(deadline, at=at)
    if deadline.state != State.RUNNING:
        return missed
    before = deadline.due_at
    used = deadline.used_by(at)
    deadline.amount = used + deadline.time_between(max(at, deadline.counted_from), due_at)
    deadline.due_at, deadline.round = due_at, deadline.round + 1
    deadline.warnings = _warnings_behind(deadline, used, kind=kind)
    deadline.look_at = _next_look(deadline, kind=kind)
    return [_happened(deadline, What.MOVED, at, due_before=before.isoformat())]


def change_rule(deadline: Deadline, *, at: datetime, rule: Rule, kind: DeadlineKind) -> list[Happening]:
    """Let the rest of a promise count by another rule; the time used so far stays used.

    What would be missed at once by the new rule is left as it is: no rule breaks a promise afterwards. A paused
    promise goes on by the new rule when it is resumed.
    """
    missed = _notice_miss(deadline, at=at)
    if not deadline.is_open or rule.is_of(deadline):
        return missed
    at = max(at, deadline.counted_from)
    used = deadline.used_by(at)
    if rule.amount <= used:
        return missed
    before: dict[str, Any] = {
        "due_before": deadline.due_at.isoformat(),
        "amount_before_seconds": _seconds(deadline.amount),
        "version_before": _text(deadline.calendar_version),
        "version_after": _text(rule.calendar_version),
        "amount_seconds": _seconds(rule.amount),
    }
    deadline.used, deadline.amount, deadline.calendar_version = used, rule.amount, rule.calendar_version
    deadline.ladder, deadline.round = rule.ladder, deadline.round + 1
    deadline.warnings = _warnings_behind(deadline, used, kind=kind)
    if deadline.state == State.RUNNING:
        deadline.counted_from, deadline.due_at = at, deadline.time_after(at, rule.amount - used)
        deadline.look_at = _next_look(deadline, kind=kind)
    return [_happened(deadline, What.RULE_CHANGED, at, **before)]


def look(deadline: Deadline, *, now: datetime, kind: DeadlineKind) -> list[Happening]:
    """Do what is due: notice a miss, or climb to the latest rung that is due, once, in working hours.

    After an outage those whom the rungs in between tell are told together with the last.
    """
    missed = _notice_miss(deadline, at=now)
    if deadline.state == State.MISSED:
        return [*missed, *_escalate(deadline, now=now, kind=kind)]
    if deadline.state != State.RUNNING:
        return []
    rungs = _warnings(deadline, kind=kind)
    reached = sum(_warning_time(deadline, rung, kind=kind) <= now for rung in rungs)
    if reached <= deadline.warnings:
        deadline.look_at = _next_look(deadline, kind=kind)
        return []
    opening = _not_before_opening(deadline, now, kind=kind)
    if opening > now:
        deadline.look_at = min(opening, deadline.due_at)
        return []
    climbed, deadline.warnings = rungs[deadline.warnings : reached], reached
    deadline.look_at = _next_look(deadline, kind=kind)
    facts: dict[str, Any] = {"percent": climbed[-1].percent} | _told(climbed)
    return [_happened(deadline, What.WARNED, now, step=reached, **facts)]


def _escalate(deadline: Deadline, *, now: datetime, kind: DeadlineKind) -> list[Happening]:
    rungs = _late_rungs(deadline)
    if deadline.finished_at is not None or deadline.escalations >= len(rungs):
        deadline.look_at = None
        return []
    reached = sum(_late_time(deadline, rung, kind=kind) <= now for rung in rungs)
    if reached <= deadline.escalations:
        deadline.look_at = _late_time(deadline, rungs[deadline.escalations], kind=kind)
        return []
    opening = _not_before_opening(deadline, now, kind=kind)
    if opening > now:
        deadline.look_at = opening
        return []
    climbed, deadline.escalations = rungs[deadline.escalations : reached], reached
    deadline.look_at = _late_time(deadline, rungs[reached], kind=kind) if reached < len(rungs) else None
    facts = {"late_minutes": climbed[-1].late_minutes} | _told(climbed)
    return [_happened(deadline, What.ESCALATED, now, step=reached, **facts)]


def next_rung(deadline: Deadline, *, kind: DeadlineKind) -> tuple[datetime, Rung] | None:
    """Return when the promise comes to the next rung of its own ladder if nothing happens before, and which."""
    if deadline.ladder is None or deadline.finished_at is not None or deadline.state == State.PAUSED:
        return None
    if deadline.state == State.RUNNING:
        ahead = _warnings(deadline, kind=kind)[deadline.warnings :]
        if ahead:
            return _warning_time(deadline, ahead[0], kind=kind), ahead[0]
    late = _late_rungs(deadline)[deadline.escalations :]
    return (_late_time(deadline, late[0], kind=kind), late[0]) if late else None


def _told(climbed: list[Rung]) -> dict[str, Any]:
    tells = list(dict.fromkeys(rung.tells for rung in climbed if rung.tells))
    return {"tells": tells} if tells else {}


def _warnings(deadline: Deadline, *, kind: DeadlineKind) -> list[Rung]:
    """The rungs before the miss, as the promise's own ladder has them, else as its kind warns."""
    if deadline.ladder is None:
        return [Rung(round(part * ladders.MISS), 0, "") for part in kind.warn_at]
    return [rung for rung in ladders.from_data(deadline.ladder) if not rung.is_late]


def _late_rungs(deadline: Deadline) -> list[Rung]:
    return [rung for rung in ladders.from_data(deadline.ladder or []) if rung.is_late]


def _warnings_behind(deadline: Deadline, used: timedelta, *, kind: DeadlineKind) -> int:
    return sum(deadline.amount * rung.part <= used for rung in _warnings(deadline, kind=kind))


def _notice_miss(deadline: Deadline, *, at: datetime) -> list[Happening]:
    if deadline.state != State.RUNNING or at <= deadline.due_at:
        return []
    deadline.used = deadline.amount
    deadline.state, deadline.missed_at = State.MISSED, deadline.due_at
    # When exactly the first rung after it comes, the next look finds out.
    deadline.look_at = deadline.due_at if _late_rungs(deadline) else None
    return [_happened(deadline, What.MISSED, deadline.due_at)]


def _next_look(deadline: Deadline, *, kind: DeadlineKind) -> datetime:
    rungs = _warnings(deadline, kind=kind)
    if deadline.warnings >= len(rungs):
        return deadline.due_at
    return min(_warning_time(deadline, rungs[deadline.warnings], kind=kind), deadline.due_at)


def _late_time(deadline: Deadline, rung: Rung, *, kind: DeadlineKind) -> datetime:
    late = deadline.time_after(deadline.due_at, rung.late) if rung.late else deadline.due_at
    return _not_before_opening(deadline, late, kind=kind)


def _warning_time(deadline: Deadline, rung: Rung, *, kind: DeadlineKind) -> datetime:
    left = max(deadline.amount * rung.part - deadline.used, _NOTHING)
    return _not_before_opening(deadline, deadline.time_after(deadline.counted_from, left), kind=kind)


def _not_before_opening(deadline: Deadline, moment: datetime, *, kind: DeadlineKind) -> datetime:
    """Return the moment itself, or the next opening where people are not to be disturbed at it."""
    return moment if kind.wall_clock else deadline.time_after(moment, _NOTHING)


def _happened(deadline: Deadline, what: DeadlineEvent.What, at: datetime, *, step: int = 0, **facts: Any) -> Happening:
    common = {"due_at": deadline.due_at.isoformat(), "used_seconds": _seconds(deadline.used)}
    return Happening(what=what, at=at, step=step, facts=common | facts)


def _text(version: CalendarVersion | None) -> str | None:
    return str(version.pk) if version else None


def _seconds(amount: timedelta) -> int:
    return round(amount.total_seconds())
