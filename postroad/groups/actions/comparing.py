"""Keeping the differences: found, changed, and closed when they are gone."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from postroad.channels.models import Kind
from postroad.groups.desired import GOVERNED_STATES
from postroad.groups.events import Event
from postroad.groups.jobs import Job
from postroad.groups.models import ApplyStep, Difference, Field, Group, Obstacle
from postroad.groups.plan import ChannelPlan, Plan, make_plan
from postroad.ledger.actions import NewEntry, record_many
from postroad.messengers.models import Room
from postroad.platform.actors import Actor, Subject
from postroad.platform.bulk import insert_many, update_many
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

SYSTEM = Actor.system("groups")
TOPIC = "groups"
MOST_AT_ONCE = 200

# What the messengers call the field that somebody changed.
TOLD: dict[str, str] = {
    Field.NAME: "name",
    Field.OWNER: "owner",
    Field.MISSING: "members",
    Field.EXTRA: "members",
    Field.STRANGER: "members",
    Field.ADMIN: "settings",
    Field.SETTING: "settings",
}


@transaction.atomic
def reconcile(*, channel_ids: Collection[UUID] | None = None, by_messenger: bool = False) -> Plan:
    """Compare groups with what is declared of them, keep what differs, and have repaired what may be by itself.

    All groups, or those of some channels; a constant number of statements. The plan comes back. `by_messenger`: it is
    what was seen that changed, so that new differences were made there.
    """
    locking = Group.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    if channel_ids is not None:
        locking = locking.filter(channel__in=channel_ids)
    list(locking.values_list("pk", flat=True))
    plan = make_plan(channel_ids)
    _keep(plan, channel_ids, by_messenger=by_messenger)
    Group.objects.filter(pk__in=[one.group.pk for one in plan.channels]).update(compared_at=timezone.now())
    _have_repaired(plan)
    return plan


def rooms_changed(room_ids: Collection[UUID]) -> None:
    """Rooms look different now: compare exactly their groups. Runs in the transaction that keeps what was seen.

    After a reading in which very many changed, all are compared, soon and once.
    """
    channel_ids = list(Room.objects.filter(pk__in=room_ids, channel__isnull=False).values_list("channel_id", flat=True))
    if len(channel_ids) > MOST_AT_ONCE:
        enqueue(Job.FOLLOW, once=True)
    elif channel_ids:
        adopt_channels()
        reconcile(channel_ids=[one for one in channel_ids if one], by_messenger=True)
    publish(TOPIC)


def adopt_channels() -> int:
    """Keep as declared, from now on, what was registered as a group without our doing; returns how many."""
    rooms = Room.objects.filter(
        channel__isnull=False, channel__kind=Kind.GROUP, channel__group__isnull=True, channel__state__in=GOVERNED_STATES
    )
    new = [Group(channel_id=one.channel_id, messenger_id=one.messenger_id) for one in rooms if one.channel_id]
    Group.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _keep(plan: Plan, channel_ids: Collection[UUID] | None, *, by_messenger: bool) -> None:
    now = timezone.now()
    rows = Difference.objects.exclude(state=Difference.State.CLOSED)
    if channel_ids is not None:
        rows = rows.filter(channel__in=channel_ids)
    kept = {(one.channel_id, one.field, one.subject): one for one in rows}
    new, changed = [], []
    for channel in plan.channels:
        for item in channel.items:
            found = item.found
            row = kept.pop((channel.group.channel_id, found.field, found.subject), None)
            values = {
                "person_id": found.person,
                "declared": found.declared[:255],
                "observed": found.observed[:255],
                "obstacle": found.obstacle,
            }
            if row is None:
                made_there = by_messenger and _was_compared(channel) and found.obstacle != Obstacle.NOT_IN_DIRECTORY
                new.append(_new(channel, found.field, found.subject, {**values, "by_messenger": made_there}, now=now))
            elif _differs(row, values, now=now):
                changed.append(row)
    insert_many(new)
    if changed:
        update_many(changed, ["person", "declared", "observed", "obstacle", "state", "since", "excepted_until"])
    closed = _close(list(kept.values()), now=now)
    record_many([*(_found_entry(one) for one in new), *(_closed_entry(one) for one in closed)])
    if new or changed or closed:
        publish(TOPIC)


def _was_compared(channel: ChannelPlan) -> bool:
    """Whether the group was looked at before: what was so from the start was changed by nobody."""
    return channel.room is not None and channel.group.compared_at is not None


def _new(channel: ChannelPlan, field: str, subject: str, values: dict[str, Any], *, now: datetime) -> Difference:
    since, told_by = _told(channel, field, now=now)
    return Difference(
        channel_id=channel.group.channel_id, field=field, subject=subject, since=since, told_by=told_by, **values
    )


def _told(channel: ChannelPlan, field: str, *, now: datetime) -> tuple[datetime, str]:
    """Since when it differs, and who changed it, where the messenger told."""
    told = channel.room.told_changes.get(TOLD.get(field, ""), {}) if channel.room else {}
    at = parse_datetime(str(told.get("at", ""))) if told else None
    compared = channel.group.compared_at
    if at is None or (compared is not None and at < compared and field != Field.NAME):
        return now, ""
    return min(at, now), str(told.get("by") or "")


def _differs(row: Difference, values: dict[str, Any], *, now: datetime) -> bool:
    """Brings a kept row up to date; whether anything changed. An exception that has run out is open again."""
    ran_out = row.state == Difference.State.EXCEPTION and not row.is_excepted
    if ran_out:
        row.state, row.since, row.excepted_until = Difference.State.OPEN, now, None
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return ran_out or bool(changed)


def _close(gone: list[Difference], *, now: datetime) -> list[Difference]:
    """Closes what is no more: repaired by us if we have been at that room since it was found."""
    if not gone:
        return []
    steps = ApplyStep.objects.filter(channel__in={one.channel_id for one in gone}, started_at__isnull=False)
    ours = dict(steps.order_by("started_at").values_list("channel_id", "started_at"))
    for one in gone:
        touched = ours.get(one.channel_id)
        repaired = touched is not None and touched >= one.since
        one.state, one.closed_at, one.excepted_until = Difference.State.CLOSED, now, None
        one.closed_how = Difference.How.REVERTED if repaired else Difference.How.GONE
    update_many(gone, ["state", "closed_at", "closed_how", "excepted_until"])
    return gone


def _have_repaired(plan: Plan) -> None:
    """One job for each messenger with something to repair that is not put off."""
    now = timezone.now()
    waiting = {
        one.group.messenger_id
        for one in plan.channels
        if one.automatic and (one.group.next_try_at is None or one.group.next_try_at <= now)
    }
    for messenger_id in sorted(waiting):
        enqueue(Job.APPLY, once=True, messenger_id=str(messenger_id))


def _found_entry(one: Difference) -> NewEntry:
    return NewEntry(
        Event.DIFFERENCE_FOUND, SYSTEM, channel_subject(one.channel_id), {"field": str(one.field), "subject": _ref(one)}
    )


def _closed_entry(one: Difference) -> NewEntry:
    data = {"field": str(one.field), "subject": _ref(one), "how": str(one.closed_how)}
    return NewEntry(Event.DIFFERENCE_CLOSED, SYSTEM, channel_subject(one.channel_id), data)


def _ref(one: Difference) -> str:
    """Whom it is about, without a name: a stranger's user id stays out of what can never be erased."""
    return "" if one.field == Field.STRANGER else one.subject


def channel_subject(channel_id: UUID) -> Subject:
    """A channel as the ledger names it."""
    return Subject("channels.channel", str(channel_id))
