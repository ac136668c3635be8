"""Names of the background jobs of channels."""

from enum import StrEnum


class Job(StrEnum):
    PROBE = "channels.probe"
    PROBE_ALL = "channels.probe-all"
    CLOSE_PROBES = "channels.close-probes"
    FORGET_CHECKS = "channels.forget-checks"
