"""What `postroad doctor` says of the directories that people come from."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from postroad.directory import queries
from postroad.directory.models import Source
from postroad.platform.doctor import Finding, Level

LATE_AFTER = timedelta(minutes=15)


def directories_work() -> Iterator[Finding]:
    """One finding for each directory in use: works, fails, is late, or waits for somebody."""
    source: Any  # with what the list counts for it
    for source in queries.sources_listed().filter(state=Source.State.IN_USE):
        subject = f"directory {source.key}"
        if source.healthy is False:
            yield Finding(
                Level.FAULT, subject, source.health_detail, "Check its connection on the page of the directory."
            )
        elif source.next_run_at is not None and source.next_run_at < timezone.now() - LATE_AFTER:
            yield Finding(
                Level.WARNING,
                subject,
                f"was to be read at {source.next_run_at:%Y-%m-%d %H:%M} UTC and was not",
                f"Is the worker running? Try: postroad directory sync {source.key}",
            )
        elif source.has_held:
            yield Finding(
                Level.WARNING, subject, "its last reading waits for somebody to look at it", "See its page, or My work."
            )
        else:
            yield Finding(Level.FINE, subject, "works")
