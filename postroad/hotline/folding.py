"""What a call is, told from its events: the same whatever the order and however often each of them came. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

from postroad.hotline.models import Direction, EventType, State

# Events of one moment come in the order in which they can happen.
_RANKS = {
    kind: rank
    for rank, kind in enumerate(
        (
            EventType.RINGING,
            EventType.ANSWERED,
            EventType.TRANSFERRED,
            EventType.MISSED,
            EventType.VOICEMAIL,
            EventType.HUNG_UP,
            EventType.LOST,
        )
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as far as folding is concerned. `number` is whatever stands for the number outside."""

    id: str
    type: EventType
    at: datetime
    sequence: int | None = None
    direction: str = ""
    number: Hashable | None = None
    extension: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A call. `extension` is where it is or was spoken last, `rung` where it rang, in order."""

    direction: Direction
    state: State
    number: Hashable | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    extension: str
    rung: tuple[str, ...]
    transfers: int
    voicemail_seconds: int | None


def in_order(events: Iterable[Told]) -> list[Told]:
    """The events as they happened, each once: by the telephone system's counter where all have it, else by time."""
    once = {event.id: event for event in events}
    counted = all(event.sequence is not None for event in once.values())
    return sorted(once.values(), key=lambda event: _place(event, counted=counted))


def fold(events: Iterable[Told]) -> Folded:
    """Tell the call from its events. Raises ValueError without any.

    - Once answered it stays so: a "missed" of an agent who did not pick up, or one that comes late, changes nothing.
    - Whoever hangs up while it rings has been missed, if they called us.
    - Voicemail is left before or after hanging up; both are one.
    - What rings and is heard no more of (`LOST`) is over, unless we hear after all that it was answered.
    """
    told = in_order(events)
    if not told:
        raise ValueError("a call has at least one event")
    answers = [one for one in told if one.type == EventType.ANSWERED]
    transfers = [one for one in told if one.type == EventType.TRANSFERRED]
    voicemails = [one for one in told if one.type == EventType.VOICEMAIL]
    started_at = min(one.at for one in told)
    answered_at = min((one.at for one in answers), default=None)
    ended_at = _end(told, answered=answered_at is not None)
    return Folded(
        direction=Direction(next((one.direction for one in told if one.direction), Direction.IN)),
        state=_state(answered=answered_at is not None, voicemail=bool(voicemails), over=ended_at is not None),
        number=next((one.number for one in told if one.number is not None), None),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        extension=_speaking(told),
        rung=tuple(dict.fromkeys(one.extension for one in told if one.type == EventType.RINGING and one.extension)),
        transfers=len(transfers),
        voicemail_seconds=max((one.seconds or 0 for one in voicemails), default=None),
    )


def _place(event: Told, *, counted: bool) -> tuple[object, ...]:
    by_time = (event.at, _RANKS[event.type], event.sequence or 0, event.id)
    return (event.sequence, *by_time) if counted else by_time


def _end(told: list[Told], *, answered: bool) -> datetime | None:
    """When it was over: a spoken call when somebody hung up, another one also when it was missed or recorded.

    Missed at one extension and ringing at the next is not over.
    """
    last_rung = max((place for place, one in enumerate(told) if one.type == EventType.RINGING), default=-1)
    ends = {EventType.HUNG_UP} if answered else {EventType.HUNG_UP, EventType.VOICEMAIL}
    heard = [
        one.at
        for place, one in enumerate(told)
        if one.type in ends or (one.type == EventType.MISSED and not answered and place > last_rung)
    ]
    lost = [one.at for one in told if one.type == EventType.LOST and not answered]
    return max(heard) if heard else max(lost, default=None)


def _state(*, answered: bool, voicemail: bool, over: bool) -> State:
    if answered:
        return State.ANSWERED if over else State.TALKING
    if voicemail:
        return State.VOICEMAIL
    return State.MISSED if over else State.RINGING


def _speaking(told: list[Told]) -> str:
    """Where it is spoken: at the extension that answered, or that it was transferred to since."""
    places = [one.extension for one in told if one.type in (EventType.ANSWERED, EventType.TRANSFERRED)]
    return next((place for place in reversed(places) if place), "")
