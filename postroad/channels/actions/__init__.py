"""Every write about channels."""

from postroad.channels.actions.applications import (
    apply_for_channel,
    close_refused,
    go_live,
    open_approved,
    planned_steps,
    register_approved,
    revise_application,
)
from postroad.channels.actions.changes import (
    Outcome,
    apply_approved_change,
    change_channel,
    connect_channel,
    drop_refused_change,
    follow_approved,
    hand_over,
)
from postroad.channels.actions.exports import note_export
from postroad.channels.actions.health import (
    close_lost_probes,
    forget_old_checks,
    probe_all,
    probe_channel,
    report_connection,
)
from postroad.channels.actions.particulars import Particulars
from postroad.channels.actions.receiving import ChannelDirectory, passing_faults, take_in
from postroad.channels.actions.rules import remove_naming_rule, set_naming_rule
from postroad.channels.actions.states import resume_channel, retire_channel, suspend_channel
from postroad.channels.actions.team import remove_member, set_member

__all__ = [
    "ChannelDirectory",
    "Outcome",
    "Particulars",
    "apply_approved_change",
    "apply_for_channel",
    "change_channel",
    "close_lost_probes",
    "close_refused",
    "connect_channel",
    "drop_refused_change",
    "follow_approved",
    "forget_old_checks",
    "go_live",
    "hand_over",
    "note_export",
    "open_approved",
    "passing_faults",
    "planned_steps",
    "probe_all",
    "probe_channel",
    "register_approved",
    "remove_member",
    "remove_naming_rule",
    "report_connection",
    "resume_channel",
    "retire_channel",
    "revise_application",
    "set_member",
    "set_naming_rule",
    "suspend_channel",
    "take_in",
]
