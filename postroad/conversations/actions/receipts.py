"""Exactly once: who stores a message first keeps its receipt, everybody else finds it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from postroad.conversations.actions.drafts import Draft, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = ""
"""The content digest in the receipt of an outgoing message: whatever comes back under its id is a copy of it."""


def claim(drafts: Sequence[Draft]) -> None:
    """Set `twin` of each draft that has been stored before, also earlier in the same batch; receipts for the rest.

    Another message under a known external id (senders reuse Message-IDs) is claimed under its distinct id.
    Waits for a transaction that is storing the same message; two statements at most.
    """
    strangers = _claim(drafts)
    for draft in strangers:
        draft.key = key_of(draft.incoming.channel_id, draft.incoming.distinct_id)
        draft.twin = None
    _claim(strangers)


def _claim(drafts: Sequence[Draft]) -> list[Draft]:
    """Claim the keys of `drafts`; returns those whose key holds another content."""
    first_of = {draft.key: draft for draft in reversed(drafts)}
    if not first_of:
        return []
    # In one order for all, so that two batches cannot wait for each other.
    firsts = [first_of[key] for key in sorted(first_of)]
    with connection.cursor() as cursor:
        # The empty update makes the statement return the receipts that were there before.
        cursor.execute(
            """
            INSERT INTO conversations_receipt AS receipt (channel_id, external_id, message_id, content_digest)
            SELECT * FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[])
            ON CONFLICT (channel_id, external_id) DO UPDATE SET message_id = receipt.message_id
            RETURNING channel_id, external_id, message_id, content_digest
            """,
            [
                [draft.key[0] for draft in firsts],
                [draft.key[1] for draft in firsts],
                [draft.message_id for draft in firsts],
                [draft.incoming.content_digest for draft in firsts],
            ],
        )
        holders = {
            (channel, external_id): (message, digest) for channel, external_id, message, digest in cursor.fetchall()
        }
    strangers = []
    for draft in drafts:
        message_id, digest = holders[draft.key]
        draft.twin = None if message_id == draft.message_id else message_id
        if draft.twin and digest not in (OURS, draft.incoming.content_digest):
            strangers.append(draft)
    return strangers
