"""What running connectors ask for: a sink that commits, and the directory of their channels."""

import errno
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone

from postroad.channels import queries
from postroad.channels.actions.health import arrived, report_connection
from postroad.channels.models import ConnectorCursor
from postroad.channels.protocol import (
    Cursor,
    Endpoint,
    Health,
    IncomingMessage,
    Receipt,
    TemporarilyUnavailable,
    deliver,
)


def take_in(batch: Sequence[IncomingMessage], *, cursors: Sequence[Cursor] = ()) -> list[Receipt]:
    """Store a batch and how far its connector has read, in one transaction; see `protocol.Sink`.

    Our own probes end here: they close their health check and are not kept.
    """
    with passing_faults(), transaction.atomic():
        probes = arrived((one.probe for one in batch if one.probe), at=timezone.now())
        messages = [one for one in batch if one.probe not in probes]
        receipts = iter(deliver(messages)) if messages else iter(())
        _save_cursors(cursors)
        return [
            Receipt(one.channel_id, one.external_id, None, created=False) if one.probe in probes else next(receipts)
            for one in batch
        ]


@dataclass(frozen=True, slots=True)
class ChannelDirectory:
    """The channels of one connector; see `protocol.Directory`."""

    connector: str

    def endpoints(self) -> tuple[Endpoint, ...]:
        with passing_faults():
            return tuple(queries.endpoint_of(one) for one in queries.connected_channels(self.connector))

    def cursor(self, channel_id: UUID, name: str) -> Mapping[str, Any] | None:
        with passing_faults():
            saved = ConnectorCursor.objects.filter(channel=channel_id, name=name).first()
            return saved.value if saved else None

    def report(self, channel_id: UUID, health: Health) -> None:
        with passing_faults():
            report_connection(channel_id=channel_id, health=health)


def _save_cursors(cursors: Sequence[Cursor]) -> None:
    ConnectorCursor.objects.bulk_create(
        [ConnectorCursor(channel_id=one.channel_id, name=one.name, value=dict(one.value)) for one in cursors],
        update_conflicts=True,
        unique_fields=["channel", "name"],
        update_fields=["value"],
    )


@contextmanager
def passing_faults() -> Iterator[None]:
    """Tells faults that pass (database away, disk full) from those of the message."""
    if not connection.in_atomic_block:
        # This thread may have slept since its connection was last good.
        close_old_connections()
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise TemporarilyUnavailable(str(error)) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
            raise TemporarilyUnavailable(str(error)) from error
        raise
