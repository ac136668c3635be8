from enum import StrEnum


class Job(StrEnum):
    CONCLUDE_LOST = "hotline.conclude-lost"
    TIDY = "hotline.tidy"
    APPLY_RECORDS = "hotline.apply-records"
