"""What somebody is writing, with the files it takes along, until it has been sent.

A draft that was told to go (`send_at`) waits for that moment; until then nothing has been said and every promise runs.
Taken back, it is a draft again. See docs/decisions/018-sending-later.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.desk.models.case import Case
from postroad.platform.ids import new_id
from postroad.platform.models import Identified

if TYPE_CHECKING:
    from datetime import datetime


class HeldBack(models.TextChoices):
    """Why something that was to be sent was not: somebody has to look at it again."""

    CUSTOMER_WROTE = "customer-wrote", _("The customer wrote again before it was sent.")
    CASE_ENDED = "case-ended", _("The case was ended before it was sent.")
    WRITER_GONE = "writer-gone", _("Who wrote it does not answer cases any more.")
    REFUSED = "refused", _("It could not be sent as it stands.")


class Draft(Identified):
    """What somebody writes on a case: kept when they leave the page, shown to colleagues as "is writing".

    A REPLY goes to the customer. An ASIDE goes to somebody else (`about` is the message that is passed on, or answered
    in `conversation`) and keeps no promise. `key` names one press of "Send", so that pressing twice sends once.
    `send_at` None: it is being written. Otherwise it goes out then, unless it is `held_back`; `scheduled` says that a
    person chose that moment, not only that it may be undone for some seconds.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        ASIDE = "aside", _("To somebody else")

    case = models.ForeignKey(Case, models.CASCADE, related_name="drafts")
    person = models.ForeignKey("org.Person", models.CASCADE, related_name="case_drafts")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.REPLY)
    key = models.UUIDField(default=new_id, unique=True)
    sender = models.CharField(max_length=254, blank=True)
    to = models.TextField(blank=True)
    cc = models.TextField(blank=True)
    bcc = models.TextField(blank=True)
    subject = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    signed = models.BooleanField(default=True)
    about = models.UUIDField(null=True, blank=True)
    conversation = models.ForeignKey(
        "conversations.Conversation", models.CASCADE, null=True, blank=True, related_name="+"
    )
    after = models.CharField(max_length=10, blank=True)
    written_at = models.DateTimeField(default=timezone.now)
    send_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    scheduled = models.BooleanField(default=False)
    held_back = models.CharField(max_length=20, choices=HeldBack, blank=True)
    refusal = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "person"], condition=Q(kind="reply", send_at__isnull=True), name="desk_draft_once"
            ),
            models.UniqueConstraint(
                fields=["case", "person", "about"],
                condition=Q(kind="aside", send_at__isnull=True),
                name="desk_draft_aside_once",
            ),
            models.CheckConstraint(name="desk_draft_aside_about", condition=~Q(kind="aside") | Q(about__isnull=False)),
            models.CheckConstraint(
                name="desk_draft_waits_since",
                condition=Q(send_at__isnull=True, told_at__isnull=True, scheduled=False, held_back="")
                | Q(send_at__isnull=False, told_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["send_at"], condition=Q(send_at__isnull=False, held_back=""), name="desk_draft_to_send"
            ),
            models.Index(fields=["person"], condition=~Q(held_back=""), name="desk_draft_held_back"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person_id}"

    @property
    def waits(self) -> bool:
        """Whether it goes out by itself when its moment comes."""
        return self.send_at is not None and not self.held_back

    @property
    def is_scheduled_answer(self) -> bool:
        """Whether it goes to the customer at a moment that a person chose."""
        return self.kind == self.Kind.REPLY and self.scheduled and self.waits

    def wait_until(self, moment: datetime, *, scheduled: bool) -> None:
        """It goes out at `moment`; the caller saves `WAITING_FIELDS`."""
        self.send_at, self.told_at, self.scheduled = moment, timezone.now(), scheduled
        self.held_back, self.refusal = "", ""

    def stop_waiting(self) -> None:
        """It is being written again; the caller saves `WAITING_FIELDS`."""
        self.send_at, self.told_at, self.scheduled, self.held_back, self.refusal = None, None, False, "", ""


WAITING_FIELDS = ("send_at", "told_at", "scheduled", "held_back", "refusal")


class DraftAttachment(Identified):
    """A file that waits for the reply it goes out with."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    blob = models.ForeignKey("platform.Blob", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class SentDraft(models.Model):
    """That a press of "Send" has been carried out: the same press, coming again from a flaky network, does nothing."""

    key = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["sent_at"], name="desk_sent_draft_by_time")]

    def __str__(self) -> str:
        return str(self.key)
