"""Which conversation a new message belongs to.

In this order: the message it says it answers (bounces: the message that failed), the newest of its references first;
then the mark in its subject, but only from somebody who belongs to that conversation; then the one conversation whose
earliest message answers this one, which was overtaken on its way; else a conversation of its own. A subject alone never
joins two messages, however alike.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from postroad.conversations.actions.drafts import Draft, Key, key_of
from postroad.conversations.models import Conversation
from postroad.platform.ids import id_floor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

OVERTAKEN_FOR = timedelta(days=7)
"""How long a mail may be on its way (RFC 5321, 4.5.4.1: senders give up after 4 to 5 days)."""

# Sharing one of these domains makes nobody a colleague.
PUBLIC_MAIL_DOMAINS = frozenset(
    {
        "126.com", "139.com", "163.com", "188.com", "189.cn", "263.net", "aliyun.com", "foxmail.com", "gmail.com",
        "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "live.com", "mail.com",
        "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com", "qq.com", "sina.cn",
        "sina.com", "sohu.com", "tom.com", "vip.163.com", "vip.qq.com", "vip.sina.com", "wo.cn", "yahoo.com",
        "yandex.com", "yandex.ru", "yeah.net",
    }
)  # fmt: skip


def find_threads(drafts: Sequence[Draft]) -> None:
    """Set `answers` of each draft to the conversation or the draft of the same batch that it continues."""
    in_batch = {draft.key: draft for draft in drafts}
    stored = _conversations_of({key for draft in drafts for key in _references(draft)} - in_batch.keys())
    marked = _conversations_with_token([draft for draft in drafts if draft.incoming.subject_token])
    for draft in drafts:
        draft.answers = _by_reference(draft, in_batch, stored) or _by_token(draft, marked)
    _join_what_overtook([draft for draft in drafts if draft.answers is None])


def unseen_by(draft: Draft) -> str:
    """The external id, as a receipt has it, of what a draft answers that nobody has seen; "" for none."""
    answered = [] if draft.incoming.bounce_of else _references(draft)
    return answered[0][1] if answered else ""


def root_of(draft: Draft) -> Draft:
    """The draft of the batch that opens the conversation `draft` belongs to, itself if none does."""
    while isinstance(draft.answers, Draft):
        draft = draft.answers
    return draft


def _references(draft: Draft) -> list[Key]:
    """Keys of what the draft may answer, the likeliest first."""
    incoming = draft.incoming
    ids = [*([incoming.bounce_of] if incoming.bounce_of else []), *reversed(incoming.thread_ids)]
    return [key_of(incoming.channel_id, one) for one in ids if one]


def _by_reference(draft: Draft, in_batch: Mapping[Key, Draft], stored: Mapping[Key, UUID]) -> Draft | UUID | None:
    for key in _references(draft):
        found: Draft | UUID | None = in_batch.get(key) or stored.get(key)
        # Never in a circle, whatever two messages claim to answer.
        if found is not None and not (isinstance(found, Draft) and root_of(found) is draft):
            return found
    return None


def _by_token(draft: Draft, marked: Mapping[tuple[UUID, str], Conversation]) -> UUID | None:
    token = draft.incoming.subject_token
    conversation = marked.get((draft.incoming.channel_id, token)) if token else None
    if conversation is None or not _belongs(draft.incoming.sender_address, conversation.participants):
        return None
    return conversation.pk


def _join_what_overtook(drafts: Sequence[Draft]) -> None:
    """Put a message into the conversation that an answer to it opened, if there is one and the sender belongs to it."""
    waiting = _conversations_waiting_for({draft.key for draft in drafts})
    for draft in drafts:
        found = waiting.get(draft.key, [])
        if len(found) == 1 and _belongs(draft.incoming.sender_address, found[0].participants):
            draft.answers = found[0].pk
            draft.overtaken = True


def _belongs(address: str, participants: Sequence[str]) -> bool:
    """Whether the sender took part before, or writes from the same company as somebody who did."""
    domain = address.rpartition("@")[2]
    if not domain:
        return False
    if address in participants:
        return True
    return domain not in PUBLIC_MAIL_DOMAINS and any(one.endswith(f"@{domain}") for one in participants)


def _conversations_of(keys: set[Key]) -> dict[Key, UUID]:
    if not keys:
        return {}
    wanted = list(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT receipt.channel_id, receipt.external_id, message.conversation_id
            FROM unnest(%s::uuid[], %s::text[]) AS wanted (channel_id, external_id)
            JOIN conversations_receipt receipt USING (channel_id, external_id)
            JOIN conversations_message message ON message.id = receipt.message_id
            """,
            [[channel for channel, _ in wanted], [external_id for _, external_id in wanted]],
        )
        return {(channel, external_id): found for channel, external_id, found in cursor.fetchall()}


def _conversations_waiting_for(keys: set[Key]) -> dict[Key, list[Conversation]]:
    if not keys:
        return {}
    found = Conversation.objects.filter(
        channel_id__in={channel for channel, _ in keys},
        answers_unseen__in={external_id for _, external_id in keys},
        pk__gte=id_floor(timezone.now() - OVERTAKEN_FOR),
    ).only("channel_id", "answers_unseen", "participants")
    waiting: dict[Key, list[Conversation]] = {}
    for one in found.exclude(answers_unseen=""):
        waiting.setdefault((one.channel_id, one.answers_unseen), []).append(one)
    return waiting


def _conversations_with_token(drafts: Sequence[Draft]) -> dict[tuple[UUID, str], Conversation]:
    if not drafts:
        return {}
    tokens = {(draft.incoming.channel_id, draft.incoming.subject_token) for draft in drafts}
    matching = Q()
    for channel_id, token in tokens:
        matching |= Q(channel_id=channel_id, subject_token=token)
    found = Conversation.objects.filter(matching).only("channel_id", "subject_token", "participants")
    return {(one.channel_id, one.subject_token): one for one in found}
