"""What the desk writes into the ledger. People appear by staff number, texts not at all."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    CASE_OPENED = "desk.case.opened"
    CASE_CONTINUED = "desk.case.continued"
    CASE_REPLIED = "desk.case.replied"
    CASE_CALLED_BACK = "desk.case.called-back"
    CASE_SPOKEN = "desk.case.spoken"
    CASE_ACKNOWLEDGED = "desk.case.acknowledged"
    CASE_ASSIGNED = "desk.case.assigned"
    CASE_MOVED = "desk.case.moved"
    CASE_TRANSFERRED = "desk.case.transferred"
    CASE_PRIORITISED = "desk.case.prioritised"
    CASE_NOTED = "desk.case.noted"
    CASE_MERGED = "desk.case.merged"
    CASE_UNDELIVERED = "desk.case.undelivered"
    CASE_ADOPTED = "desk.case.adopted"
    CASES_EXPORTED = "desk.case.exported"
    CASE_ROUTED = "desk.case.routed"
    CASE_ROUTED_AROUND = "desk.case.routed-around"
    LADDER_CHANGED = "desk.ladder.changed"
    PROMISES_MOVED = "desk.promises.moved"
    ROUTING_CHANGED = "desk.routing.changed"
    SKILL_SAVED = "desk.skill.saved"
    SKILL_REMOVED = "desk.skill.removed"
    QUEUE_CHANGED = "desk.queue.changed"
    CANNED_SAVED = "desk.canned.saved"
    CANNED_REMOVED = "desk.canned.removed"
    CASE_TAGGED = "desk.case.tagged"
    CASE_FILLED_IN = "desk.case.filled-in"
    CASE_LINKED = "desk.case.linked"
    CASE_UNLINKED = "desk.case.unlinked"
    CASE_SPLIT = "desk.case.split"
    CASE_SPLIT_OFF = "desk.case.split-off"
    MACRO_RUN = "desk.macro.run"
    MACRO_SAVED = "desk.macro.saved"
    MACRO_REMOVED = "desk.macro.removed"
    TAG_SAVED = "desk.tag.saved"
    TAG_MERGED = "desk.tag.merged"
    TAG_REMOVED = "desk.tag.removed"
    FIELD_SAVED = "desk.field.saved"
    FIELD_RETIRED = "desk.field.retired"
    FIELD_RESTORED = "desk.field.restored"
    VIEW_SHARED = "desk.view.shared"
    CASE_PASSED_ON = "desk.case.passed-on"
    CASE_TOLD_ASIDE = "desk.case.told-aside"
    CASE_TOLD_AWAY = "desk.case.told-away"
    REPLY_SCHEDULED = "desk.reply.scheduled"
    REPLY_TAKEN_BACK = "desk.reply.taken-back"
    REPLY_RELEASED = "desk.reply.released"
    REPLY_HELD_BACK = "desk.reply.held-back"
    SIGNATURE_SAVED = "desk.signature.saved"
    MAIL_RULES_CHANGED = "desk.mail-rules.changed"
    SENDER_ADDED = "desk.sender.added"
    SENDER_REMOVED = "desk.sender.removed"
    TIER_RULE_CHANGED = "desk.tier-rule.changed"
    OFFER_MADE = "desk.offer.made"
    OFFER_TAKEN = "desk.offer.taken"


SENTENCES = {
    Event.CASE_OPENED: _("A message opened case {number}"),
    Event.CASE_CONTINUED: _("A message came in; the case is now: {state[after]}"),
    Event.CASE_REPLIED: _("{actor} replied; the case is now: {state[after]}"),
    Event.CASE_SPOKEN: _("{actor} put a call with the customer into the case, which is now: {state[after]}"),
    Event.CASE_CALLED_BACK: _("The customer was called back; the case is now: {state[after]}"),
    Event.CASE_ACKNOWLEDGED: _("The sender was told that the message has come in"),
    Event.CASE_ASSIGNED: _("{actor} changed the assignee from {assignee[before]} to {assignee[after]}"),
    Event.CASE_MOVED: _("{actor} changed the state from {state[before]} to {state[after]} ({reason})"),
    Event.CASE_TRANSFERRED: _("{actor} transferred the case from {channel[before]} to {channel[after]}: {reason}"),
    Event.CASE_PRIORITISED: _("{actor} changed the priority from {priority[before]} to {priority[after]}"),
    Event.CASE_NOTED: _("{actor} wrote an internal note"),
    Event.CASE_MERGED: _("{actor} merged case {number} into case {into}"),
    Event.CASE_UNDELIVERED: _("What we sent did not arrive; the case is now: {state[after]}"),
    Event.CASE_ADOPTED: _("{actor} found that a person waits for an answer; the promises run from its arrival"),
    Event.CASES_EXPORTED: _("{actor} exported {count} cases"),
    Event.CASE_ROUTED: _("The case went to {person}: {rule}"),
    Event.CASE_ROUTED_AROUND: _("The case went to {person}: {rule}; nobody was free for: {passed}"),
    Event.LADDER_CHANGED: _("{actor} changed who is told when a promise runs out"),
    Event.PROMISES_MOVED: _("{actor} moved the rest of {count} running promises to the rule of now: {reason}"),
    Event.ROUTING_CHANGED: _("{actor} changed how new cases are handed out from {rule[before]} to {rule[after]}"),
    Event.SKILL_SAVED: _("{actor} wrote down the skill {name}"),
    Event.SKILL_REMOVED: _("{actor} removed the skill {name}"),
    Event.QUEUE_CHANGED: _("{actor} changed how the queue is run: {fields}"),
    Event.CANNED_SAVED: _("{actor} wrote the canned answer “{title}”"),
    Event.CANNED_REMOVED: _("{actor} removed the canned answer “{title}”"),
    Event.CASE_TAGGED: _("{actor} changed the tags: put on {added}, taken away {removed}"),
    Event.CASE_FILLED_IN: _("{actor} filled in: {fields}"),
    Event.CASE_LINKED: _("{actor} linked the case with case {other}: {kind}"),
    Event.CASE_UNLINKED: _("{actor} took away the link with case {other}: {kind}"),
    Event.CASE_SPLIT: _("{actor} made a part of the conversation a case of its own, {number}"),
    Event.CASE_SPLIT_OFF: _("{actor} split this case off from case {number}"),
    Event.MACRO_RUN: _("{actor} ran the macro “{name}”"),
    Event.MACRO_SAVED: _("{actor} wrote the macro “{name}”"),
    Event.MACRO_REMOVED: _("{actor} removed the macro “{name}”"),
    Event.TAG_SAVED: _("{actor} saved the tag “{name}”"),
    Event.TAG_MERGED: _("{actor} merged the tag “{name}” into “{into}”"),
    Event.TAG_REMOVED: _("{actor} removed the tag “{name}”"),
    Event.FIELD_SAVED: _("{actor} saved the custom field “{name}”"),
    Event.FIELD_RETIRED: _("{actor} retired the custom field “{name}”"),
    Event.FIELD_RESTORED: _("{actor} took the custom field “{name}” into use again"),
    Event.VIEW_SHARED: _("{actor} shared the view “{name}” with everybody at the desk"),
    Event.CASE_PASSED_ON: _("{actor} wrote to somebody who is not the customer; no promise is met by it"),
    Event.CASE_TOLD_ASIDE: _("Somebody who is not the customer answered; the case is now: {state[after]}"),
    Event.CASE_TOLD_AWAY: _("The sender was told when working hours begin again"),
    Event.REPLY_SCHEDULED: _("{actor} had a mail wait until {at}"),
    Event.REPLY_TAKEN_BACK: _("{actor} took a mail of {writer} back before it was sent"),
    Event.REPLY_RELEASED: _("{actor} had a waiting mail of {writer} sent now"),
    Event.REPLY_HELD_BACK: _("A mail that waited was not sent: {why}"),
    Event.SIGNATURE_SAVED: _("{actor} changed a signature"),
    Event.MAIL_RULES_CHANGED: _("{actor} changed how mail is written and answered: {fields}"),
    Event.SENDER_ADDED: _("{actor} let the team write from {address}"),
    Event.SENDER_REMOVED: _("{actor} no longer lets the team write from {address}"),
    Event.TIER_RULE_CHANGED: _("{actor} changed what is offered to whom nobody answers: {fields}"),
    Event.OFFER_MADE: _("Nobody had answered, so the customer was offered {channel}"),
    Event.OFFER_TAKEN: _("The customer took our offer and came to {channel}"),
}
