"""Names of the background jobs of access."""

from enum import StrEnum


class Job(StrEnum):
    TURN = "access.turn"
    END_UNREVIEWED = "access.end-unreviewed"
    ESCALATE_SHEETS = "access.escalate-sheets"
    CLOSE_SHEETS = "access.close-sheets"
    REMIND_SHEETS = "access.remind-sheets"
    START_RECERTIFICATION = "access.start-recertification"
    OPEN_FEATURE_REVIEW = "access.open-feature-review"
