from enum import StrEnum


class Job(StrEnum):
    RECORD_FIGURES = "board.record-figures"
