"""Names of clock's background jobs."""

from enum import StrEnum


class Job(StrEnum):
    FIRE_DUE = "clock.fire-due"
    OPEN_DUTIES = "clock.open-duties"
