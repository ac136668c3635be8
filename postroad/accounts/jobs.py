"""The background jobs of key accounts."""

from enum import StrEnum


class Job(StrEnum):
    KEEP = "accounts.keep"
    END_HAND_OVERS = "accounts.end-hand-overs"
