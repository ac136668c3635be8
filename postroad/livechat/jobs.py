from enum import StrEnum


class Job(StrEnum):
    FORGET = "livechat.forget"
