"""Every write to sources, their readings and conflicts; what SCIM clients push is in `actions.scim`."""

from postroad.directory.actions.conflicts import settle_alike, settle_conflict
from postroad.directory.actions.following import (
    TOPIC,
    apply_run,
    approve_run,
    clean,
    discard_run,
    read_source,
    start_due,
    start_run,
)
from postroad.directory.actions.sources import (
    Particulars,
    change_source,
    connect_source,
    make_token,
    resume_source,
    retire_source,
    revoke_token,
    suspend_source,
)

__all__ = [
    "TOPIC",
    "Particulars",
    "apply_run",
    "approve_run",
    "change_source",
    "clean",
    "connect_source",
    "discard_run",
    "make_token",
    "read_source",
    "resume_source",
    "retire_source",
    "revoke_token",
    "settle_alike",
    "settle_conflict",
    "start_due",
    "start_run",
    "suspend_source",
]
