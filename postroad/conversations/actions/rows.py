"""Rows changed in bulk: arrays in one statement, whatever their number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postroad.conversations.models import Conversation


def update_conversations(conversations: Sequence[Conversation]) -> None:
    """Save what a new message changes in its conversation; the rows are locked."""
    if not conversations:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE conversations_conversation AS conversation
            SET participants = changed.participants,
                message_count = changed.message_count,
                last_message_at = changed.last_message_at,
                answers_unseen = changed.answers_unseen
            FROM unnest(%s::uuid[], %s::jsonb[], %s::integer[], %s::timestamptz[], %s::text[])
                AS changed (id, participants, message_count, last_message_at, answers_unseen)
            WHERE conversation.id = changed.id
            """,
            [
                [one.pk for one in conversations],
                [json.dumps(one.participants) for one in conversations],
                [one.message_count for one in conversations],
                [one.last_message_at for one in conversations],
                [one.answers_unseen for one in conversations],
            ],
        )
