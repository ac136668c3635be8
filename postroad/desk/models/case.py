"""The case, and which messages of which conversations belong to it.

A case is what we owe a customer about one matter. It may span several conversations (after a merge), and a conversation
may in time belong to several cases (an answer long after closing opens a follow-up).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.desk.models.spells import KEEP_SPELLS
from postroad.platform.models import Identified

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""`Case.next_due_at` of a case without a promise that runs. A real value, because pages are found by seeking on it."""


class CaseState(models.TextChoices):
    NEW = "new", pgettext_lazy("case", "New")
    OPEN = "open", pgettext_lazy("case", "Open")
    WAITING = "waiting", _("Waiting for the customer")
    SOLVED = "solved", pgettext_lazy("case", "Solved")
    CLOSED = "closed", pgettext_lazy("case", "Closed")


TO_DO = (CaseState.NEW, CaseState.OPEN)
ACTIVE = (*TO_DO, CaseState.WAITING)
FINISHED = (CaseState.SOLVED, CaseState.CLOSED)


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class ClosedReason(models.TextChoices):
    DONE = "done", _("no answer needed")
    QUIET = "quiet", _("solved, and quiet since")
    SPAM = "spam", _("spam")
    MERGED = "merged", _("merged into another case")


class Case(Identified):
    """One matter of one customer, known to people by its number.

    `next_due_at` is when the nearest promise that still runs (or has been missed and is still owed) falls due, `NEVER`
    without one; `promises.refresh_due` keeps it. `automatic` cases were opened by a robot's mail: nobody waits for an
    answer, no promise runs. `undelivered` says that the last thing we sent did not arrive.
    """

    number = models.BigIntegerField(_("number"), unique=True, editable=False)
    channel = models.ForeignKey(
        "channels.Channel", models.PROTECT, related_name="cases", db_index=False, verbose_name=_("channel")
    )
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=CaseState, default=CaseState.NEW)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, default=Priority.NORMAL)
    contact = models.ForeignKey(
        "org.Contact",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        db_index=False,
        verbose_name=_("contact"),
    )
    organisation = models.ForeignKey(
        "org.Organisation", models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("organisation")
    )
    assignee = models.ForeignKey(
        "org.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        db_index=False,
        verbose_name=_("assignee"),
    )
    automatic = models.BooleanField(default=False)
    undelivered = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_cases", db_index=False
    )
    follow_up_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="follow_ups", db_index=False
    )
    next_due_at = models.DateTimeField(default=NEVER)
    opened_at = models.DateTimeField(_("opened"))
    last_message_at = models.DateTimeField(_("last message"))
    first_replied_at = models.DateTimeField(null=True, blank=True)
    # When work on it began again, the last time it did after it had been finished.
    reopened_at = models.DateTimeField(null=True, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=10, choices=ClosedReason, blank=True)
    # Sorted by hand into (`Tag`), and what was asked of it (`CustomField.key` → answer): here and not in tables of
    # their own, because the list filters by them, and shows them, beside everything else that stands here.
    tag_ids = ArrayField(models.UUIDField(), default=list, db_default=[], blank=True)
    field_values = models.JSONField(default=dict, db_default={}, blank=True)
    search = SearchVectorField(null=True, editable=False)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints: ClassVar = [
            models.CheckConstraint(name="desk_case_state_known", condition=Q(state__in=CaseState.values)),
            models.CheckConstraint(name="desk_case_priority_known", condition=Q(priority__in=Priority.values)),
            models.CheckConstraint(
                name="desk_case_closed_has_moment_and_reason",
                condition=Q(state="closed", closed_at__isnull=False, closed_reason__in=ClosedReason.values)
                | (~Q(state="closed") & Q(closed_at__isnull=True, closed_reason="")),
            ),
            models.CheckConstraint(
                name="desk_case_solved_has_moment", condition=~Q(state="solved") | Q(solved_at__isnull=False)
            ),
            models.CheckConstraint(
                name="desk_case_merged_is_closed",
                condition=Q(merged_into__isnull=True) | Q(state="closed", closed_reason="merged"),
            ),
            models.CheckConstraint(name="desk_case_not_merged_into_itself", condition=~Q(merged_into=F("id"))),
        ]
        # Each view of the list reads its page straight off one of these, however many cases there are.
        indexes: ClassVar = [
            models.Index(fields=["next_due_at", "-id"], name="desk_case_by_due"),
            models.Index(fields=["opened_at", "id"], name="desk_case_by_opened"),
            models.Index(
                fields=["first_replied_at"],
                name="desk_case_by_first_reply",
                condition=Q(first_replied_at__isnull=False),
            ),
            models.Index(
                fields=["channel", "next_due_at", "-id"], name="desk_case_channel_due", condition=Q(state__in=ACTIVE)
            ),
            models.Index(
                fields=["assignee", "next_due_at", "-id"], name="desk_case_assignee_due", condition=Q(state__in=ACTIVE)
            ),
            models.Index(fields=["next_due_at", "-id"], name="desk_case_active_due", condition=Q(state__in=ACTIVE)),
            models.Index(
                fields=["next_due_at", "-id"],
                name="desk_case_unassigned_due",
                condition=Q(state__in=TO_DO, assignee__isnull=True),
            ),
            models.Index(fields=["next_due_at", "-id"], name="desk_case_waiting_due", condition=Q(state="waiting")),
            models.Index(
                fields=["next_due_at", "-id"],
                name="desk_case_automatic_due",
                condition=Q(state__in=ACTIVE, automatic=True),
            ),
            models.Index(
                fields=["next_due_at", "-id"],
                name="desk_case_undelivered_due",
                condition=Q(state__in=ACTIVE, undelivered=True),
            ),
            models.Index(fields=["-solved_at", "-id"], name="desk_case_solved", condition=Q(state="solved")),
            models.Index(fields=["contact", "-opened_at"], name="desk_case_of_contact"),
            models.Index(fields=["merged_into"], name="desk_case_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["follow_up_of"], name="desk_case_follow_up", condition=Q(follow_up_of__isnull=False)),
            GinIndex(fields=["search"], name="desk_case_search"),
            # Most cases have neither, and then cost nothing here; who filters says so, too (`queries.filtering`).
            GinIndex(fields=["tag_ids"], name="desk_case_tags", condition=~Q(tag_ids=[]), fastupdate=False),
            GinIndex(fields=["field_values"], name="desk_case_fields", condition=~Q(field_values={}), fastupdate=False),
        ]
        triggers: ClassVar = [KEEP_SPELLS]

    def __str__(self) -> str:
        return f"#{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("desk:case", args=[self.number])

    @property
    def token(self) -> str:
        """How replies name the case in their subject line (without the brackets)."""
        return f"PR-{self.number}"

    @property
    def due_at(self) -> datetime | None:
        return None if self.next_due_at == NEVER else self.next_due_at

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def finished_at(self) -> datetime | None:
        """When the case was solved, or closed without; None while something is to be done."""
        return (self.solved_at or self.closed_at) if self.is_finished else None


class CaseConversation(Identified):
    """Which messages of a conversation belong to a case: from `first_message_id` on, until before `until_message_id`.

    Message ids sort by the moment of intake, so these bounds also prune the partitions that a case page reads.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="links")
    conversation = models.ForeignKey("conversations.Conversation", models.PROTECT, related_name="case_links")
    first_message_id = models.UUIDField()
    until_message_id = models.UUIDField(null=True, blank=True)
    # Written with somebody who is not the customer: nothing in it keeps a promise or makes one.
    aside = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(until_message_id__isnull=True),
                name="desk_conversation_in_one_case",
            ),
            models.CheckConstraint(
                name="desk_link_ends_after_start",
                condition=Q(until_message_id__isnull=True) | Q(until_message_id__gt=F("first_message_id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.conversation_id}"
