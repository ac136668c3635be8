"""What clock writes into the ledger. Titles of promises stay out: they may hold personal data."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    CALENDAR_CREATED = "clock.calendar.created"
    CALENDAR_VERSION_ADDED = "clock.calendar.version-added"
    DEADLINE_STARTED = "clock.deadline.started"
    DEADLINE_PAUSED = "clock.deadline.paused"
    DEADLINE_RESUMED = "clock.deadline.resumed"
    DEADLINE_WARNED = "clock.deadline.warned"
    DEADLINE_MISSED = "clock.deadline.missed"
    DEADLINE_ESCALATED = "clock.deadline.escalated"
    DEADLINE_MET = "clock.deadline.met"
    DEADLINE_FINISHED_LATE = "clock.deadline.finished-late"
    DEADLINE_CANCELLED = "clock.deadline.cancelled"
    DEADLINE_MOVED = "clock.deadline.moved"
    DEADLINE_RULE_CHANGED = "clock.deadline.rule-changed"
    DEADLINE_REASSIGNED = "clock.deadline.reassigned"
    DEADLINE_CARRIED_OVER = "clock.deadline.carried-over"
    DUTY_CREATED = "clock.duty.created"
    DUTY_CHANGED = "clock.duty.changed"
    DUTY_DONE = "clock.duty.done"


SENTENCES = {
    Event.CALENDAR_CREATED: _("{actor} created the calendar {key}"),
    Event.CALENDAR_VERSION_ADDED: _("{actor} added version {number} to the calendar {key}, valid from {valid_from}"),
    Event.DEADLINE_STARTED: _("{actor} started the promise {kind}, due {due_at}"),
    Event.DEADLINE_PAUSED: _("{actor} paused the promise {kind} at {at}"),
    Event.DEADLINE_RESUMED: _("{actor} let the promise {kind} run again from {at}, due {due_at}"),
    Event.DEADLINE_WARNED: _("The promise {kind} has used {percent} % of its time"),
    Event.DEADLINE_MISSED: _("The promise {kind} was missed at {at}"),
    Event.DEADLINE_ESCALATED: _("The missed promise {kind} was escalated at {at}"),
    Event.DEADLINE_MET: _("{actor} met the promise {kind} at {at}"),
    Event.DEADLINE_FINISHED_LATE: _("{actor} did what the promise {kind} asked, late, at {at}"),
    Event.DEADLINE_CANCELLED: _("{actor} cancelled the promise {kind}: {reason}"),
    Event.DEADLINE_MOVED: _("{actor} moved the promise {kind} to {due_at}: {reason}"),
    Event.DEADLINE_RULE_CHANGED: _(
        "{actor} moved the rest of the promise {kind} to another rule, due {due_at}: {reason}"
    ),
    Event.DEADLINE_REASSIGNED: _("{actor} made somebody else responsible for the promise {kind}"),
    Event.DEADLINE_CARRIED_OVER: _("{actor} carried the promise {kind} over, as it was: {reason}"),
    Event.DUTY_CREATED: _("{actor} created a duty, {frequency}"),
    Event.DUTY_CHANGED: _("{actor} changed the duty: {fields}"),
    Event.DUTY_DONE: _("{actor} did the duty of {day}"),
}
