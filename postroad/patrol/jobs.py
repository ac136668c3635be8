"""The background jobs of patrol."""

from enum import StrEnum


class Job(StrEnum):
    KEEP_ROUNDS = "patrol.keep-rounds"
