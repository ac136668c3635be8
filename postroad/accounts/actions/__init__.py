"""Every write of key accounts."""

from postroad.accounts.actions.absences import end_absence, enter_absence
from postroad.accounts.actions.handing import (
    HAND_OVER,
    look_after_managers,
    managers_changed,
    on_hand_over_missed,
    open_hand_over,
    pass_on_overdue,
    take_over,
)
from postroad.accounts.actions.keeping import (
    Agreed,
    Contract,
    change_account,
    end_account,
    escalate_overdue,
    follow_organisations,
    let_deputies_step_in,
    open_account,
    record_export,
)
from postroad.accounts.actions.logging import calls_spoken, delivered, enter_contact, take_in

__all__ = [
    "HAND_OVER",
    "Agreed",
    "Contract",
    "calls_spoken",
    "change_account",
    "delivered",
    "end_absence",
    "end_account",
    "enter_absence",
    "enter_contact",
    "escalate_overdue",
    "follow_organisations",
    "let_deputies_step_in",
    "look_after_managers",
    "managers_changed",
    "on_hand_over_missed",
    "open_account",
    "open_hand_over",
    "pass_on_overdue",
    "record_export",
    "take_in",
    "take_over",
]
