"""Reading what was said."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from postroad.conversations.models import Attachment, Conversation, Delivery, HandlerFailure, Message
from postroad.platform import blobs
from postroad.platform.ids import id_floor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from postroad.channels.models import Channel

# What a browser shows as a picture and never runs.
RASTER_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MOST_PICTURE_BYTES = 8 * 1024 * 1024
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it is shown: with its files, and how far its sending is."""

    message: Message
    attachments: tuple[Attachment, ...] = ()
    delivery: Delivery | None = None
    has_formatting: bool = False

    @property
    def shown_text(self) -> str:
        """What the message adds to the conversation."""
        return self.message.reply_text or self.message.text

    @property
    def has_history(self) -> bool:
        """Whether the message quotes what was said before, which a thread folds away."""
        return self.message.text.strip() != self.shown_text.strip()


def thread(conversation: Conversation) -> list[Said]:
    """The messages of a conversation (the newest 500), oldest first. Four queries."""
    newest = conversation.messages.defer("search", "html").order_by("-pk")
    return shown(reversed(newest[:MOST_SHOWN]))


def shown(messages: Iterable[Message]) -> list[Said]:
    """`messages` with their files and deliveries. Three queries, and that of the messages."""
    said = list(messages)
    ids = [one.pk for one in said]
    files = _files_of(ids)
    deliveries = {one.message_id: one for one in Delivery.objects.filter(message__in=ids)}
    formatted = set(Message.objects.filter(pk__in=ids).exclude(html="").values_list("pk", flat=True))
    return [
        Said(one, tuple(files.get(one.pk, ())), deliveries.get(one.pk), has_formatting=one.pk in formatted)
        for one in said
    ]


def unhandled() -> QuerySet[HandlerFailure]:
    """Stored messages that somebody registered for could not deal with yet, oldest first."""
    return HandlerFailure.objects.filter(solved_at=None).order_by("id")


def pictures_of(message: Message) -> dict[str, str]:
    """The pictures that came along with a message, as data addresses by content id; the first 8 MB of them."""
    pictures, size = {}, 0
    wanted = message.attachments.filter(content_type__in=RASTER_TYPES).exclude(content_id="").select_related("blob")
    for one in wanted:
        size += one.size
        if size > MOST_PICTURE_BYTES:
            break
        content = b64encode(blobs.read(one.blob)).decode()
        pictures[one.content_id.strip("<>")] = f"data:{one.content_type};base64,{content}"
    return pictures


def _files_of(message_ids: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    files: dict[UUID, list[Attachment]] = {}
    for attachment in Attachment.objects.filter(message__in=message_ids, inline=False):
        files.setdefault(attachment.message_id, []).append(attachment)
    return files


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One weekday: how many messages in each `HEAT_HOURS` of it, and how hot each is from 0 to 5."""

    weekday: str
    cells: tuple[tuple[int, int], ...]


HEAT_HOURS = 2
HEAT_WEEKS = 4
HOTTEST = 5


def heat_map(channel: Channel) -> list[HeatRow]:
    """When messages came and went on a channel in the last four weeks, in the company's zone. One query."""
    since = timezone.now() - timedelta(weeks=HEAT_WEEKS)
    counted = (
        Message.objects.filter(channel=channel, id__gte=id_floor(since), received_at__gte=since)
        .annotate(day=ExtractIsoWeekDay("received_at"), hour=ExtractHour("received_at"))
        .values_list("day", "hour")
        .annotate(number=Count("pk"))
    )
    counts: Counter[tuple[int, int]] = Counter()
    for day, hour, number in counted:
        counts[day, hour // HEAT_HOURS] += number
    if not counts:
        return []
    most = max(counts.values())
    return [
        HeatRow(
            str(WEEKDAYS[day - 1]),
            tuple(
                (number, -(-HOTTEST * number // most))
                for number in (counts[day, part] for part in range(24 // HEAT_HOURS))
            ),
        )
        for day in range(1, 8)
    ]
