"""Names of the ledger's background jobs."""

from enum import StrEnum


class Job(StrEnum):
    SEAL = "ledger.seal"
