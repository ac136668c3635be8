"""What was said on a case after somebody last looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from postroad.conversations.models import Direction, Message
from postroad.desk.models import Case, Draft
from postroad.desk.queries.case import Entry, messages_of
from postroad.desk.triage import ROBOTS
from postroad.org.models import Person
from postroad.platform.ids import time_of


def last_said(thread: Sequence[Entry]) -> UUID | None:
    """The newest message of a thread: what a page has shown when it shows the thread."""
    return max((entry.said.message.pk for entry in thread if entry.said), default=None)


def said_since(case: Case, seen: UUID, *, person: Person, by_customers: bool = True) -> list[Message]:
    """What colleagues (and customers) said after the message `seen`, oldest first; robots do not count.

    Two queries. Ids of messages sort by the moment of intake.
    """
    ours = Q(direction=Direction.OUT, auto="") & ~Q(person=person)
    theirs = Q(direction=Direction.IN) & ~Q(auto__in=ROBOTS)
    found = messages_of(case).filter(pk__gt=seen).filter(ours | theirs if by_customers else ours)
    return list(found.select_related("person").order_by("pk"))


def being_sent(case: Case, seen: UUID, *, person: Person) -> list[Draft]:
    """The answers that colleagues sent after the moment of `seen` and can still take back. One query."""
    waiting = Draft.objects.filter(case=case, kind=Draft.Kind.REPLY, send_at__isnull=False, scheduled=False)
    return list(waiting.filter(written_at__gt=time_of(seen)).exclude(person=person).select_related("person"))
