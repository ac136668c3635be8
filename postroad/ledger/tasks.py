"""The sealer: entries reach the tree within seconds."""

from postroad.ledger.actions import seal
from postroad.ledger.jobs import Job
from postroad.platform.jobs import periodic


@periodic(Job.SEAL, cron="*/2 * * * * *")
def seal_waiting_entries() -> None:
    seal()
