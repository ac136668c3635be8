"""What approvals write into the ledger. Titles and comments stay out, comments but for their digest."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    REQUEST_SUBMITTED = "approvals.request.submitted"
    REQUEST_APPROVED = "approvals.request.approved"
    REQUEST_REJECTED = "approvals.request.rejected"
    REQUEST_RETURNED = "approvals.request.returned"
    REQUEST_WITHDRAWN = "approvals.request.withdrawn"
    STEP_OPENED = "approvals.step.opened"
    STEP_APPROVED = "approvals.step.approved"
    STEP_REJECTED = "approvals.step.rejected"
    STEP_RETURNED = "approvals.step.returned"
    STEP_CARRIED = "approvals.step.carried"
    STEP_REMINDED = "approvals.step.reminded"
    STEP_OVERDUE = "approvals.step.overdue"
    STEP_ESCALATED = "approvals.step.escalated"
    ASSIGNMENT_MOVED = "approvals.assignment.moved"
    ASSIGNMENT_STRANDED = "approvals.assignment.stranded"
    DELEGATION_STARTED = "approvals.delegation.started"
    DELEGATION_ENDED = "approvals.delegation.ended"
    FLOW_CREATED = "approvals.flow.created"
    FLOW_CHANGED = "approvals.flow.changed"


SENTENCES = {
    Event.REQUEST_SUBMITTED: _("{actor} submitted the request {kind} by the flow {flow}, version {version}"),
    Event.REQUEST_APPROVED: _("The request {kind} was approved and took effect"),
    Event.REQUEST_REJECTED: _("The request {kind} was rejected"),
    Event.REQUEST_RETURNED: _("The request {kind} was returned for changes"),
    Event.REQUEST_WITHDRAWN: _("{actor} withdrew the request {kind}"),
    Event.STEP_OPENED: _("Step {position}, {name}, was put to {count} people"),
    Event.STEP_APPROVED: _("{actor} approved in step {position}, {name}"),
    Event.STEP_REJECTED: _("{actor} rejected in step {position}, {name}"),
    Event.STEP_RETURNED: _("{actor} returned it for changes in step {position}, {name}"),
    Event.STEP_CARRIED: _("The approval of {actor} in the step before counts in step {position}, {name}, too"),
    Event.STEP_REMINDED: _("{actor} reminded the approvers of step {position}, {name}"),
    Event.STEP_OVERDUE: _("Step {position}, {name}, was not decided in time"),
    Event.STEP_ESCALATED: _("Step {position}, {name}, was not decided in time and went on to {count} people"),
    Event.ASSIGNMENT_MOVED: _("The approval waiting for somebody who left went to somebody else"),
    Event.ASSIGNMENT_STRANDED: _("Nobody is left to decide step {position}, {name}"),
    Event.DELEGATION_STARTED: _("{actor} delegated approvals from {starts_on} to {ends_on}"),
    Event.DELEGATION_ENDED: _("{actor} ended a delegation of approvals on {ends_on}"),
    Event.FLOW_CREATED: _("{actor} created the flow {key}"),
    Event.FLOW_CHANGED: _("{actor} changed the flow {key}: version {number}"),
}
