"""Who may open a stream: many visitors' pages that knock at once are looked at with the same two queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from postroad.channels.models import Channel
from postroad.livechat import limits, queries
from postroad.livechat.permissions import visits_behind
from postroad.livechat.tokens import hash_of
from postroad.livechat.turnstile import Turnstile
from postroad.livechat.views.answers import may_embed

_streams = Turnstile(limits.STREAMS)


@dataclass(frozen=True, slots=True)
class Knock:
    """A page at the door of chat `key`. `asks_only`: a browser asks first whether the page may (CORS preflight)."""

    key: str
    origin: str
    token: str
    asks_only: bool


@dataclass(frozen=True, slots=True)
class Admitted:
    visit_id: UUID
    topic: str


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    retry_after: int = 0


def admit(knocks: Sequence[Knock]) -> list[Admitted | Refused]:
    """Who of them comes in: two queries, whatever their number."""
    chats = queries.chats_by_key({knock.key for knock in knocks})
    visits = visits_behind([hash_of(knock.token) for knock in knocks if knock.token])
    return [_admit(knock, chats.get(knock.key), visits) for knock in knocks]


def _admit(knock: Knock, chat: Channel | None, visits: dict[bytes, tuple[UUID, UUID]]) -> Admitted | Refused:
    if chat is None:
        return Refused(404)
    if not may_embed(chat, knock.origin):
        return Refused(403)
    if knock.asks_only:
        return Admitted(chat.pk, "")
    visit_id, channel_id = visits.get(hash_of(knock.token), (None, None)) if knock.token else (None, None)
    if visit_id is None or channel_id != chat.pk:
        return Refused(401)
    if wait := _streams.wait(visit_id):
        return Refused(429, retry_after=wait)
    return Admitted(visit_id, queries.topic_of(visit_id))
