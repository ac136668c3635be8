"""Identifiers: UUID version 7 (RFC 9562 §5.7), so that keys sort by the moment they were made."""

import uuid
from datetime import UTC, datetime

import uuid_utils.compat

MILLISECOND_BITS = 80


def new_id() -> uuid.UUID:
    return uuid_utils.compat.uuid7()


def time_of(identifier: uuid.UUID) -> datetime:
    """The moment, to the millisecond and in UTC, at which a version 7 identifier was made."""
    return datetime.fromtimestamp((identifier.int >> MILLISECOND_BITS) / 1000, tz=UTC)


def id_floor(moment: datetime) -> uuid.UUID:
    """The smallest identifier of `moment` (aware): what was made since has an id of at least this."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << MILLISECOND_BITS)
