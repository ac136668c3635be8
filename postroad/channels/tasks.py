"""Background entry points of channels."""

from uuid import UUID

from postroad.channels import actions
from postroad.channels.jobs import Job
from postroad.platform.jobs import periodic, task


@task(Job.PROBE)
def probe(channel_id: str) -> None:
    actions.probe_channel(channel_id=UUID(channel_id))


@periodic(Job.PROBE_ALL, cron="*/10 * * * *")
def probe_all() -> None:
    actions.probe_all()


@periodic(Job.CLOSE_PROBES, cron="* * * * *")
def close_probes() -> None:
    actions.close_lost_probes()


@periodic(Job.FORGET_CHECKS, cron="20 3 * * *")
def forget_checks() -> None:
    actions.forget_old_checks()
