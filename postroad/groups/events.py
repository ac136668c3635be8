"""What groups write into the ledger."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    PROJECT_CREATED = "groups.project.created"
    PROJECT_CHANGED = "groups.project.changed"
    PROJECT_MEMBER_ADDED = "groups.project-member.added"
    PROJECT_MEMBER_ENDED = "groups.project-member.ended"
    TEMPLATE_APPLIED = "groups.template.applied"
    TEMPLATE_IN_FORCE = "groups.template.put-in-force"
    TEMPLATE_CHANGED = "groups.template.changed"
    TEMPLATE_REFUSED = "groups.template.refused"
    TEMPLATE_ENDED = "groups.template.ended"
    GROUP_DECLARED = "groups.group.declared"
    DELEGATE_NAMED = "groups.delegate.named"
    DIFFERENCE_FOUND = "groups.difference.found"
    DIFFERENCE_CLOSED = "groups.difference.closed"
    DIFFERENCE_EXCEPTED = "groups.difference.excepted"
    ACCEPTANCE_ASKED = "groups.acceptance.asked"
    ACCEPTANCE_REFUSED = "groups.acceptance.refused"
    RUN_STARTED = "groups.run.started"
    RUN_HELD = "groups.run.held"
    RUN_FINISHED = "groups.run.finished"
    RUN_BROKEN_OFF = "groups.run.broken-off"
    RUN_DROPPED = "groups.run.dropped"
    STEP_DONE = "groups.step.done"
    STEP_FAILED = "groups.step.failed"
    GROUP_CLOSED = "groups.group.closed"
    GROUP_RENEWED = "groups.group.renewed"
    STRAY_CLAIMED = "groups.stray.claimed"
    STRAY_REFUSED = "groups.stray.refused"
    STRAY_ASKED = "groups.stray.asked"
    STRAY_ANSWERED = "groups.stray.answered"
    STRAY_CLOSED = "groups.stray.closed"
    HAND_OVER_OPENED = "groups.hand-over.opened"
    HAND_OVER_CLOSED = "groups.hand-over.closed"
    CHANNEL_CONFIRMED = "groups.channel.confirmed"


SENTENCES = {
    Event.PROJECT_CREATED: _("{actor} created the project {code}"),
    Event.PROJECT_CHANGED: _("{actor} changed the project: {fields}"),
    Event.PROJECT_MEMBER_ADDED: _("{actor} put a person into the project from {starts_on}"),
    Event.PROJECT_MEMBER_ENDED: _("{actor} ended a person's time in the project on {ends_on}"),
    Event.TEMPLATE_APPLIED: _("{actor} applied for the group template {key}"),
    Event.TEMPLATE_IN_FORCE: _("The group template came into force"),
    Event.TEMPLATE_CHANGED: _("The group template was changed: {fields}"),
    Event.TEMPLATE_REFUSED: _("The group template was not approved"),
    Event.TEMPLATE_ENDED: _("{actor} ended the group template: {reason}"),
    Event.GROUP_DECLARED: _("A group was declared by the template {template}"),
    Event.DELEGATE_NAMED: _("{actor} named who owns the group in place of the head"),
    Event.DIFFERENCE_FOUND: _("A difference was found: {field}"),
    Event.DIFFERENCE_CLOSED: _("A difference was closed: {field} ({how})"),
    Event.DIFFERENCE_EXCEPTED: _("{actor} made an exception until {until}: {reason}"),
    Event.ACCEPTANCE_ASKED: _("{actor} asked for a difference to become the approved state: {field}"),
    Event.ACCEPTANCE_REFUSED: _("A difference was not accepted as the approved state: {field}"),
    Event.RUN_STARTED: _("{actor} began to make {planned} groups as declared"),
    Event.RUN_HELD: _("Making the groups as declared waits for a click: {removing} of {members} members would go"),
    Event.RUN_FINISHED: _("Making the groups as declared ended: {done} done, {failed} failed"),
    Event.RUN_BROKEN_OFF: _("Making the groups as declared was broken off"),
    Event.RUN_DROPPED: _("{actor} dropped what waited for a click"),
    Event.STEP_DONE: _("The group was made as declared: {added} added, {removed} removed"),
    Event.STEP_FAILED: _("The group could not be made as declared: {reason}"),
    Event.GROUP_CLOSED: _("{actor} closed the group in the messenger: {reason}"),
    Event.GROUP_RENEWED: _("{actor} ordered the group to be made anew"),
    Event.STRAY_CLAIMED: _("{actor} applied for the registration of a stray group"),
    Event.STRAY_REFUSED: _("The registration of a stray group was not approved"),
    Event.STRAY_ASKED: _("{actor} asked a person about a stray group"),
    Event.STRAY_ANSWERED: _("{actor} said what becomes of a stray group: {answer}"),
    Event.STRAY_CLOSED: _("{actor} closed a stray group: {reason}"),
    Event.HAND_OVER_OPENED: _("The channel has to be handed over: {cause}"),
    Event.HAND_OVER_CLOSED: _("The hand-over of the channel ended: {how}"),
    Event.CHANNEL_CONFIRMED: _("{actor} confirmed the channel for {month}"),
}
