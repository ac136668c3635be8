"""A telephone system calls our address: proven, read, taken in, answered; or refused, said why, and counted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from postroad.hotline import queries
from postroad.hotline.actions.lines import heard, refuse
from postroad.hotline.actions.taking import EventIdReused, take_events
from postroad.hotline.models import Call, CallEvent, Line
from postroad.hotline.reading import Faulty, read_events
from postroad.hotline.registry import case_keeper
from postroad.hotline.signing import WINDOW, Reason, Unproven, prove, sign
from postroad.platform.ids import new_id

LARGEST_BODY = 256 * 1024
STATUS = {
    Reason.NO_SIGNATURE: 401,
    Reason.BAD_SIGNATURE: 401,
    Reason.TOO_OLD: 401,
    Reason.TOO_LARGE: 413,
    Reason.NOT_JSON: 400,
    Reason.BAD_EVENT: 422,
    Reason.OTHER_EVENT: 409,
}
SAID = {
    Reason.NO_SIGNATURE: "Send the headers X-Postroad-Timestamp and X-Postroad-Signature.",
    Reason.BAD_SIGNATURE: "The signature does not fit the timestamp and the body under this hotline's secret.",
    Reason.TOO_OLD: f"The timestamp is more than {WINDOW.seconds // 60} minutes from our clock; seconds since 1970.",
    Reason.TOO_LARGE: f"A request has at most {LARGEST_BODY // 1024} KB.",
    Reason.OTHER_EVENT: "Another event of this hotline has the same id; nothing of this request was kept.",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the telephone system is answered: always JSON, in English, for whoever connects it."""

    status: int
    content: Mapping[str, Any]


def receive(
    *,
    line: Line,
    timestamp: str,
    signature: str,
    body: bytes,
    source: CallEvent.Source = CallEvent.Source.WEBHOOK,
) -> Reply:
    """Take in what a telephone system tells. What is refused is counted and changes nothing."""
    now = timezone.now()
    if len(body) > LARGEST_BODY:
        return _refused(line, Reason.TOO_LARGE, SAID[Reason.TOO_LARGE])
    try:
        prove(queries.secrets_of(line, now=now), timestamp=timestamp, signature=signature, body=body, now=now)
        events = read_events(body, now=now)
        taken = take_events(channel=line.channel, events=events, source=source)
    except Unproven as unproven:
        return _refused(line, unproven.reason, SAID[unproven.reason])
    except Faulty as fault:
        return _refused(line, fault.reason, fault.message, field=fault.field)
    except EventIdReused as reused:
        return _refused(line, Reason.OTHER_EVENT, SAID[Reason.OTHER_EVENT], id=reused.event_id)
    heard(line=line)
    offers = _offers(taken.calls)
    return Reply(200, {"new": taken.new, "known": taken.known} | ({"offers": offers} if offers else {}))


def _offers(calls: Sequence[Call]) -> list[dict[str, str]]:
    """What the telephone system may send or say to those who reached nobody, by call."""
    waiting = {call: call.call_back.conversation_id for call in calls if call.is_unanswered and call.call_back}
    ways = case_keeper().offer_other_way(waiting.values()) if waiting else {}
    return [
        {"call": call.external_id, "text": way.text, "url": way.url, "expires_at": way.expires_at.isoformat()}
        for call, conversation_id in waiting.items()
        if (way := ways.get(conversation_id))
    ]


@dataclass(frozen=True, slots=True)
class Trial:
    """A test event as it was sent, and what was answered."""

    timestamp: str
    signature: str
    body: str
    reply: Reply


def send_test(*, line: Line, kind: str, number: str, extension: str, at: datetime) -> Trial:
    """Send a made-up event through the very way a real one takes; its call counts nowhere and opens no case."""
    event = {"id": f"test-{new_id()}", "call": f"test-{at:%Y%m%d-%H%M}", "type": kind, "at": at.isoformat()}
    event |= {"from": number} | ({"extension": extension} if extension else {})
    body, timestamp = json.dumps(event).encode(), str(int(at.timestamp()))
    signature = sign(queries.secrets_of(line, now=at)[0], timestamp=timestamp, body=body)
    reply = receive(line=line, timestamp=timestamp, signature=signature, body=body, source=CallEvent.Source.TEST)
    return Trial(timestamp, signature, body.decode(), reply)


def _refused(line: Line, reason: Reason, message: str, **more: str) -> Reply:
    refuse(channel=line.channel, reason=reason)
    return Reply(STATUS[reason], {"error": reason.value, "message": message} | {k: v for k, v in more.items() if v})
