"""Cases, the conversations they are made of, notes, drafts, and how each channel's queue is run."""

from postroad.desk.models.absences import Cover
from postroad.desk.models.case import (
    ACTIVE,
    FINISHED,
    NEVER,
    TO_DO,
    Case,
    CaseConversation,
    CaseState,
    ClosedReason,
    Priority,
)
from postroad.desk.models.consents import Consent
from postroad.desk.models.drafts import WAITING_FIELDS, Draft, DraftAttachment, HeldBack, SentDraft
from postroad.desk.models.fields import CustomField
from postroad.desk.models.ladders import USUAL_LADDER, Escalation, Ladder, Tells, rungs_of
from postroad.desk.models.links import BY_HAND, INVERSE, CaseLink, LinkKind
from postroad.desk.models.macros import Macro, Step
from postroad.desk.models.notes import Mention, Note
from postroad.desk.models.presence import AgentPresence, Presence
from postroad.desk.models.queues import Acknowledgement, CannedAnswer, Queue
from postroad.desk.models.routing import Language, Rule, Skill, Turn
from postroad.desk.models.satisfaction import Rating, RatingRules
from postroad.desk.models.spells import Spell
from postroad.desk.models.tags import Tag
from postroad.desk.models.tiers import Offer, TierRule
from postroad.desk.models.views import SavedView
from postroad.desk.models.writing import AwayReply, MailRules, SenderAddress, Signature

__all__ = [
    "ACTIVE",
    "BY_HAND",
    "FINISHED",
    "INVERSE",
    "NEVER",
    "TO_DO",
    "USUAL_LADDER",
    "WAITING_FIELDS",
    "Acknowledgement",
    "AgentPresence",
    "AwayReply",
    "CannedAnswer",
    "Case",
    "CaseConversation",
    "CaseLink",
    "CaseState",
    "ClosedReason",
    "Consent",
    "Cover",
    "CustomField",
    "Draft",
    "DraftAttachment",
    "Escalation",
    "HeldBack",
    "Ladder",
    "Language",
    "LinkKind",
    "Macro",
    "MailRules",
    "Mention",
    "Note",
    "Offer",
    "Presence",
    "Priority",
    "Queue",
    "Rating",
    "RatingRules",
    "Rule",
    "SavedView",
    "SenderAddress",
    "SentDraft",
    "Signature",
    "Skill",
    "Spell",
    "Step",
    "Tag",
    "Tells",
    "TierRule",
    "Turn",
    "rungs_of",
]
