"""Room for messages: a partition for each month, made ahead of time.

Intake never waits for one: a message of a month without a partition goes into the default partition, and the next run
makes the month's partition and moves it there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from postroad.platform.ids import id_floor, time_of

MONTHS_AHEAD = 3


def prepare_partitions(*, now: datetime | None = None) -> list[str]:
    """Make the partitions of this month and the next three, and of months found in the default partition.

    Returns the names of those that were made.
    """
    first = _month_of(now or timezone.now())
    months = [_later(first, by) for by in range(MONTHS_AHEAD + 1)]
    return [name for month in sorted({*_stray_months(), *months}) if (name := _make(month))]


@transaction.atomic
def _make(month: datetime) -> str | None:
    name = f"conversations_message_{month:%Y_%m}"
    bounds = [str(id_floor(month)), str(id_floor(_later(month, 1)))]
    with connection.cursor() as cursor:
        # One maker at a time; messages keep coming in until the partition is attached.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('conversations.partitions'))")
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        if cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT conversations_make_partition(%s, %s::uuid, %s::uuid)", [name, *bounds])
    return name


def _stray_months() -> set[datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT left(id::text, 8) FROM conversations_message_default")
        return {_month_of(time_of(UUID(f"{row[0]}-0000-7000-8000-000000000000"))) for row in cursor.fetchall()}


def _month_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _later(month: datetime, by: int) -> datetime:
    months = month.year * 12 + month.month - 1 + by
    return month.replace(year=months // 12, month=months % 12 + 1)
