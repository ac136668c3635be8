"""Mails that come in, replies that are taken or refused, and a calendar to count in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from postroad.channels.models import Channel, ChannelMember
from postroad.channels.protocol import Recipient, RecipientRole
from postroad.clock.actions import create_calendar
from postroad.clock.models import Calendar, Deadline
from postroad.conversations.actions import intake
from postroad.conversations.models import Delivery, DeliveryState, Message
from postroad.conversations.tests.factories import incoming, make_channel
from postroad.desk import actions, queries
from postroad.desk.actions import After
from postroad.desk.models import Case
from postroad.desk.queries import Promise
from postroad.org.models import Person
from postroad.org.tests.cast import Company
from postroad.platform.actors import Actor

CUSTOMER = Recipient(RecipientRole.TO, "客户", "kunde@customer.test")

# A Monday, 10:00 in Shanghai: inside the opening hours of the calendar below.
MONDAY_TEN = datetime(2026, 5, 18, 2, 0, tzinfo=UTC)

HOURS = {
    "zone": "Asia/Shanghai",
    "week": {day: [["09:00", "12:00"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}


def make_calendar(key: str = "company") -> Calendar:
    return create_calendar(key=key, name="公司日历", definition=HOURS, actor=Actor.system("test"))


def make_desk(company: Company, key: str = "service", *, team: bool = True, **values: Any) -> Channel:
    """A customers' mailbox with promises (4 working hours to the first reply, 24 hours to the answer) and two agents."""
    if not Calendar.objects.filter(key="company").exists():
        make_calendar()
    channel = make_channel(company, key, **({"first_reply_minutes": 240, "answer_hours": 24} | values))
    if team:
        for person in (company.agent, company.agent2):
            ChannelMember.objects.create(channel=channel, person=person)
    return channel


def mail(channel: Channel, **values: Any) -> Case:
    """A customer's mail, taken in as connectors do; the case it belongs to now."""
    [result] = intake([incoming(channel, **({"received_at": MONDAY_TEN} | values))])
    return case_of(result.message)


def case_of(message: Message) -> Case:
    return Case.objects.get(links__conversation=message.conversation_id, links__until_message_id__isnull=True)


def follow_on(case: Case, **values: Any) -> Case:
    """Something comes in in the thread of the case, from the customer unless told otherwise."""
    first = queries.messages_of(case).first()
    return mail(first.channel, **({"thread_ids": (first.external_id,)} | values))


def reply(case: Case, person: Person, *, after: After = After.WAITING, text: str = "好的，已处理。") -> Message:
    return actions.reply(case=case, text=text, recipients=[CUSTOMER], after=after, person=person)


def accept(message: Message, at: datetime) -> None:
    """The mail server takes a reply."""
    _finish(message, state=DeliveryState.SENT, at=at, external_id=f"{message.pk}@company.test")


def refuse(message: Message, at: datetime, error: str = "550 no such user") -> None:
    """The mail server refuses a reply for good."""
    _finish(message, state=DeliveryState.FAILED, at=at, error=error)


def _finish(message: Message, *, state: str, at: datetime, **values: str) -> None:
    Delivery.objects.filter(message=message).update(state=state, finished_at=at, **values)
    delivery = Delivery.objects.select_related("message__conversation__channel").get(message=message)
    actions.follow([delivery])


def promise_of(case: Case, promise: Promise) -> Deadline:
    """The latest promise of that kind on a case."""
    return Deadline.objects.filter(subject_id=str(case.pk), kind=promise).latest("id")


def promises_of(case: Case) -> dict[str, str]:
    """State of the latest promise of each kind, by its short name."""
    return {
        promise.name.lower(): one.state
        for promise in Promise
        if (one := Deadline.objects.filter(subject_id=str(case.pk), kind=promise).order_by("-id").first())
    }
