"""Names of the background jobs of approvals."""

from enum import StrEnum


class Job(StrEnum):
    ASK_APPROVERS = "approvals.ask"
    TELL_APPLICANT = "approvals.tell-applicant"
    REMIND = "approvals.remind"
    ESCALATE = "approvals.escalate"
    MOVE_LEAVERS = "approvals.move-leavers"
