"""What `postroad doctor` says of the connected messengers."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from postroad.messengers import queries
from postroad.platform.doctor import Finding, Level

READ_AT_LEAST_EVERY = timedelta(hours=2)


def messengers_work() -> Iterator[Finding]:
    """One finding for each messenger in use: works, fails, or has not been read for long."""
    for messenger in queries.in_use():
        subject = f"messenger {messenger.key}"
        read_at = messenger.rooms_read_at
        if messenger.healthy is False:
            yield Finding(
                Level.FAULT, subject, messenger.health_detail, "Check its connection on the page of the messenger."
            )
        elif read_at is None or read_at < timezone.now() - READ_AT_LEAST_EVERY:
            since = "never" if read_at is None else f"not since {read_at:%Y-%m-%d %H:%M} UTC"
            yield Finding(
                Level.WARNING,
                subject,
                f"its groups were read {since}",
                f"Is the worker running? Try: postroad messengers read {messenger.key}",
            )
        else:
            yield Finding(Level.FINE, subject, "works")
        if aside := queries.count_set_aside(messenger):
            yield Finding(
                Level.WARNING,
                subject,
                f"{aside} of its messages could not be stored and were set aside",
                "See the reasons: postroad messengers aside " + messenger.key,
            )
