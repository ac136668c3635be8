"""Every write of calendars, promises and duties."""

from postroad.clock.actions.calendars import add_version, create_calendar
from postroad.clock.actions.deadlines import (
    CLOCK,
    NewDeadline,
    cancel,
    carry_over,
    change_rules,
    fire_due,
    meet,
    move,
    pause,
    reassign,
    resume,
    start_deadline,
    start_deadlines,
)
from postroad.clock.actions.duties import complete_duty, create_duty, open_duties, update_duty
from postroad.clock.life import Rule

__all__ = [
    "CLOCK",
    "NewDeadline",
    "Rule",
    "add_version",
    "cancel",
    "carry_over",
    "change_rules",
    "complete_duty",
    "create_calendar",
    "create_duty",
    "fire_due",
    "meet",
    "move",
    "open_duties",
    "pause",
    "reassign",
    "resume",
    "start_deadline",
    "start_deadlines",
    "update_duty",
]
