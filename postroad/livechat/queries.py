"""Reads of live chat: how a chat stands, and what was said in many of them with few queries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from postroad.channels.models import Channel, Kind, State
from postroad.conversations.models import Attachment, Direction, Message
from postroad.livechat.hours import Hours, hours_of
from postroad.livechat.models import Visit
from postroad.livechat.registry import answering
from postroad.platform.ids import id_floor, time_of

PRESENT_FOR = timedelta(seconds=45)
"""So long after the last sign of the visitor's page they count as there."""

# Messages of a chat are younger than the chat, but for clocks that differ between machines.
CLOCKS_DIFFER = timedelta(hours=1)


def chats() -> QuerySet[Channel]:
    """All live chats that have not ended."""
    ended = (State.RETIRED, State.REFUSED)
    chats = Channel.objects.filter(kind=Kind.LIVE_CHAT).exclude(state__in=ended)
    return chats.select_related("chat_settings", "owner").order_by("name", "id")


def chat_by_key(key: str) -> Channel | None:
    """The live chat that visitors reach under this key, whatever its state."""
    found = Channel.objects.filter(key=key, kind=Kind.LIVE_CHAT).exclude(state__in=(State.RETIRED, State.REFUSED))
    return found.select_related("chat_settings__mailbox").first()


def chats_by_key(keys: Collection[str]) -> dict[str, Channel]:
    """The same for many keys. One query."""
    found = Channel.objects.filter(key__in=keys, kind=Kind.LIVE_CHAT).exclude(state__in=(State.RETIRED, State.REFUSED))
    return {chat.key: chat for chat in found.select_related("chat_settings")}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a chat stands for somebody who comes now. `wait` is how long first replies took lately, if known."""

    live: bool
    hours: Hours
    present: int
    wait: timedelta | None

    @property
    def is_attended(self) -> bool:
        return self.live and self.hours.open and self.present > 0


def standing_of(channel: Channel) -> Standing:
    return Standing(
        live=channel.is_live,
        hours=hours_of(channel, at=timezone.now()),
        present=answering().present([channel.pk]).get(channel.pk, 0),
        wait=answering().waits([channel.pk]).get(channel.pk),
    )


def is_present(visit: Visit, *, now: datetime | None = None) -> bool:
    """Whether the visitor's page is open, as far as we know, and they have not said goodbye."""
    moment = now or timezone.now()
    return visit.left_at is None and visit.seen_at is not None and visit.seen_at > moment - PRESENT_FOR


def visits_of(conversation_ids: Collection[UUID]) -> dict[UUID, Visit]:
    """The chats behind conversations, by conversation. One query."""
    found = Visit.objects.filter(conversation__in=conversation_ids)
    found = found.select_related("channel__chat_settings__mailbox")
    return {visit.conversation_id: visit for visit in found if visit.conversation_id}


def left_behind(*, unread_since: datetime, gone_since: datetime) -> list[Visit]:
    """Chats of visitors with a mail address who have been gone since, and have not got all that we wrote. One query."""
    missed = Message.objects.filter(conversation=OuterRef("conversation"), direction=Direction.OUT, auto="")
    missed = missed.filter(pk__gt=Coalesce(OuterRef("delivered_id"), OuterRef("pk")))
    gone = Visit.objects.filter(
        sealed_mail__isnull=False,
        seen_at__gt=gone_since,
        seen_at__lt=unread_since,
        conversation__isnull=False,
    )
    return list(gone.filter(Exists(missed)).select_related("channel__chat_settings__mailbox"))


def first_message_of(visit: Visit) -> UUID:
    """What a chat that has begun began with."""
    return Message.objects.filter(conversation=visit.conversation_id).order_by("pk").values_list("pk", flat=True)[0]


def missed_by(visit: Visit) -> list[Message]:
    """What we wrote into a chat and its visitor has not got, oldest first."""
    ours = Message.objects.filter(conversation=visit.conversation_id, direction=Direction.OUT, auto="")
    after = ours.filter(pk__gt=visit.delivered_id) if visit.delivered_id else ours
    return list(after.defer("search", "html").order_by("pk"))


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream has told a chat: how many messages, and the newest of them.

    Ids are made a moment before they become visible, so a smaller one may appear after a larger. The count shows it:
    if it does not agree with what lies up to `last`, everything is told once more, and the visitor's page, which knows
    messages by their ids, shows nothing twice.
    """

    count: int = 0
    last: UUID | None = None

    FORM = re.compile(r"(\d{1,6})\.([0-9a-f]{32})")

    @classmethod
    def read(cls, text: str) -> Position:
        """What a browser handed back; the beginning for what is none of ours."""
        match = cls.FORM.fullmatch(text)
        return cls(int(match[1]), UUID(match[2])) if match else cls()

    def told(self, ids: Collection[UUID]) -> set[UUID]:
        """Which of a chat's messages have been told."""
        told = {one for one in ids if self.last is not None and one <= self.last}
        return told if len(told) == self.count else set()

    def __str__(self) -> str:
        return f"{self.count}.{self.last.hex}" if self.last else ""


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn it is, by conversation (1: next), and how many agents are there, by channel."""

    places: Mapping[UUID, int] = field(default_factory=dict)
    present: Mapping[UUID, int] = field(default_factory=dict)


def turns() -> Turns:
    """For all live chats at once. Two queries of those who answer, and one."""
    channels = list(Channel.objects.filter(kind=Kind.LIVE_CHAT, state=State.LIVE).values_list("pk", flat=True))
    return Turns(places=answering().places(), present=answering().present(channels) if channels else {})


@dataclass(frozen=True, slots=True)
class Look:
    """A chat as it is now: the ids of all that was said, the messages after what was asked for, and the state.

    The last three say from what the state follows that changes without anything happening to this chat.
    """

    ids: tuple[UUID, ...] = ()
    messages: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    conversation_id: UUID | None = None
    channel_id: UUID | None = None
    typing_until: datetime | None = None

    def copy(self) -> Look:
        """One whose messages may be added to."""
        return replace(self, messages=dict(self.messages))

    def state_with(self, turns: Turns, *, now: datetime) -> dict[str, Any]:
        """The state, a while later."""
        types = self.typing_until is not None and self.typing_until > now
        return self.state | {"typing": self.state["typing"] if types else ""} | self._turn(turns)

    def _turn(self, turns: Turns) -> dict[str, Any]:
        place = turns.places.get(self.conversation_id, 0) if self.conversation_id else 0
        return {"place": place, "present": bool(self.channel_id and turns.present.get(self.channel_id))}


def look_at(wanted: Mapping[UUID, UUID | None], turns: Turns) -> dict[UUID, Look]:
    """Look at many chats: for each id of a visit, the id after which messages are wanted in full.

    A constant number of queries: two, and two more for messages with files.
    """
    visits = list(Visit.objects.filter(pk__in=list(wanted)).defer("consent_text", "page", "sealed_mail"))
    by_conversation = {visit.conversation_id: visit for visit in visits if visit.conversation_id}
    ids: dict[UUID, list[UUID]] = defaultdict(list)
    if by_conversation:
        floor = id_floor(time_of(min(visit.pk for visit in visits)) - CLOCKS_DIFFER)
        said = Message.objects.filter(conversation__in=list(by_conversation), pk__gte=floor).order_by("pk")
        for conversation_id, message_id in said.values_list("conversation_id", "pk"):
            ids[by_conversation[conversation_id].pk].append(message_id)
    news = [one for visit_id, all_ids in ids.items() for one in all_ids if _is_after(one, wanted[visit_id])]
    messages, now = _messages(news, by_conversation), timezone.now()
    looks = {}
    for visit in visits:
        seen = Look(
            ids=tuple(ids[visit.pk]),
            messages=messages.get(visit.pk, {}),
            state=_lasting_state_of(visit),
            conversation_id=visit.conversation_id,
            channel_id=visit.channel_id,
            typing_until=visit.agent_typing_until,
        )
        looks[visit.pk] = replace(seen, state=seen.state_with(turns, now=now))
    return looks


def topic_of(visit_id: UUID) -> str:
    """Under which open pages hear that something about a chat changed."""
    return f"livechat.visit.{visit_id}"


def messages_of(visit: Visit, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """These messages of a chat, as its visitor sees them."""
    return _messages(ids, {visit.conversation_id: visit}).get(visit.pk, {}) if visit.conversation_id else {}


def _lasting_state_of(visit: Visit) -> dict[str, Any]:
    """Who is writing to the visitor, how far we have read, whether they have left, and are asked how it was."""
    return {
        "asks": visit.asked_until is not None and visit.asked_until > timezone.now(),
        "rated": visit.rated or 0,
        "typing": visit.agent_typing,
        "read": str(visit.agent_read_id) if visit.agent_read_id else "",
        "left": visit.left_at is not None,
        "offersMail": visit.mail_offered_at is not None,
    }


def _is_after(message_id: UUID, after: UUID | None) -> bool:
    return after is None or message_id > after


def _messages(ids: Collection[UUID], by_conversation: Mapping[UUID, Visit]) -> dict[UUID, dict[UUID, dict[str, Any]]]:
    if not ids:
        return {}
    fields = ("conversation_id", "direction", "external_id", "sender_name", "text", "attachment_count", "person")
    found = (
        Message.objects.filter(pk__in=ids, conversation__in=[one for one in by_conversation if one])
        .select_related("person")
        .only(*fields, "person__name", "person__name_en")
        .order_by("pk")
    )
    messages = list(found)
    files = _files([one.pk for one in messages if one.attachment_count])
    shown: dict[UUID, dict[UUID, dict[str, Any]]] = defaultdict(dict)
    for message in messages:
        visit = by_conversation[message.conversation_id]
        shown[visit.pk][message.pk] = _shown(message, visit, files.get(message.pk, []))
    return shown


def _shown(message: Message, visit: Visit, files: list[dict[str, Any]]) -> dict[str, Any]:
    """A message as a visitor sees it: of colleagues the name, of robots and ids in other systems nothing."""
    ours = message.direction == Direction.OUT
    return {
        "id": str(message.pk),
        "at": time_of(message.pk).isoformat(timespec="milliseconds"),
        "from": "us" if ours else "visitor",
        "name": _name_of(message, visit) if ours else message.sender_name,
        "text": message.text,
        "client": "" if ours else message.external_id.partition("/")[2],
        "files": files,
    }


def _name_of(message: Message, visit: Visit) -> str:
    if message.person is None:
        return message.sender_name
    return (message.person.name_en if visit.language == "en" else "") or message.person.name


def _files(message_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    files: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if message_ids:
        for one in Attachment.objects.filter(message__in=message_ids):
            files[one.message_id].append({"id": str(one.pk), "name": one.name, "size": one.size})
    return files
