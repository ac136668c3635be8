"""Names of this package's background jobs."""

from enum import StrEnum


class Job(StrEnum):
    READ = "directory.read"
    APPLY = "directory.apply"
    START_DUE = "directory.start-due"
    CLEAN = "directory.clean"
