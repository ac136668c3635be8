from uuid import UUID

from postroad.org import actions
from postroad.org.jobs import Job
from postroad.platform.actors import Actor
from postroad.platform.jobs import periodic, task


@task(Job.CHECK_IMPORT)
def check_import(import_id: str) -> None:
    actions.check_import(import_id=UUID(import_id))


@task(Job.APPLY_IMPORT)
def apply_import(import_id: str) -> None:
    actions.apply_import(import_id=UUID(import_id))


@periodic(Job.CLOSE_LEAVERS, cron="*/10 * * * *")
def close_leavers() -> None:
    actions.close_leavers(actor=Actor.system("org"))


@periodic(Job.DISCARD_OLD_IMPORTS, cron="20 3 * * *")
def discard_old_imports() -> None:
    actions.discard_old_imports(actor=Actor.system("org"))
