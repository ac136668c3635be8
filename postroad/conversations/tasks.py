"""Background entry points of conversations."""

from postroad.conversations import actions
from postroad.conversations.jobs import Job
from postroad.platform.jobs import periodic, task


@task(Job.SEND_DUE)
def send_due() -> None:
    actions.flush_outbox()


@periodic(Job.SEND_PUT_OFF, cron="*/10 * * * * *")
def send_put_off() -> None:
    """What was put off, and what a worker that died had claimed."""
    actions.flush_outbox()


@periodic(Job.RETRY_HANDLERS, cron="*/1 * * * *")
def retry_handlers() -> None:
    actions.retry_handlers()


@periodic(Job.PREPARE_PARTITIONS, cron="17 1 * * *")
def prepare_partitions() -> None:
    actions.prepare_partitions()
