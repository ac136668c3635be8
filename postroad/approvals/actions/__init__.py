"""Every write of flows, requests, decisions and delegations."""

from postroad.approvals.actions.decisions import approve, reject, return_for_changes
from postroad.approvals.actions.delegations import delegate, end_delegation
from postroad.approvals.actions.flows import change_flow, create_flow, create_missing_flows
from postroad.approvals.actions.links import decide_by_link
from postroad.approvals.actions.mails import ask_approvers, tell_applicant
from postroad.approvals.actions.requests import revise, save_draft, submit, submit_saved, withdraw
from postroad.approvals.actions.upkeep import escalate, move_leavers, remind, remind_due

__all__ = [
    "approve",
    "ask_approvers",
    "change_flow",
    "create_flow",
    "create_missing_flows",
    "decide_by_link",
    "delegate",
    "end_delegation",
    "escalate",
    "move_leavers",
    "reject",
    "remind",
    "remind_due",
    "return_for_changes",
    "revise",
    "save_draft",
    "submit",
    "submit_saved",
    "tell_applicant",
    "withdraw",
]
