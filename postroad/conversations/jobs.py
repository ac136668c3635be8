"""The background jobs of conversations."""

from enum import StrEnum


class Job(StrEnum):
    SEND_DUE = "conversations.send-due"
    SEND_PUT_OFF = "conversations.send-put-off"
    RETRY_HANDLERS = "conversations.retry-handlers"
    PREPARE_PARTITIONS = "conversations.prepare-partitions"
