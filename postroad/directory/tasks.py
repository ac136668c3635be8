from uuid import UUID

from postroad.directory import actions
from postroad.directory.jobs import Job
from postroad.platform.jobs import periodic, task


@task(Job.READ)
def read(run_id: str) -> None:
    actions.read_source(run_id=UUID(run_id))


@task(Job.APPLY)
def apply(run_id: str) -> None:
    actions.apply_run(run_id=UUID(run_id))


@periodic(Job.START_DUE, cron="* * * * *")
def start_due() -> None:
    actions.start_due()


@periodic(Job.CLEAN, cron="50 3 * * *")
def clean() -> None:
    actions.clean()
