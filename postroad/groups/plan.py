"""The plan: for every group what differs from what is declared, and what would be done. Reads only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from postroad.groups.compare import Ability, DesiredRoom, Directory, Found, SeenRoom, compare
from postroad.groups.desired import desired_of, governed
from postroad.groups.models import Difference, Field, Group
from postroad.groups.seen import read_seen
from postroad.messengers import queries as messengers
from postroad.messengers.models import Messenger, Room
from postroad.messengers.protocol import messenger_of
from postroad.org.models import today


@dataclass(frozen=True, slots=True)
class Item:
    """A difference of the plan with what is kept of it: since when, told by whom, and until when it is excepted."""

    found: Found
    since: datetime | None = None
    told_by: str = ""
    excepted_until: date | None = None
    difference_id: UUID | None = None

    @property
    def left_alone(self) -> bool:
        return self.excepted_until is not None

    def as_difference(self) -> Difference:
        """As a row that was not kept: for the words it is told in."""
        return Difference(
            field=self.found.field,
            subject=self.found.subject,
            declared=self.found.declared,
            observed=self.found.observed,
            obstacle=self.found.obstacle,
        )


@dataclass(frozen=True)
class ChannelPlan:
    """One group: what is wanted, what was seen, and how they differ."""

    group: Group
    wanted: DesiredRoom
    seen: SeenRoom | None
    room: Room | None
    directory: Directory
    ability: Ability
    items: tuple[Item, ...]

    @cached_property
    def open_items(self) -> tuple[Item, ...]:
        """What counts: without exceptions."""
        return tuple(one for one in self.items if not one.left_alone)

    @cached_property
    def repairable(self) -> tuple[Found, ...]:
        """What a click would mend, ending the group aside: that is decided by itself."""
        return tuple(one.found for one in self.open_items if one.found.repairable and one.found.field != Field.ENDING)

    @cached_property
    def automatic(self) -> tuple[Found, ...]:
        """What is mended without a click."""
        return tuple(one for one in self.repairable if one.by_itself) if self.wanted.automatic else ()

    def of(self, field: str) -> list[Item]:
        """The differences of one field."""
        return [one for one in self.items if one.found.field == field]


@dataclass(frozen=True)
class Plan:
    """All groups asked for, and the rooms without registration (only in a plan over everything)."""

    channels: tuple[ChannelPlan, ...]
    strays: tuple[Room, ...] = ()

    @cached_property
    def differing(self) -> tuple[ChannelPlan, ...]:
        return tuple(one for one in self.channels if one.open_items)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Open differences by field."""
        found: dict[str, int] = {}
        for one in self.channels:
            for item in one.open_items:
                found[item.found.field] = found.get(item.found.field, 0) + 1
        return found

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def in_order(self) -> bool:
        return not self.total and not self.strays

    def as_json(self) -> dict[str, Any]:
        """The plan for programs; ids are ours, names as people read them."""
        return {
            "groups": len(self.channels),
            "differences": self.total,
            "counts": dict(sorted(self.counts.items())),
            "strays": [
                {"messenger": room.messenger.key, "room": room.room_id, "name": room.name, "members": room.member_count}
                for room in self.strays
            ],
            "channels": [_channel_json(one) for one in self.channels if one.items],
        }


def make_plan(channel_ids: Collection[UUID] | None = None, *, messenger_id: UUID | None = None) -> Plan:
    """Compare all groups, those of some channels, or those of one messenger, in a constant number of queries."""
    found = governed(channel_ids)
    if messenger_id is not None:
        found = found.filter(messenger=messenger_id)
    groups = list(found)
    wanted = desired_of(groups, everything=channel_ids is None)
    people = None if channel_ids is None else _people_in(wanted.values())
    seen = read_seen(list(wanted), {one.messenger_id for one in groups}, people=people)
    abilities = {one.messenger.connector: Ability.of(messenger_of(one.messenger.connector)) for one in groups}
    kept = _kept(list(wanted)) if channel_ids is not None else _kept(None)
    plans = []
    for group in groups:
        declared, state = wanted[group.channel_id], seen.states.get(group.channel_id)
        directory, ability = seen.directories[group.messenger_id], abilities[group.messenger.connector]
        differences = compare(declared, state, directory, ability)
        plans.append(
            ChannelPlan(
                group=group,
                wanted=declared,
                seen=state,
                room=seen.rooms.get(group.channel_id),
                directory=directory,
                ability=ability,
                items=tuple(_item(group.channel_id, one, kept) for one in differences),
            )
        )
    everything = channel_ids is None and messenger_id is None
    return Plan(tuple(plans), tuple(messengers.strays()) if everything else ())


def messengers_governed() -> list[Messenger]:
    """The messengers in which groups are kept."""
    return list(messengers.in_use().filter(groups__isnull=False).distinct())


def _people_in(wanted: Collection[DesiredRoom]) -> frozenset[UUID]:
    return frozenset().union(*(one.members for one in wanted))


def _kept(channel_ids: Collection[UUID] | None) -> Mapping[tuple[UUID, str, str], Difference]:
    rows = Difference.objects.exclude(state=Difference.State.CLOSED)
    if channel_ids is not None:
        rows = rows.filter(channel__in=channel_ids)
    return {(one.channel_id, one.field, one.subject): one for one in rows}


def _item(channel_id: UUID, found: Found, kept: Mapping[tuple[UUID, str, str], Difference]) -> Item:
    row = kept.get((channel_id, found.field, found.subject))
    if row is None:
        return Item(found)
    return Item(
        found,
        since=row.since,
        told_by=row.told_by,
        excepted_until=row.excepted_until if row.is_excepted else None,
        difference_id=row.pk,
    )


def _channel_json(one: ChannelPlan) -> dict[str, Any]:
    return {
        "channel": one.group.channel.key,
        "name": one.wanted.name,
        "messenger": one.group.messenger.key,
        "room": one.room.room_id if one.room else None,
        "applied": "automatically" if one.wanted.automatic else "after a click",
        "differences": [_item_json(item) for item in one.items],
    }


def _item_json(item: Item) -> dict[str, Any]:
    found = item.found
    facts = {
        "field": str(found.field),
        "subject": found.subject,
        "declared": found.declared,
        "observed": found.observed,
        "obstacle": str(found.obstacle),
        "since": item.since.isoformat() if item.since else "",
        "told_by": item.told_by,
        "excepted_until": item.excepted_until.isoformat() if item.excepted_until else "",
    }
    return {name: value for name, value in facts.items() if value}


def unconfirmed_since(day: date | None = None) -> date:
    """The first day of the month that confirmations are asked for."""
    return (day or today()).replace(day=1)
