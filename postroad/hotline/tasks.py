"""The hotline's background jobs; each calls one action."""

from uuid import UUID

from django.utils import timezone

from postroad.hotline import actions, queries
from postroad.hotline.jobs import Job
from postroad.platform.jobs import periodic, task


@periodic(Job.CONCLUDE_LOST, cron="* * * * *")
def conclude_lost() -> None:
    for call_id in queries.lost(now=timezone.now()):
        actions.conclude_lost(call_id=call_id)


@periodic(Job.TIDY, cron="23 * * * *")
def tidy() -> None:
    actions.tidy()
    actions.forget_erased()


@task(Job.APPLY_RECORDS)
def apply_records(records_id: str) -> None:
    actions.apply_records(records_id=UUID(records_id))
