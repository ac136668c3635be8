"""Following a source: read it, compare, hold what a person must see first, apply the rest as a whole.

    READING ─read─▶ READ ─┬─▶ APPLIED
       │                  ├─▶ HELD ─approve─▶ READ (approved) ─▶ APPLIED
       ▼                  │     └─discard─▶ DISCARDED
    FAILED                └─▶ LOOKED (a trial)

Reading does network and stands outside transactions; comparing and applying is one transaction, so that a crash
leaves either nothing or everything. Each step can be repeated.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from postroad.directory import guard, queries
from postroad.directory.actions.applying import Outcome, actor_of, carry_out, foresee, lock_people
from postroad.directory.actions.keeping import keep_conflicts
from postroad.directory.events import Event
from postroad.directory.jobs import Job
from postroad.directory.models import Source, SourcePerson, SyncRun
from postroad.directory.planning import Known, Plan, plan
from postroad.directory.readings import entry_digests, mail_digests, open_reading, seal_reading
from postroad.ledger.actions import record
from postroad.messengers.protocol import DirectorySnapshot, MessengerFault
from postroad.org.models import Person
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict
from postroad.platform.ids import id_floor
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

TOPIC = "directory"
LINES_SHOWN = 200
GIVEN_UP_AFTER = timedelta(minutes=30)
RESUMED_AFTER = timedelta(minutes=2)
KEPT_FOR = timedelta(days=180)
INTERRUPTED = gettext_noop("The reading was interrupted.")
NO_CODE = gettext_noop("The connector of this directory is not installed.")
SYSTEM = Actor.system("directory")

State = SyncRun.State
Hold = SyncRun.Hold


@transaction.atomic
def start_run(*, source: Source, starter: Person | None = None, trial: bool = False) -> SyncRun:
    """Have a source read now, in the background. Raises Conflict while it is being read, or is not in use."""
    source = Source.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
    if source.state != Source.State.IN_USE or source.is_pushed:
        raise Conflict(_("This directory is not read: it is suspended, or it writes to us itself."))
    if source.runs.filter(state__in=[State.READING, State.READ]).exists():
        raise Conflict(_("The directory is being read already."))
    run = SyncRun.objects.create(source=source, started_by=starter, trial=trial)
    enqueue(Job.READ, run_id=str(run.pk))
    publish(TOPIC)
    return run


@transaction.atomic
def start_due() -> int:
    """Start what is due, give up readings that died, resume comparisons that did; returns how many were started."""
    now = timezone.now()
    dead = SyncRun.objects.filter(state=State.READING, pk__lt=id_floor(now - GIVEN_UP_AFTER))
    dead.update(state=State.FAILED, detail=INTERRUPTED, finished_at=now)
    for run_id in SyncRun.objects.filter(state=State.READ, pk__lt=id_floor(now - RESUMED_AFTER)).values_list(
        "pk", flat=True
    ):
        enqueue(Job.APPLY, run_id=str(run_id))
    due = Source.objects.filter(state=Source.State.IN_USE, next_run_at__lte=now, every_minutes__isnull=False)
    started = 0
    for source in due.select_for_update(of=("self",), skip_locked=True).order_by("pk"):
        source.next_run_at = now + timedelta(minutes=source.every_minutes or 0)
        source.save(update_fields=["next_run_at"])
        if not source.runs.filter(state__in=[State.READING, State.READ]).exists():
            start_run(source=source)
            started += 1
    return started


def read_source(*, run_id: UUID) -> None:
    """Read the source of a run and keep what it said; then compare and apply. Does network."""
    run = SyncRun.objects.select_related("source", "source__messenger").get(pk=run_id)
    if run.state != State.READING:
        return
    try:
        connector = queries.source_of(run.source.connector)
        snapshot = connector.read_directory(queries.account_of(run.source))
    except LookupError:
        _fail(run, NO_CODE)
    except MessengerFault as fault:
        _fail(run, fault.reason)
    else:
        _keep_reading(run, snapshot)
        apply_run(run_id=run.pk)


@transaction.atomic
def apply_run(*, run_id: UUID) -> None:
    """Compare a kept reading with what is here, and apply it, hold it, or, for a trial, only note what it would do."""
    run = SyncRun.objects.select_related("source").get(pk=run_id)
    source = Source.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.source_id)
    run = SyncRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.state != State.READ:
        return
    lock_people()
    snapshot = open_reading(bytes(run.sealed_reading or b""), context=queries.reading_context(run))
    digest, mail_digest = entry_digests(), mail_digests()
    partial = source.is_pushed
    known = queries.known_to(source, only=snapshot.people if partial else None, mail_digest=mail_digest)
    made = plan(snapshot, known, queries.policy_of(source), mail_digest=mail_digest, digest=digest)
    hold = _hold_of(run, source, snapshot, made, known)
    if run.trial or hold:
        _wait(run, made, foresee(source, made, digest=digest), hold)
        return
    outcome = carry_out(source, made, digest=digest)
    about = {entry.id.lower() for entry in snapshot.people} if partial else None
    run.conflicts_open = keep_conflicts(source, outcome.conflicts, about=about)
    if run.approved_by_id:
        source.guarded_since = timezone.now()
        source.save(update_fields=["guarded_since"])
    _finish(run, State.APPLIED, outcome)
    source.runs.filter(state=State.HELD, pk__lt=run.pk).update(
        state=State.REPLACED, sealed_reading=None, finished_at=timezone.now()
    )
    if outcome.lines or outcome.departments_new or outcome.departments_changed:
        _record(Event.RUN_APPLIED, run, new=run.people_new, changed=run.people_changed, ended=run.people_ended)


@transaction.atomic
def approve_run(*, run: SyncRun, reason: str, approver: Person) -> SyncRun:
    """Have a held reading applied. Whoever would end beyond those shown is held again. Raises Conflict unless held."""
    run = _held(run)
    run.state, run.approved_by, run.approved_reason = State.READ, approver, reason.strip()
    run.save(update_fields=["state", "approved_by", "approved_reason"])
    record(Event.RUN_APPROVED, actor=approver.as_actor(), subject=run, data={"reason": reason.strip()})
    enqueue(Job.APPLY, run_id=str(run.pk))
    publish(TOPIC)
    return run


@transaction.atomic
def discard_run(*, run: SyncRun, reason: str, actor: Actor) -> SyncRun:
    """Drop a held reading; the next one is looked at afresh. Raises Conflict unless held."""
    run = _held(run)
    run.state, run.sealed_reading, run.finished_at = State.DISCARDED, None, timezone.now()
    run.save(update_fields=["state", "sealed_reading", "finished_at"])
    run.source.people.filter(ending_since__isnull=False).update(ending_since=None)
    record(Event.RUN_DISCARDED, actor=actor, subject=run, data={"reason": reason.strip()})
    publish(TOPIC)
    return run


@transaction.atomic
def follow_again(*, source: Source, external_ids: Collection[str]) -> None:
    """A person settled something about these entries: do what follows from it now."""
    if source.state != Source.State.IN_USE:
        return
    if not source.is_pushed:
        if not source.runs.filter(state__in=[State.READING, State.READ]).exists():
            start_run(source=source)
        return
    run = SyncRun(source=source, state=State.READ)
    run.sealed_reading = seal_reading(_pushed(source, external_ids), context=queries.reading_context(run))
    run.save(force_insert=True)
    enqueue(Job.APPLY, run_id=str(run.pk))


@transaction.atomic
def clean() -> int:
    """Remove readings that are long over, and what pushing sources said of people erased since; returns how many."""
    SyncRun.objects.filter(pk__lt=id_floor(timezone.now() - KEPT_FOR)).exclude(state=State.HELD).delete()
    erased = SourcePerson.objects.filter(person__erased_at__isnull=False, sealed_resource__isnull=False)
    return erased.update(sealed_resource=None, login_digest=None)


def _pushed(source: Source, external_ids: Collection[str]) -> DirectorySnapshot:
    # SCIM's models take most of a second to load; only who pushes needs them.
    from postroad.directory.actions.pushed import reading_of_pushed

    return reading_of_pushed(source, external_ids)


def hold_ends(source: Source, *, ending: int) -> bool:
    """Whether a pushing source would end too many by ending this many more."""
    return guard.too_many(
        ending=ending, ended_lately=queries.ended_lately(source), working=queries.working_people(source)
    )


@transaction.atomic
def hold_pushed(*, source: Source) -> SyncRun:
    """Hold what a pushing source wants to end: one held run, whose list is everybody waiting to end."""
    source = Source.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
    waiting = list(source.people.filter(ending_since__isnull=False))
    snapshot = _pushed(source, [one.external_id for one in waiting])
    run = source.runs.filter(state=State.HELD).first()
    is_new = run is None
    run = run or SyncRun(source=source, state=State.HELD, hold=Hold.TOO_MANY)
    run.sealed_reading = seal_reading(snapshot, context=queries.reading_context(run))
    run.planned = {"ends": [str(one.person_id) for one in waiting if one.person_id], "lines": []}
    run.people_read = run.people_ended = len(run.planned["ends"])
    run.save()
    if is_new:
        _record(Event.RUN_HELD, run, hold=str(run.hold), ended=run.people_ended)
    publish(TOPIC)
    return run


def _hold_of(run: SyncRun, source: Source, snapshot: DirectorySnapshot, made: Plan, known: Known) -> Hold | None:
    ending = {str(end.person_id) for end in made.ends if not _has_left(known, end.person_id)}
    if run.approved_by_id:
        return Hold.TOO_MANY if ending - set(run.planned.get("ends", ())) else None
    if source.is_pushed:
        return Hold.TOO_MANY if ending and hold_ends(source, ending=len(ending)) else None
    return guard.hold_of(
        ending=len(ending),
        ended_lately=queries.ended_lately(source),
        working=queries.working_people(source),
        shown=sum(person.active for person in snapshot.people),
        complete=snapshot.complete,
        first=not queries.was_applied(source),
    )


def _has_left(known: Known, person_id: UUID) -> bool:
    person = known.people.get(person_id)
    return person is None or person.left


def _wait(run: SyncRun, made: Plan, outcome: Outcome, hold: Hold | None) -> None:
    """Notes what would be done; a trial ends here, anything else waits for a person."""
    run.planned = {
        "ends": sorted({str(end.person_id) for end in made.ends}),
        "lines": outcome.lines[:LINES_SHOWN],
        "departments": [step.entry.name for step in made.departments][:LINES_SHOWN],
        "conflicts": _by_kind(outcome),
    }
    run.hold = hold or ""
    run.conflicts_open = len(outcome.conflicts)
    if run.trial:
        _finish(run, State.LOOKED, outcome)
        return
    run.source.runs.filter(state=State.HELD).exclude(pk=run.pk).update(
        state=State.REPLACED, sealed_reading=None, finished_at=timezone.now()
    )
    run.state, run.approved_by, run.approved_reason = State.HELD, None, ""
    _count(run, outcome)
    run.save()
    _record(Event.RUN_HELD, run, hold=str(hold), ended=len(run.planned["ends"]))
    publish(TOPIC)


def _by_kind(outcome: Outcome) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found in outcome.conflicts:
        counts[str(found.kind)] = counts.get(str(found.kind), 0) + 1
    return counts


def _count(run: SyncRun, outcome: Outcome) -> None:
    for name in (
        "people_new",
        "people_changed",
        "people_unchanged",
        "people_ended",
        "departments_new",
        "departments_changed",
    ):
        setattr(run, name, getattr(outcome, name))


def _finish(run: SyncRun, state: State, outcome: Outcome) -> None:
    _count(run, outcome)
    if state == State.APPLIED:
        run.planned = {"ends": run.planned.get("ends", []), "lines": outcome.lines[:LINES_SHOWN]}
        run.hold = ""
    run.state, run.sealed_reading, run.finished_at = state, None, timezone.now()
    run.save()
    publish(TOPIC)


@transaction.atomic
def _keep_reading(run: SyncRun, snapshot: DirectorySnapshot) -> None:
    """Once: a second process that read the same run meanwhile changes nothing any more."""
    if not SyncRun.objects.select_for_update(of=("self",)).filter(pk=run.pk, state=State.READING).exists():
        return
    run.sealed_reading = seal_reading(snapshot, context=queries.reading_context(run))
    run.people_read, run.departments_read = len(snapshot.people), len(snapshot.departments)
    run.state = State.READ
    run.save(update_fields=["sealed_reading", "people_read", "departments_read", "state"])
    _health(run.source, healthy=True, detail="")
    publish(TOPIC)


@transaction.atomic
def _fail(run: SyncRun, reason: str) -> None:
    run.state, run.detail, run.finished_at = State.FAILED, reason[:1000], timezone.now()
    run.save(update_fields=["state", "detail", "finished_at"])
    _health(run.source, healthy=False, detail=reason)
    publish(TOPIC)


def _health(source: Source, *, healthy: bool, detail: str) -> None:
    """Keeps whether a source works; only a change is news."""
    turned = source.healthy != healthy
    was_failing = source.healthy is False
    changes: dict[str, Any] = {"healthy": healthy, "health_detail": detail[:1000]}
    if turned:
        changes["health_changed_at"] = timezone.now()
    Source.objects.filter(pk=source.pk).update(**changes)
    if turned and not healthy:
        record(Event.SOURCE_FAILED, actor=SYSTEM, subject=source, data={"detail": detail})
    elif turned and was_failing:
        record(Event.SOURCE_RECOVERED, actor=SYSTEM, subject=source)


def _held(run: SyncRun) -> SyncRun:
    found = SyncRun.objects.select_for_update(of=("self",)).filter(pk=run.pk, state=State.HELD).first()
    if found is None:
        raise Conflict(_("This reading is not held any more; a newer one may be."))
    return found


def _record(event: Event, run: SyncRun, **data: str | int) -> None:
    record(event, actor=actor_of(run.source), subject=run, data=data)
