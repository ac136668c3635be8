"""A hotline with two agents at their extensions, and a telephone system that tells of calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.urls import reverse
from django.utils import timezone

from postroad.channels.models import Channel, ChannelMember, Kind
from postroad.clock.actions import create_calendar
from postroad.clock.models import Calendar
from postroad.conversations.tests.factories import make_channel
from postroad.hotline import actions
from postroad.hotline.models import Call, CallBack, CallEvent, EventType
from postroad.hotline.reading import NewEvent
from postroad.hotline.signing import sign
from postroad.org.actions import create_contact, create_organisation
from postroad.org.models import Contact
from postroad.org.tests.cast import Company
from postroad.platform.actors import Actor

# A Monday, 10:00 in Shanghai: inside the opening hours of the calendar below.
MONDAY_TEN = datetime(2026, 5, 18, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
MOBILE = "+8613800138000"
TEST = Actor.system("test")
HOURS = {
    "zone": "Asia/Shanghai",
    "week": {day: [["09:00", "12:00"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
_numbers = count(1)


def make_hotline(company: Company, key: str = "hotline", **values: Any) -> Channel:
    """A customers' hotline that promises an answer within ten minutes; the agents sit at 6001 and 6002."""
    if not Calendar.objects.filter(key="company").exists():
        create_calendar(key="company", name="公司日历", definition=HOURS, actor=TEST)
    usual = {"kind": Kind.HOTLINE, "name": "服务热线", "connector": "", "address": f"400-{key}"}
    promises = {"first_reply_minutes": 10, "answer_hours": 24}
    channel = make_channel(company, key, **(usual | promises | values))
    for number, person in (("6001", company.agent), ("6002", company.agent2)):
        ChannelMember.objects.create(channel=channel, person=person)
        actions.set_extension(channel=channel, number=number, person=person, actor=TEST)
    return channel


def make_caller(company: Company, *, phone: str = MOBILE, name: str = "刘洋") -> Contact:
    """A contact of a key account with that number."""
    organisation = create_organisation(name=f"{name}的公司", actor=TEST, key_account=True)
    return create_contact(
        name=name, basis="contract", purpose="service", actor=TEST, organisation=organisation, phone=phone
    )


def event(kind: str, at: datetime, *, call: str = "call-1", **values: Any) -> NewEvent:
    usual = {"id": f"event-{next(_numbers)}", "call": call, "type": EventType(kind), "at": at}
    if kind == "ringing":
        usual |= {"number": MOBILE, "extension": "6001"}
    if kind == "answered":
        usual |= {"extension": "6001"}
    return NewEvent(**(usual | values))


def take(channel: Channel, *events: NewEvent, source: str = CallEvent.Source.WEBHOOK) -> Call:
    """Take events in as if told by the telephone system; the last event's call."""
    actions.take_events(channel=channel, events=events, source=CallEvent.Source(source))
    return Call.objects.get(channel=channel, external_id=events[-1].call)


def missed(channel: Channel, at: datetime, *, call: str = "call-1", **values: Any) -> Call:
    """Somebody calls, and gives up after half a minute."""
    return take(channel, event("ringing", at - 30 * SECOND, call=call, **values), event("hungup", at, call=call))


def answered(channel: Channel, at: datetime, *, call: str = "call-1", **values: Any) -> Call:
    """Somebody calls and is spoken to for two minutes."""
    return take(
        channel,
        event("ringing", at - 10 * SECOND, call=call, **values),
        event("answered", at, call=call),
        event("hungup", at + 2 * MINUTE, call=call),
    )


def called(channel: Channel, at: datetime, *, call: str = "out-1", spoken: bool = True, number: str = MOBILE) -> Call:
    """An agent calls the number; it is answered or not."""
    events = [event("ringing", at, call=call, direction="out", number=number, extension="6002")]
    if spoken:
        events.append(event("answered", at + 5 * SECOND, call=call, extension="6002"))
    return take(channel, *events, event("hungup", at + 40 * SECOND, call=call))


def call_back_of(channel: Channel) -> CallBack:
    return CallBack.objects.filter(channel=channel).latest("id")


def told(kind: str, at: datetime, **values: Any) -> dict[str, Any]:
    """An event as a telephone system writes it."""
    usual = {"id": f"event-{next(_numbers)}", "call": "call-1", "type": kind, "at": at.isoformat()}
    if kind == "ringing":
        usual |= {"from": "138 0013 8000", "extension": "6001"}
    return usual | values


def post(client, channel: Channel, secret: str, content: object, **changed: str):
    """Send to the hotline's address, properly signed unless told otherwise."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    timestamp = changed.get("timestamp", str(int(timezone.now().timestamp())))
    signature = changed.get("signature", sign(secret.encode(), timestamp=timestamp, body=body))
    return client.post(
        reverse("hotline:events", args=[channel.key]),
        body,
        content_type="application/json",
        headers={"X-Postroad-Timestamp": timestamp, "X-Postroad-Signature": signature},
    )
