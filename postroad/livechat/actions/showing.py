"""Signs of life: who is there, who is typing, who has read how far. Not evidence, so nothing of it is on the ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from postroad.conversations.models import Delivery, Message
from postroad.livechat import queries
from postroad.livechat.models import Visit
from postroad.org.models import Person
from postroad.platform import realtime

TYPES_FOR = timedelta(seconds=6)
"""Typing is over so long after the last sign of it."""


def visitor_saw(*, visit: Visit, delivered: UUID | None, read: UUID | None) -> None:
    """How far the visitor's page has got the messages, and how far they have been on the screen; never backwards."""
    changes = {"delivered_id": max(filter(None, (delivered, read)), default=None), "read_id": read}
    changed = [_move_on(visit, field, to) for field, to in changes.items() if to is not None]
    if any(changed):
        realtime.publish(visit.topic)


def visitor_types(*, visit: Visit) -> None:
    now = timezone.now()
    Visit.objects.filter(pk=visit.pk).update(typing_until=now + TYPES_FOR, seen_at=now)
    realtime.publish(visit.topic)


def agent_types(*, visit: Visit, person: Person) -> None:
    """Show the visitor that somebody is writing, under the name they see."""
    name = (person.name_en if visit.language == "en" else "") or person.name
    Visit.objects.filter(pk=visit.pk).update(agent_typing=name, agent_typing_until=timezone.now() + TYPES_FOR)
    realtime.publish(visit.topic)


def agent_reads(*, visit: Visit) -> None:
    """Somebody of ours has the chat open: what was said until now is read."""
    newest = (
        Message.objects.filter(conversation=visit.conversation_id).order_by("-pk").values_list("pk", flat=True).first()
    )
    if newest and _move_on(visit, "agent_read_id", newest):
        realtime.publish(visit.topic)


def agent_said(*, visit: Visit) -> None:
    """Somebody of ours has written into the chat: its pages hear of it once that is committed."""
    realtime.publish(visit.topic)


def visitors_are_there(visit_ids: Collection[UUID]) -> None:
    """The pages of these visits are open just now. One statement.

    Who is saying something at this moment is passed over: that marks them, too, and nobody waits for anybody.
    """
    if not visit_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE livechat_visit SET seen_at = %s WHERE id IN (
                SELECT id FROM livechat_visit WHERE id = ANY(%s::uuid[]) FOR NO KEY UPDATE SKIP LOCKED
            )
            """,
            [timezone.now(), list(visit_ids)],
        )


def tell_of_deliveries(deliveries: Sequence[Delivery]) -> None:
    """What anybody wrote into a chat has been sent. Registered as a delivery handler."""
    _tell({one.message.conversation_id for one in deliveries})


def _tell(conversation_ids: Collection[UUID]) -> None:
    topics = [visit.topic for visit in queries.visits_of(conversation_ids).values()] if conversation_ids else []
    if topics:
        realtime.publish(*topics)


def _move_on(visit: Visit, field: str, to: UUID) -> bool:
    """Set a mark, unless it stands further on already."""
    behind = Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lt": to})
    return bool(Visit.objects.filter(behind, pk=visit.pk).update(**{field: to}))
