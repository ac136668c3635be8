"""Background entry points of patrol."""

from postroad.patrol import actions
from postroad.patrol.jobs import Job
from postroad.platform.jobs import periodic


@periodic(Job.KEEP_ROUNDS, cron="*/5 * * * *")
def keep_rounds() -> None:
    actions.keep_rounds()
