"""Call events come in: each once, in any order; the call is told anew from all of them, and what follows is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from postroad.channels.models import Channel
from postroad.hotline import queries
from postroad.hotline.actions.callers import known_callers, lock_callers
from postroad.hotline.actions.following import follow
from postroad.hotline.events import Event
from postroad.hotline.folding import Told, fold
from postroad.hotline.models import Call, Caller, CallEvent, EventType, State
from postroad.hotline.reading import NewEvent
from postroad.hotline.registry import calls_spoken
from postroad.ledger.actions import NewEntry, record_many
from postroad.org.models import Person
from postroad.platform import realtime
from postroad.platform.actors import Actor
from postroad.platform.ids import new_id

HOTLINE = Actor.system("hotline")
Source = CallEvent.Source
FOLDED_FIELDS = (
    "direction",
    "state",
    "caller",
    "started_at",
    "answered_at",
    "ended_at",
    "extension",
    "rung",
    "transfers",
    "voicemail_seconds",
    "agent",
)


class EventIdReused(Exception):  # noqa: N818 - reads as the sentence it raises
    """Another event of this hotline has the same id; nothing of the request was kept."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events were new, and how many had been told before; the calls concerned."""

    new: int
    known: int
    calls: tuple[Call, ...]


@transaction.atomic
def take_events(*, channel: Channel, events: Sequence[NewEvent], source: CallEvent.Source) -> Taken:
    """Keep new events of a hotline, tell their calls anew and do what follows: cases, call backs, hints.

    All or nothing. Repeating a request changes nothing. Raises EventIdReused.
    """
    callers = known_callers({event.number for event in events})
    calls = _locked_calls(channel, events, test=source == Source.TEST)
    fresh = _keep(channel, events, calls=calls, callers=callers, source=source)
    lock_callers({one.pk for one in callers.values()} | {one.caller_id for one in calls.values() if one.caller_id})
    touched = [calls[external_id] for external_id in sorted({event.call for event in fresh})]
    tell_anew(channel, touched, source=source)
    return Taken(new=len(fresh), known=len(events) - len(fresh), calls=tuple(calls.values()))


@transaction.atomic
def conclude_lost(*, call_id: UUID) -> bool:
    """Conclude a call of which nothing more is heard; returns whether it still needed it.

    The telephone system may tell the rest later: then the call is told anew, like with any late event.
    """
    call = Call.objects.select_for_update(no_key=True, of=("self",)).select_related("channel").get(pk=call_id)
    if call.state != State.RINGING:
        return False
    at = timezone.now()
    event = NewEvent(id=f"postroad/{call.pk}/lost", call=call.external_id, type=EventType.LOST, at=at)
    if not _keep(call.channel, [event], calls={call.external_id: call}, callers={}, source=Source.POSTROAD):
        return False
    lock_callers({call.caller_id} if call.caller_id else ())
    tell_anew(call.channel, [call], source=Source.POSTROAD)
    return True


def tell_anew(channel: Channel, calls: Sequence[Call], *, source: CallEvent.Source) -> None:
    """Fold the events of locked calls, save what changed, and do what follows from it."""
    events: dict[UUID, list[CallEvent]] = defaultdict(list)
    for event in CallEvent.objects.filter(call__in=list(calls)).select_related("caller__contact"):
        events[event.call_id].append(event)
    places = {one.extension for group in events.values() for one in group} - {""}
    people = queries.people_at(channel.pk, places) if places else {}
    entries = []
    for call in sorted(calls, key=lambda one: min(event.at for event in events[one.pk])):
        before = State(call.state)
        _apply(call, events[call.pk], people)
        call.save(update_fields=FOLDED_FIELDS)
        if before != call.state:
            change = {"state": {"before": before.value, "after": call.state}}
            entries.append(NewEntry(Event.CALL_STATE, HOTLINE, call, change))
        if not call.test:
            follow(call, before=before, source=source)
    record_many(entries)
    calls_spoken([call for call in calls if call.state == State.ANSWERED and not call.test])
    _hint(calls, people)


def _locked_calls(channel: Channel, events: Sequence[NewEvent], *, test: bool) -> dict[str, Call]:
    first = {event.call: event for event in sorted(events, key=lambda one: one.at, reverse=True)}
    Call.objects.bulk_create(
        [
            Call(channel=channel, external_id=external_id, started_at=first[external_id].at, test=test)
            for external_id in sorted(first)
        ],
        ignore_conflicts=True,
    )
    locked = (
        Call.objects.select_for_update(no_key=True, of=("self",))
        .select_related("caller__contact", "call_back")
        .filter(channel=channel, external_id__in=list(first))
        .order_by("external_id")
    )
    found = {call.external_id: call for call in locked}
    for call in found.values():
        call.channel = channel
    return found


def _keep(
    channel: Channel,
    events: Sequence[NewEvent],
    *,
    calls: Mapping[str, Call],
    callers: Mapping[str, Caller],
    source: CallEvent.Source,
) -> list[NewEvent]:
    """Store the events that are new; returns them. Raises EventIdReused."""
    once: dict[str, NewEvent] = {}
    for event in events:
        if once.setdefault(event.id, event).digest != event.digest:
            raise EventIdReused(event.id)
    held = _held_digests(channel, list(once))
    for event_id, digest in held.items():
        if digest != once[event_id].digest:
            raise EventIdReused(event_id)
    fresh = [event for event in once.values() if event.id not in held]
    now = timezone.now()
    CallEvent.objects.bulk_create(
        CallEvent(
            id=new_id(),
            channel=channel,
            call=calls[event.call],
            external_id=event.id,
            type=event.type,
            at=event.at,
            sequence=event.sequence,
            direction=event.direction,
            caller=callers.get(event.number),
            extension=event.extension,
            seconds=event.seconds,
            digest=event.digest,
            source=source,
            received_at=now,
        )
        for event in fresh
    )
    return fresh


def _held_digests(channel: Channel, ids: Collection[str]) -> dict[str, bytes]:
    found = CallEvent.objects.filter(channel=channel, external_id__in=list(ids))
    return {event_id: bytes(digest) for event_id, digest in found.values_list("external_id", "digest")}


def _apply(call: Call, events: Sequence[CallEvent], people: Mapping[str, Person]) -> None:
    callers = {event.caller_id: event.caller for event in events if event.caller_id}
    folded = fold(
        Told(
            id=event.external_id,
            type=EventType(event.type),
            at=event.at,
            sequence=event.sequence,
            direction=event.direction,
            number=event.caller_id,
            extension=event.extension,
            seconds=event.seconds,
        )
        for event in events
    )
    call.direction, call.state = folded.direction, folded.state
    call.caller = callers.get(folded.number) if isinstance(folded.number, UUID) else None
    call.started_at, call.answered_at, call.ended_at = folded.started_at, folded.answered_at, folded.ended_at
    call.extension, call.rung = folded.extension, list(folded.rung)
    call.transfers, call.voicemail_seconds = folded.transfers, folded.voicemail_seconds
    call.agent = people.get(folded.extension)


def _hint(calls: Sequence[Call], people: Mapping[str, Person]) -> None:
    if not calls:
        return
    places = {place for call in calls for place in (*call.rung, call.extension)}
    concerned = {person.pk for number, person in people.items() if number in places}
    realtime.publish("hotline.calls", *(f"work.{person_id}" for person_id in sorted(concerned)))
