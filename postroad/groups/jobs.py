"""Names of the background jobs of groups."""

from enum import StrEnum


class Job(StrEnum):
    FOLLOW = "groups.follow"
    FOLLOW_PEOPLE = "groups.follow-people"
    APPLY = "groups.apply"
    APPLY_BY_HAND = "groups.apply-by-hand"
    RETRY = "groups.retry"
    END_HAND_OVERS = "groups.end-hand-overs"
    FOLLOW_HOURLY = "groups.follow-hourly"
    SETTLE_GRANTS = "groups.settle-grants"
    OPEN_CONFIRMATIONS = "groups.open-confirmations"
