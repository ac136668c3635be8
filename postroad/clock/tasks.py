"""Background entry points; each calls one action and may run any number of times."""

from postroad.clock import actions
from postroad.clock.jobs import Job
from postroad.platform.jobs import periodic


@periodic(Job.FIRE_DUE, cron="*/5 * * * * *")
def fire_due() -> None:
    actions.fire_due()


@periodic(Job.OPEN_DUTIES, cron="30 */5 * * * *")
def open_duties() -> None:
    actions.open_duties()
