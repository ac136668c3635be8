"""The hotline's pages, and the address telephone systems call."""

from postroad.hotline.views.calling import events
from postroad.hotline.views.calling_back import call_backs, call_backs_results, called, number
from postroad.hotline.views.calls import call, calls, calls_results, file_call, open_case
from postroad.hotline.views.importing import (
    records,
    records_apply,
    records_discard,
    records_import,
    records_progress,
)
from postroad.hotline.views.lines import extension_remove, extension_set, line, lines, secret, test_event

__all__ = [
    "call",
    "call_backs",
    "call_backs_results",
    "called",
    "calls",
    "calls_results",
    "events",
    "extension_remove",
    "extension_set",
    "file_call",
    "line",
    "lines",
    "number",
    "open_case",
    "records",
    "records_apply",
    "records_discard",
    "records_import",
    "records_progress",
    "secret",
    "test_event",
]
