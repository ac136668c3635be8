"""Call events as telephone systems send them (docs/operator/hotline): read, checked, each fault named. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from postroad.hotline.dialling import normalised
from postroad.hotline.models import Direction, EventType
from postroad.hotline.signing import Reason

MOST_EVENTS = 100
LONGEST_ID = 200
LONGEST_EXTENSION = 40
LONGEST_VOICEMAIL = 24 * 3600
LARGEST_SEQUENCE = 2**62
AHEAD = timedelta(minutes=5)
FIELDS = frozenset({"id", "call", "type", "at", "sequence", "direction", "from", "to", "extension", "seconds"})
TOLD = tuple(one.value for one in EventType if one != EventType.LOST)


class Faulty(Exception):  # noqa: N818 - reads as the sentence it raises
    """What was sent is no call event; `field` says where, `message` what is wrong, in English for an integrator."""

    def __init__(self, reason: Reason, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.reason, self.message, self.field = reason, message, field


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """One call event. `number` is the number outside, normalised, "" when withheld or not told."""

    id: str
    call: str
    type: EventType
    at: datetime
    sequence: int | None = None
    direction: str = ""
    number: str = ""
    extension: str = ""
    seconds: int | None = None

    @property
    def digest(self) -> bytes:
        """Tells whether two events with one id are the same."""
        parts = (
            self.call,
            self.type.value,
            self.at.astimezone(UTC).isoformat(),
            self.sequence,
            self.direction,
            self.number,
            self.extension,
            self.seconds,
        )
        return sha256("\0".join("" if part is None else str(part) for part in parts).encode()).digest()


def read_events(body: bytes, *, now: datetime) -> list[NewEvent]:
    """The events of a request: one object, or `{"events": [...]}`. Raises Faulty, naming the field."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Faulty(Reason.NOT_JSON, "The body is not JSON in UTF-8.") from error
    if not isinstance(sent, dict):
        raise Faulty(Reason.BAD_EVENT, 'Send one event as an object, or several as {"events": [...]}.')
    if "events" not in sent:
        return [_event(sent, "", now=now)]
    events = sent["events"]
    if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
        raise Faulty(Reason.BAD_EVENT, f"events holds 1 to {MOST_EVENTS} events.", field="events")
    return [_event(one, f"events[{place}].", now=now) for place, one in enumerate(events)]


def _event(sent: Any, where: str, *, now: datetime) -> NewEvent:
    if not isinstance(sent, Mapping):
        raise Faulty(Reason.BAD_EVENT, "An event is an object.", field=where.rstrip("."))
    if unknown := sorted(set(map(str, sent)) - FIELDS):
        raise Faulty(Reason.BAD_EVENT, "There is no such field.", field=f"{where}{unknown[0]}")
    direction = _choice(sent, "direction", ("", *Direction.values), where)
    outside = "to" if direction == Direction.OUT else "from"
    return NewEvent(
        id=_text(sent, "id", where, longest=LONGEST_ID, required=True),
        call=_text(sent, "call", where, longest=LONGEST_ID, required=True),
        type=EventType(_choice(sent, "type", TOLD, where)),
        at=_moment(sent, where, now=now),
        sequence=_number(sent, "sequence", where, largest=LARGEST_SEQUENCE),
        direction=direction,
        number=normalised(_text(sent, outside, where, longest=LONGEST_ID)),
        extension=_text(sent, "extension", where, longest=LONGEST_EXTENSION),
        seconds=_number(sent, "seconds", where, largest=LONGEST_VOICEMAIL),
    )


def _text(sent: Mapping[str, Any], name: str, where: str, *, longest: int, required: bool = False) -> str:
    value = sent.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or "\0" in value or not value.isprintable():
        raise Faulty(Reason.BAD_EVENT, f"{name} is text.", field=f"{where}{name}")
    if len(value) > longest or (required and not value.strip()):
        raise Faulty(Reason.BAD_EVENT, f"{name} has 1 to {longest} characters.", field=f"{where}{name}")
    return value.strip()


def _choice(sent: Mapping[str, Any], name: str, choices: tuple[str, ...], where: str) -> str:
    value = sent.get(name, "")
    if not isinstance(value, str) or value not in choices:
        offered = ", ".join(filter(None, choices))
        raise Faulty(Reason.BAD_EVENT, f"{name} is one of: {offered}.", field=f"{where}{name}")
    return value


def _number(sent: Mapping[str, Any], name: str, where: str, *, largest: int) -> int | None:
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise Faulty(Reason.BAD_EVENT, f"{name} is a whole number from 0 to {largest}.", field=f"{where}{name}")
    return value


def _moment(sent: Mapping[str, Any], where: str, *, now: datetime) -> datetime:
    value = sent.get("at")
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        message = "at is a time with its zone, as 2026-05-20T10:00:00+08:00."
        raise Faulty(Reason.BAD_EVENT, message, field=f"{where}at")
    if moment > now + AHEAD:
        raise Faulty(Reason.BAD_EVENT, "at lies in the future; check the clock.", field=f"{where}at")
    return moment.astimezone(UTC)
