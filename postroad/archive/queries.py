"""Finding what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from postroad.channels.models import Channel
from postroad.conversations.events import Event as ConversationsEvent
from postroad.conversations.models import Attachment, Direction, Message
from postroad.conversations.permissions import Permission, readable_channels
from postroad.ledger.models import Entry
from postroad.ledger.queries import history_of
from postroad.org.models import Contact, Person
from postroad.org.permissions import person_may
from postroad.platform.ids import id_floor
from postroad.platform.pagination import Page, keyset
from postroad.platform.text import highlights, tsquery

PAGE_SIZE = 25
MOST_PEOPLE = 200
SNIPPET_BEFORE = 40
SNIPPET_LENGTH = 180


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find; empty fields ask for nothing. Days are of the company's zone, both included."""

    words: str = ""
    channel: Channel | None = None
    direction: Direction | None = None
    who: str = ""
    since: date | None = None
    until: date | None = None
    with_files: bool = False

    @property
    def is_empty(self) -> bool:
        return self == Wanted()

    @property
    def filters(self) -> dict[str, str]:
        """The filters without the words, as they are kept with the record of a search."""
        given = {
            "channel": self.channel.key if self.channel else "",
            "direction": str(self.direction or ""),
            "who": self.who,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "with_files": "yes" if self.with_files else "",
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Hit:
    """A found message with the pieces of its text around what was found: (text, whether it was looked for)."""

    message: Message
    subject: list[tuple[str, bool]]
    snippet: list[tuple[str, bool]]
    files: list[Attachment]


def channels_for(person: Person) -> QuerySet[Channel]:
    """The channels a person may search, by name."""
    return readable_channels(person).order_by("name")


def search(person: Person, wanted: Wanted) -> QuerySet[Message]:
    """The messages wanted among those the person may read; none where the words hold nothing to look for."""
    found = Message.objects.select_related("channel").defer("search", "html", "digest")
    if not person_may(person, Permission.READ_ALL):
        found = found.filter(channel__in=list(readable_channels(person).values_list("pk", flat=True)))
    if wanted.words:
        query = tsquery(wanted.words)
        if not query:
            return found.none()
        # A literal cast, not to_tsquery: the words are tokens already.
        found = found.filter(
            RawSQL("conversations_message.search @@ %s::tsquery", [query], output_field=BooleanField())
        )
    return found.filter(_conditions(wanted))


def page(person: Person, wanted: Wanted, *, cursor: str | None) -> Page[Message]:
    """One page of what is found, newest first; costs the same however many there are."""
    return keyset(search(person, wanted), order=("-id",), cursor=cursor, size=PAGE_SIZE)


def hits(messages: Sequence[Message], words: str) -> list[Hit]:
    """`messages` with what was looked for pointed out. One query."""
    files: dict[UUID, list[Attachment]] = {}
    for attachment in Attachment.objects.filter(message__in=messages, inline=False):
        files.setdefault(attachment.message_id, []).append(attachment)
    pattern = highlights(words)
    return [
        Hit(
            message=message,
            subject=_marked(message.subject, pattern),
            snippet=_marked(_around(message.text, pattern), pattern),
            files=files.get(message.pk, []),
        )
        for message in messages
    ]


def evidence_of(message: Message) -> Entry | None:
    """The ledger entry that holds the digest of `message`."""
    made = (ConversationsEvent.MESSAGE_RECEIVED, ConversationsEvent.MESSAGE_WRITTEN)
    return history_of(message).filter(event__in=made).first()


def _conditions(wanted: Wanted) -> Q:
    conditions = Q()
    if wanted.channel:
        conditions &= Q(channel=wanted.channel)
    if wanted.direction:
        conditions &= Q(direction=wanted.direction)
    if wanted.who:
        conditions &= _said_by_or_to(wanted.who)
    if wanted.since:
        conditions &= Q(pk__gte=id_floor(_midnight(wanted.since)))
    if wanted.until:
        conditions &= Q(pk__lt=id_floor(_midnight(wanted.until + timedelta(days=1))))
    if wanted.with_files:
        conditions &= Q(attachment_count__gt=0)
    return conditions


def _said_by_or_to(who: str) -> Q:
    """By a name or an address: staff and contacts of that name, or anybody who wrote or was written to under it."""
    contacts = Contact.objects.filter(name__icontains=who).order_by("pk").values_list("pk", flat=True)
    people = Person.objects.filter(Q(name__icontains=who) | Q(name_en__icontains=who) | Q(staff_no__iexact=who))
    named = Q(contact__in=list(contacts[:MOST_PEOPLE])) | Q(
        person__in=list(people.values_list("pk", flat=True)[:MOST_PEOPLE])
    )
    query = tsquery(f'"{who}"')
    if query:
        named |= Q(RawSQL("conversations_message.search @@ %s::tsquery", [query], output_field=BooleanField()))
    return named


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def _around(text: str, pattern: re.Pattern[str] | None) -> str:
    """The part of `text` around the first place that was looked for, on one line."""
    text = " ".join(text.split())
    match = pattern.search(text) if pattern else None
    start = max(match.start() - SNIPPET_BEFORE, 0) if match else 0
    part = text[start : start + SNIPPET_LENGTH]
    return f"{'… ' if start else ''}{part}{' …' if start + SNIPPET_LENGTH < len(text) else ''}"


def _marked(text: str, pattern: re.Pattern[str] | None) -> list[tuple[str, bool]]:
    if pattern is None:
        return [(text, False)]
    pieces, position = [], 0
    for match in pattern.finditer(text):
        pieces += [(text[position : match.start()], False), (match.group(), True)]
        position = match.end()
    return [(piece, looked_for) for piece, looked_for in [*pieces, (text[position:], False)] if piece]
