"""Background jobs: rows in the same database, inserted in the same transaction as the change that wants them.

A job is named by an enum member, so that actions enqueue without importing tasks. A task is one more interface to an
action: ids in, one action called, safe to run twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from django.db import close_old_connections, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.retry import RetryStrategy
from procrastinate.tasks import configure_task

Function = TypeVar("Function", bound=Callable[..., None])

# Always Django's own connection, in a worker too: the job commits or rolls back with the change.
_manager = JobManager(DjangoConnector())

DEFAULT_RETRY = RetryStrategy(max_attempts=8, exponential_wait=3)


def enqueue(job: StrEnum, *, once: bool = False, run_at: datetime | None = None, **ids: str | int) -> None:
    """Adds a job to the current transaction.

    Args:
        job: its name.
        once: not if the same job with the same ids is already waiting (it will see what this change did).
        run_at: aware; not before this moment.
        ids: what the task is called with.
    """
    deferrer = configure_task(
        name=str(job),
        job_manager=_manager,
        queueing_lock=":".join([str(job), *map(str, ids.values())]) if once else None,
        schedule_at=run_at,
    )
    if not once:
        deferrer.defer(**ids)
        return
    try:
        # A savepoint: the clash must not break the caller's transaction.
        with transaction.atomic():
            deferrer.defer(**ids)
    except AlreadyEnqueued:
        return


def _lock_of(job: StrEnum, ids: Mapping[str, str | int]) -> str:
    return ":".join([str(job), *(str(value) for _name, value in sorted(ids.items()))])


def task(job: StrEnum, *, retry: RetryStrategy = DEFAULT_RETRY) -> Callable[[Function], Function]:
    """Registers the function that runs `job`; failures are retried as `retry` says."""

    def register(function: Function) -> Function:
        app.task(name=str(job), retry=retry)(_with_fresh_connection(function))
        return function

    return register


def periodic(job: StrEnum, *, cron: str) -> Callable[[Function], Function]:
    """Registers a function without arguments to run by `cron` (UTC; a sixth field in front counts seconds).

    A run that finds the one before still waiting is dropped: the work is "whatever is due", never "one tick".
    """

    def register(function: Function) -> Function:
        run = _with_fresh_connection(function)

        @wraps(function)
        def tick(timestamp: int) -> None:
            del timestamp
            run()

        registered = app.task(name=str(job), queueing_lock=str(job))(tick)
        app.periodic(cron=_seconds_last(cron))(registered)
        return function

    return register


def _seconds_last(cron: str) -> str:
    fields = cron.split()
    return " ".join([*fields[1:], fields[0]]) if len(fields) == 6 else cron  # noqa: PLR2004 - croniter's order


def _with_fresh_connection(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def run(**arguments: Any) -> None:
        _drop_worn_connections()
        try:
            function(**arguments)
        finally:
            _drop_worn_connections()

    return run


def _drop_worn_connections() -> None:
    """Not within a transaction of the caller, which would lose what it has done so far."""
    if not connection.in_atomic_block:
        close_old_connections()
