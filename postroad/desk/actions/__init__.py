"""Every write of the desk."""

from postroad.desk.actions.absences import end_absence, enter_absence, hand_over_absent
from postroad.desk.actions.acknowledging import acknowledge
from postroad.desk.actions.adopting import adopt
from postroad.desk.actions.asides import begin_aside
from postroad.desk.actions.assignment import assign, set_priority, take, transfer
from postroad.desk.actions.away import answer_away
from postroad.desk.actions.bulk import MOST_CASES, Outcome, do_to_all, preview, run_macro
from postroad.desk.actions.calling import Cases
from postroad.desk.actions.canned import remove_canned, save_canned
from postroad.desk.actions.chatting import chat, mail_what_was_missed
from postroad.desk.actions.common import tell_of_promises
from postroad.desk.actions.consents import record_consent, withdraw_consent
from postroad.desk.actions.delivery import follow
from postroad.desk.actions.drafting import Letter, attach_known, detach, discard_draft, save_draft
from postroad.desk.actions.escalating import escalate, mail_escalations, set_ladder
from postroad.desk.actions.exporting import record_export
from postroad.desk.actions.fields import fill_in, restore_field, retire_field, save_field
from postroad.desk.actions.intake import take_in
from postroad.desk.actions.inviting import invite
from postroad.desk.actions.linking import link, unlink
from postroad.desk.actions.macros import ME, MOST_STEPS, NOBODY, remove_macro, save_macro, steps_of
from postroad.desk.actions.merging import merge, merge_all
from postroad.desk.actions.moving import move_promises
from postroad.desk.actions.notes import add_note, forget_presence, see
from postroad.desk.actions.offering import ChatOffers, change_tier_rule, offer_due
from postroad.desk.actions.presence import show_up
from postroad.desk.actions.queues import change_queue
from postroad.desk.actions.replying import After, reply, retry
from postroad.desk.actions.routing import hand_out_waiting, remove_skill, save_skill, set_routing
from postroad.desk.actions.satisfaction import (
    FOLLOW_UP,
    ChatRatings,
    ask_for_ratings,
    change_rating_rules,
    follow_up,
    link_to,
    question_of,
    rate,
    rating_by_token,
)
from postroad.desk.actions.sending import forget_sent, release_due, send, send_now, take_back
from postroad.desk.actions.splitting import split
from postroad.desk.actions.state import close, close_quiet, mark_spam, reopen, solve, wait
from postroad.desk.actions.steps import (
    Assign,
    CaseStep,
    ChangeState,
    Fill,
    MarkSpam,
    Merge,
    Prioritise,
    PutTag,
    PutText,
    TakeTag,
    WriteNote,
)
from postroad.desk.actions.tags import merge_tags, remove_tag, save_tag, tag_cases, tags_for
from postroad.desk.actions.views import remove_view, save_view
from postroad.desk.actions.writing import add_sender, change_mail_rules, remove_sender, save_signature

__all__ = [
    "FOLLOW_UP",
    "ME",
    "MOST_CASES",
    "MOST_STEPS",
    "NOBODY",
    "After",
    "Assign",
    "CaseStep",
    "Cases",
    "ChangeState",
    "ChatOffers",
    "ChatRatings",
    "Fill",
    "Letter",
    "MarkSpam",
    "Merge",
    "Outcome",
    "Prioritise",
    "PutTag",
    "PutText",
    "TakeTag",
    "WriteNote",
    "acknowledge",
    "add_note",
    "add_sender",
    "adopt",
    "answer_away",
    "ask_for_ratings",
    "assign",
    "attach_known",
    "begin_aside",
    "change_mail_rules",
    "change_queue",
    "change_rating_rules",
    "change_tier_rule",
    "chat",
    "close",
    "close_quiet",
    "detach",
    "discard_draft",
    "do_to_all",
    "end_absence",
    "enter_absence",
    "escalate",
    "fill_in",
    "follow",
    "follow_up",
    "forget_presence",
    "forget_sent",
    "hand_out_waiting",
    "hand_over_absent",
    "invite",
    "link",
    "link_to",
    "mail_escalations",
    "mail_what_was_missed",
    "mark_spam",
    "merge",
    "merge_all",
    "merge_tags",
    "move_promises",
    "offer_due",
    "preview",
    "question_of",
    "rate",
    "rating_by_token",
    "record_consent",
    "record_export",
    "release_due",
    "remove_canned",
    "remove_macro",
    "remove_sender",
    "remove_skill",
    "remove_tag",
    "remove_view",
    "reopen",
    "reply",
    "restore_field",
    "retire_field",
    "retry",
    "run_macro",
    "save_canned",
    "save_draft",
    "save_field",
    "save_macro",
    "save_signature",
    "save_skill",
    "save_tag",
    "save_view",
    "see",
    "send",
    "send_now",
    "set_ladder",
    "set_priority",
    "set_routing",
    "show_up",
    "solve",
    "split",
    "steps_of",
    "tag_cases",
    "tags_for",
    "take",
    "take_back",
    "take_in",
    "tell_of_promises",
    "transfer",
    "unlink",
    "wait",
    "withdraw_consent",
]
