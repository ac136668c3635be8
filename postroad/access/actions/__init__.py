"""Every write about permissions."""

from postroad.access.actions.applications import (
    apply_for,
    discard_application,
    draft_application,
    planned_steps,
    revise_application,
    submit_application,
)
from postroad.access.actions.configuring import mark_configured
from postroad.access.actions.effects import (
    confirm_emergency,
    drop_emergency,
    end_unreviewed,
    on_review_missed,
    take_effect,
    take_effect_at_once,
)
from postroad.access.actions.exports import note_export
from postroad.access.actions.features import finish_feature_review, open_feature_review
from postroad.access.actions.importing import Import, RowProblem, read_form2
from postroad.access.actions.recertification import (
    answer_sheet,
    close_sheets,
    escalate_sheets,
    on_last_missed,
    on_sheet_missed,
    on_sheet_warned,
    start_due_recertification,
    start_recertification,
)
from postroad.access.actions.reminding import remind_of_sheets
from postroad.access.actions.turning import turn_grants

__all__ = [
    "Import",
    "RowProblem",
    "answer_sheet",
    "apply_for",
    "close_sheets",
    "confirm_emergency",
    "discard_application",
    "draft_application",
    "drop_emergency",
    "end_unreviewed",
    "escalate_sheets",
    "finish_feature_review",
    "mark_configured",
    "note_export",
    "on_last_missed",
    "on_review_missed",
    "on_sheet_missed",
    "on_sheet_warned",
    "open_feature_review",
    "planned_steps",
    "read_form2",
    "remind_of_sheets",
    "revise_application",
    "start_due_recertification",
    "start_recertification",
    "submit_application",
    "take_effect",
    "take_effect_at_once",
    "turn_grants",
]
