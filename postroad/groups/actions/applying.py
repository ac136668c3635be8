"""Making messengers as declared: one run for each messenger at a time, one step for each room.

A step is written down before it is tried and closed after it. Whatever dies in between, the next run first looks at
the rooms that were being changed, and asks only for what is still missing; rooms are made under a lasting key.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels import actions as channels
from postroad.channels.models import State
from postroad.groups.actions.comparing import SYSTEM, TOPIC, channel_subject
from postroad.groups.compare import Found, change_of, spec_of
from postroad.groups.events import Event
from postroad.groups.jobs import Job
from postroad.groups.models import ApplyRun, ApplyStep, Field, Group
from postroad.groups.plan import ChannelPlan, make_plan
from postroad.ledger.actions import record
from postroad.messengers import actions as messengers
from postroad.messengers.models import Messenger, Room, RoomMember
from postroad.messengers.protocol import MessengerFault, RoomChange, RoomSpec
from postroad.org.models import Person
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, DomainError
from postroad.platform.jobs import enqueue
from postroad.platform.network import not_in_a_transaction
from postroad.platform.realtime import publish

_LOCK = 0x67726F75
"""The advisory locks of runs, one for each messenger; the word grou(p) in ASCII."""

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
AFTER_REFUSAL = timedelta(hours=6)
COME_BACK_AFTER = timedelta(seconds=15)


def apply_messenger(
    *,
    messenger: Messenger,
    actor: Actor,
    channel_ids: Collection[UUID] | None = None,
    by_hand: bool = False,
    confirmed: bool = False,
    person: Person | None = None,
) -> ApplyRun | None:
    """Make the groups of a messenger as declared; None when there is nothing to do.

    By itself only what templates let be repaired by itself and what is not put off; `by_hand` everything repairable.
    A run that would remove more members than `too_many` allows is held until it is `confirmed`. Network: never in a
    transaction. Raises Conflict while another run is at this messenger.
    """
    not_in_a_transaction()
    with _alone(messenger.pk):
        _clear_up(messenger)
        run, plans = _begin(
            messenger, channel_ids=channel_ids, by_hand=by_hand, confirmed=confirmed, person=person, actor=actor
        )
        if run is None or run.state == ApplyRun.State.HELD:
            return run
        for step in run.steps.order_by("position"):
            _carry_out(step, plans[step.channel_id], messenger=messenger, actor=actor)
        return _finish(run, actor=actor)


def apply_by_itself(*, messenger_id: UUID) -> None:
    """What the background does: while somebody else is at this messenger, it comes back a little later."""
    messenger = Messenger.objects.filter(pk=messenger_id, state=Messenger.State.IN_USE).first()
    if messenger is None:
        return
    try:
        apply_messenger(messenger=messenger, actor=SYSTEM)
    except Conflict:
        enqueue(Job.APPLY, once=True, run_at=timezone.now() + COME_BACK_AFTER, messenger_id=str(messenger_id))


def apply_by_hand(*, messenger_id: UUID, person_id: UUID, channel_id: UUID | None, confirmed: bool) -> None:
    """What a click asks of the background: everything repairable, of one group or all of a messenger's."""
    person = Person.objects.get(pk=person_id)
    try:
        apply_messenger(
            messenger=Messenger.objects.get(pk=messenger_id),
            channel_ids=[channel_id] if channel_id else None,
            by_hand=True,
            confirmed=confirmed,
            person=person,
            actor=person.as_actor(),
        )
    except Conflict:
        enqueue(
            Job.APPLY_BY_HAND,
            run_at=timezone.now() + COME_BACK_AFTER,
            messenger_id=str(messenger_id),
            person_id=str(person_id),
            channel_id=str(channel_id or ""),
            confirmed=int(confirmed),
        )


@transaction.atomic
def drop_held(*, run: ApplyRun, actor: Actor) -> None:
    """Let a held run be; what differs stays visible, and the next run asks again if it still holds so much."""
    if ApplyRun.objects.filter(pk=run.pk, state=ApplyRun.State.HELD).update(
        state=ApplyRun.State.DROPPED, finished_at=timezone.now()
    ):
        run.steps.filter(state=ApplyStep.State.INTENDED).delete()
        record(Event.RUN_DROPPED, actor=actor, subject=run)
        publish(TOPIC)


def retry_due() -> None:
    """Begin a run for every messenger with groups whose time to try again has come."""
    due = Group.objects.filter(next_try_at__lte=timezone.now(), messenger__state=Messenger.State.IN_USE)
    for messenger_id in due.values_list("messenger_id", flat=True).distinct():
        enqueue(Job.APPLY, once=True, messenger_id=str(messenger_id))


def too_many(*, removing: int, members: int) -> bool:
    """Whether a plan removes so many members that somebody has to look first."""
    return removing > settings.GROUPS_REMOVAL_LEAST and removing > members * settings.GROUPS_REMOVAL_PERCENT / 100


# --- beginning ----------------------------------------------------------------------------------------------


@contextmanager
def _alone(messenger_id: UUID) -> Iterator[None]:
    """Only one run at a messenger. The lock is the connection's: it dies with a process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK, str(messenger_id)])
        [alone] = cursor.fetchone()
        if not alone:
            raise Conflict(_("The groups of this messenger are being changed right now. Try again in a moment."))
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK, str(messenger_id)])


def _clear_up(messenger: Messenger) -> None:
    """A run still under way while we hold the lock died: close its steps and look at the rooms it was changing."""
    dead = ApplyRun.objects.filter(messenger=messenger, state=ApplyRun.State.RUNNING).first()
    if dead is None:
        return
    begun = dead.steps.filter(state=ApplyStep.State.INTENDED, started_at__isnull=False)
    for room in Room.objects.filter(channel__in=begun.values("channel"), gone_at__isnull=True).select_related(
        "messenger"
    ):
        messengers.refresh_room(room=room)
    with transaction.atomic():
        now = timezone.now()
        begun.update(state=ApplyStep.State.BROKEN_OFF, finished_at=now)
        dead.steps.filter(state=ApplyStep.State.INTENDED).delete()
        ApplyRun.objects.filter(pk=dead.pk).update(state=ApplyRun.State.BROKEN_OFF, finished_at=now)
        record(Event.RUN_BROKEN_OFF, actor=SYSTEM, subject=dead)


@transaction.atomic
def _begin(
    messenger: Messenger,
    *,
    channel_ids: Collection[UUID] | None,
    by_hand: bool,
    confirmed: bool,
    person: Person | None,
    actor: Actor,
) -> tuple[ApplyRun | None, dict[UUID, ChannelPlan]]:
    """Write down what is to be done, all of it, before any of it is tried."""
    plan = make_plan(channel_ids, messenger_id=messenger.pk)
    now = timezone.now()
    todo = [(one, wanted) for one in plan.channels if (wanted := _wanted(one, by_hand=by_hand, now=now))]
    _drop_superseded(messenger)
    if not todo:
        return None, {}
    steps = [_step(one, wanted, position=number) for number, (one, wanted) in enumerate(todo)]
    removing = sum(len(step.wanted["remove"]) for step in steps)
    members = RoomMember.objects.filter(room__messenger=messenger, room__channel__isnull=False).count()
    held = not confirmed and too_many(removing=removing, members=members)
    run = ApplyRun(
        messenger=messenger,
        started_by=actor.label,
        person=person,
        state=ApplyRun.State.HELD if held else ApplyRun.State.RUNNING,
        started_at=now,
        planned=len(steps),
        adding=sum(len(step.wanted["add"]) for step in steps),
        removing=removing,
        members=members,
    )
    run.save(force_insert=True)
    for step in steps:
        step.run = run
    ApplyStep.objects.bulk_create(steps)
    data: dict[str, Any] = {"planned": run.planned, "removing": removing, "members": members}
    record(Event.RUN_HELD if held else Event.RUN_STARTED, actor=actor, subject=run, data=data)
    publish(TOPIC)
    return run, {one.group.channel_id: one for one, _wanted_items in todo}


def _drop_superseded(messenger: Messenger) -> None:
    """A held run is overtaken by what is true now."""
    for run in ApplyRun.objects.filter(messenger=messenger, state=ApplyRun.State.HELD):
        run.steps.all().delete()
        ApplyRun.objects.filter(pk=run.pk).update(state=ApplyRun.State.DROPPED, finished_at=timezone.now())


def _wanted(one: ChannelPlan, *, by_hand: bool, now: datetime) -> tuple[Found, ...]:
    if by_hand:
        return tuple(found for found in one.repairable if found.field != Field.CLOSED)
    put_off = one.group.next_try_at is not None and one.group.next_try_at > now
    return () if put_off else one.automatic


def _step(one: ChannelPlan, wanted: tuple[Found, ...], *, position: int) -> ApplyStep:
    making = any(found.field == Field.ROOM for found in wanted)
    return ApplyStep(
        channel_id=one.group.channel_id,
        position=position,
        kind=ApplyStep.Kind.MAKE if making else ApplyStep.Kind.CHANGE,
        wanted=_of_spec(spec_of(one.wanted, one.directory, one.ability))
        if making
        else _of_change(change_of(one.wanted, wanted)),
    )


def _of_spec(spec: RoomSpec) -> dict[str, Any]:
    return {
        "key": spec.key,
        "name": spec.name,
        "owner": spec.owner_id,
        "add": sorted(spec.member_ids),
        "remove": [],
        "settings": dict(spec.settings),
    }


def _of_change(change: RoomChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "owner": change.owner_id,
        "add": sorted(change.add_ids),
        "remove": sorted(change.remove_ids),
        "promote": sorted(change.promote_ids),
        "demote": sorted(change.demote_ids),
        "settings": dict(change.settings),
    }


# --- one step -----------------------------------------------------------------------------------------------


def _carry_out(step: ApplyStep, plan: ChannelPlan, *, messenger: Messenger, actor: Actor) -> None:
    """Try one step and write down what came of it. A fault of the messenger's ends this step only."""
    ApplyStep.objects.filter(pk=step.pk).update(started_at=timezone.now())
    try:
        if step.kind == ApplyStep.Kind.MAKE:
            _make(step, plan, messenger=messenger, actor=actor)
        else:
            _change(step, plan, messenger=messenger, actor=actor)
    except MessengerFault as fault:
        _failed(step, str(fault), wait=_wait_after(plan.group, fault))
    except DomainError as refusal:
        _failed(step, refusal.message, wait=_wait_after(plan.group, None))
    else:
        _done(step)


def _make(step: ApplyStep, plan: ChannelPlan, *, messenger: Messenger, actor: Actor) -> None:
    spec = spec_of(plan.wanted, plan.directory, plan.ability)
    messengers.make_room(messenger=messenger, spec=spec, channel=plan.group.channel, actor=actor)
    channel = type(plan.group.channel).objects.get(pk=step.channel_id)
    if channel.state == State.APPROVED:
        channels.go_live(channel=channel, reason=_("the group was made"), actor=actor)


def _change(step: ApplyStep, plan: ChannelPlan, *, messenger: Messenger, actor: Actor) -> None:
    del messenger
    assert plan.room is not None
    room = Room.objects.select_related("messenger").get(pk=plan.room.pk)
    messengers.change_room(room=room, change=_change_from(step.wanted), actor=actor)


def _change_from(wanted: Mapping[str, Any]) -> RoomChange:
    return RoomChange(
        name=wanted["name"],
        owner_id=wanted["owner"],
        add_ids=frozenset(wanted["add"]),
        remove_ids=frozenset(wanted["remove"]),
        promote_ids=frozenset(wanted["promote"]),
        demote_ids=frozenset(wanted["demote"]),
        settings=wanted["settings"],
    )


@transaction.atomic
def _done(step: ApplyStep) -> None:
    ApplyStep.objects.filter(pk=step.pk).update(state=ApplyStep.State.DONE, finished_at=timezone.now())
    ApplyRun.objects.filter(pk=step.run_id).update(done=F("done") + 1)
    data: dict[str, Any] = {"added": len(step.wanted["add"]), "removed": len(step.wanted["remove"]), "kind": step.kind}
    record(Event.STEP_DONE, actor=SYSTEM, subject=channel_subject(step.channel_id), data=data)
    publish(TOPIC)


@transaction.atomic
def _failed(step: ApplyStep, reason: str, *, wait: timedelta) -> None:
    now = timezone.now()
    ApplyStep.objects.filter(pk=step.pk).update(
        state=ApplyStep.State.FAILED, reason=reason[:500], finished_at=now, started_at=step.started_at or now
    )
    ApplyRun.objects.filter(pk=step.run_id).update(failed=F("failed") + 1)
    Group.objects.filter(channel=step.channel_id).update(failures=F("failures") + 1, next_try_at=now + wait)
    record(Event.STEP_FAILED, actor=SYSTEM, subject=channel_subject(step.channel_id), data={"reason": reason[:300]})
    publish(TOPIC)


def _wait_after(group: Group, fault: MessengerFault | None) -> timedelta:
    """How long a group is left alone after a failure: longer each time, as long as the messenger says, at most."""
    if fault is not None and fault.permanent:
        return AFTER_REFUSAL
    grown: timedelta = min(FIRST_WAIT * (1 << min(group.failures, 10)), LONGEST_WAIT)
    return max(grown, fault.retry_after) if fault is not None and fault.retry_after else grown


# --- the end ------------------------------------------------------------------------------------------------


def _finish(run: ApplyRun, *, actor: Actor) -> ApplyRun:
    """Close the run. Groups that were changed and still differ are left alone for a while: asking the same thing
    again at once would help nobody.
    """
    done = list(run.steps.filter(state=ApplyStep.State.DONE).values_list("channel_id", flat=True))
    with transaction.atomic():
        after = make_plan(done) if done else None
        still = [one.group for one in after.channels if one.automatic] if after else []
        settled = set(done) - {one.channel_id for one in still}
        Group.objects.filter(channel__in=settled).update(failures=0, next_try_at=None)
        for group in still:
            group.failures, group.next_try_at = group.failures + 1, timezone.now() + _wait_after(group, None)
        Group.objects.bulk_update(still, ["failures", "next_try_at"])
        run.refresh_from_db()
        run.state = ApplyRun.State.PARTLY if run.failed else ApplyRun.State.DONE
        run.finished_at = timezone.now()
        run.save(update_fields=["state", "finished_at"])
        record(Event.RUN_FINISHED, actor=actor, subject=run, data={"done": run.done, "failed": run.failed})
        publish(TOPIC)
    return run
