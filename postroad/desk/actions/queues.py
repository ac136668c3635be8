"""How a channel's cases are handed out, acknowledged and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from postroad.desk import queries
from postroad.desk.events import Event
from postroad.desk.models import Queue
from postroad.ledger.actions import record

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person

FIELDS = ("acknowledge", "acknowledgement", "waiting_notice", "close_after_days")


@transaction.atomic
def change_queue(
    *,
    channel: Channel,
    acknowledge: bool,
    acknowledgement: str,
    waiting_notice: str = "",
    close_after_days: int,
    person: Person,
) -> Queue:
    """Say how the queue is run from now on; cases that are there already are not touched."""
    queue = locked_queue(channel)
    given = (acknowledge, acknowledgement.strip(), waiting_notice.strip(), close_after_days)
    wanted = dict(zip(FIELDS, given, strict=True))
    changed = [name for name, value in wanted.items() if getattr(queue, name) != value]
    for name in changed:
        setattr(queue, name, wanted[name])
    if changed:
        queue.save(update_fields=changed)
        record(Event.QUEUE_CHANGED, actor=person.as_actor(), subject=channel, data={"fields": ", ".join(changed)})
    return queue


def locked_queue(channel: Channel) -> Queue:
    """The channel's queue, locked; made now with what is usual for the channel if nobody has said anything yet."""
    usual = queries.queue_of(channel).routing
    queue, _created = Queue.objects.select_for_update(no_key=True, of=("self",)).get_or_create(
        channel=channel, defaults={"routing": usual}
    )
    return queue
