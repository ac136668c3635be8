"""Every write of the hotline."""

from postroad.hotline.actions.callers import forget_erased, show_number
from postroad.hotline.actions.calling_back import BY_HAND, call_back, tidy
from postroad.hotline.actions.filing import file_call
from postroad.hotline.actions.importing import (
    apply_records,
    discard_records,
    name_columns,
    read_table,
    request_apply,
    upload_records,
)
from postroad.hotline.actions.lines import change_secret, remove_extension, set_extension
from postroad.hotline.actions.opening import open_case
from postroad.hotline.actions.receiving import LARGEST_BODY, Reply, Trial, receive, send_test
from postroad.hotline.actions.taking import EventIdReused, Taken, conclude_lost, take_events

__all__ = [
    "BY_HAND",
    "LARGEST_BODY",
    "EventIdReused",
    "Reply",
    "Taken",
    "Trial",
    "apply_records",
    "call_back",
    "change_secret",
    "conclude_lost",
    "discard_records",
    "file_call",
    "forget_erased",
    "name_columns",
    "open_case",
    "read_table",
    "receive",
    "remove_extension",
    "request_apply",
    "send_test",
    "set_extension",
    "show_number",
    "take_events",
    "tidy",
    "upload_records",
]
