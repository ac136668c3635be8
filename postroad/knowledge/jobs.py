from enum import StrEnum


class Job(StrEnum):
    OPEN_REVIEWS = "knowledge.open-reviews"
