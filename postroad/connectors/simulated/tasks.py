"""Background entry points of the simulated messenger."""

from enum import StrEnum

from postroad.connectors.simulated import life
from postroad.platform.jobs import periodic


class Job(StrEnum):
    FORGET = "simulated.forget"


@periodic(Job.FORGET, cron="40 3 * * *")
def forget() -> None:
    life.forget_what_happened()
