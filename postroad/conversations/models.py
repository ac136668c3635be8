"""What was said: conversations, messages, attachments, receipts and the outbox.

A message is written once and never changes: the database refuses an update of what was said
(see migration 0002). Edits and deletions at the source are further messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postroad.channels.models import said
from postroad.platform.ids import time_of
from postroad.platform.models import Identified

if TYPE_CHECKING:
    from datetime import datetime


class Direction(models.TextChoices):
    IN = "in", _("received")
    OUT = "out", _("sent")


class Conversation(Identified):
    """A thread of messages on one channel."""

    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="conversations")
    subject = models.TextField(blank=True)
    contact = models.ForeignKey(
        "org.Contact", null=True, blank=True, on_delete=models.PROTECT, related_name="conversations"
    )
    # The mark a reply carries in its subject line, "" while nothing has been sent with one.
    subject_token = models.CharField(max_length=40, blank=True)
    # Lower-cased addresses that took part: who may continue the thread by its token alone.
    participants = models.JSONField(default=list)
    # What its earliest message answers and nobody has seen, an external id as in a receipt: it may be on its way still.
    answers_unseen = models.CharField(max_length=255, blank=True)
    message_count = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "subject_token"),
                condition=~Q(subject_token=""),
                name="conversations_conversation_one_token",
            ),
        )
        indexes = (
            models.Index(fields=("channel", "-last_message_at"), name="conversations_conv_latest"),
            models.Index(
                fields=("channel", "answers_unseen"),
                condition=~Q(answers_unseen=""),
                name="conversations_conv_unseen",
            ),
        )

    def __str__(self) -> str:
        return self.subject or str(self.pk)


class Message(Identified):
    """One message as it was said; partitioned by month on the time in its id.

    `id` carries the moment Postroad took the message in (or wrote it), `sent_at` is what the sender claims and may be
    missing. `reply_address` is where the sender wants answers, `recipients` a list of `{"role", "name", "address"}`.
    `text` is the visible body, `reply_text` the same without quoted history and signature, `html` the sanitised rich
    body ("" when there was none).
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages")
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="messages", db_index=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    external_id = models.TextField()
    thread_ids = models.JSONField(default=list)
    sender_name = models.TextField(blank=True)
    sender_address = models.TextField(blank=True)
    reply_address = models.TextField(blank=True)
    person = models.ForeignKey("org.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    contact = models.ForeignKey("org.Contact", null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    recipients = models.JSONField(default=list)
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    reply_text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    auto = models.CharField(max_length=20, blank=True)
    may_autorespond = models.BooleanField(default=False)
    bounce_of = models.TextField(blank=True)
    failed_recipients = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    sent_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    digest = models.BinaryField()
    raw = models.ForeignKey(
        "platform.Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    attachment_count = models.PositiveSmallIntegerField(default=0)
    search = SearchVectorField(null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = (
            models.Index(fields=("channel", "-id"), name="conversations_message_channel"),
            GinIndex(fields=("search",), name="conversations_message_search"),
        )

    def __str__(self) -> str:
        return self.subject or str(self.pk)

    @property
    def taken_in_at(self) -> datetime:
        """When Postroad committed itself to this message (UTC), from its id."""
        return time_of(self.pk)

    @property
    def answer_address(self) -> str:
        """Where an answer goes."""
        return self.reply_address or self.sender_address

    @property
    def is_incoming(self) -> bool:
        return self.direction == Direction.IN


class Attachment(Identified):
    """A file that came with a message; `content_type` is what its bytes show, not what was claimed."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    position = models.PositiveSmallIntegerField()
    name = models.TextField(blank=True)
    declared_type = models.TextField(blank=True)
    content_type = models.TextField()
    size = models.PositiveBigIntegerField()
    blob = models.ForeignKey("platform.Blob", on_delete=models.PROTECT, related_name="+", db_index=False)
    inline = models.BooleanField(default=False)
    content_id = models.TextField(blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("message_id", "position")

    def __str__(self) -> str:
        return self.name or str(self.pk)


class Receipt(models.Model):
    """That a channel's external id has been seen: makes intake exactly-once and finds threads.

    Outgoing messages have one too, so an answer to them finds its thread and a copy of them that
    comes back through a mailbox is not taken for something new; their `content_digest` is "".
    `message_id` is no foreign key: retention drops a month of messages without a look at each receipt.
    """

    pk = models.CompositePrimaryKey("channel_id", "external_id")
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=255)
    message_id = models.UUIDField()
    content_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")

    def __str__(self) -> str:
        return self.external_id


class DeliveryState(models.TextChoices):
    QUEUED = "queued", _("waiting to be sent")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not delivered")


class Delivery(Identified):
    """The outbox: one row for each outgoing message, and how far its sending has come.

    `worker` names the claim under which it is being sent; a claim older than the lease may be
    taken over (see `outbox.LEASE`).
    """

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="delivery")
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=80, blank=True)
    error = models.TextField(blank=True)
    external_id = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="conversations_delivery_known_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.SENDING) | (Q(claimed_at__isnull=False) & ~Q(worker="")),
                name="conversations_delivery_sending_is_claimed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=(DeliveryState.SENT, DeliveryState.FAILED), finished_at__isnull=False)
                | Q(state__in=(DeliveryState.QUEUED, DeliveryState.SENDING), finished_at__isnull=True),
                name="conversations_delivery_finished_has_time",
            ),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",),
                condition=Q(state__in=(DeliveryState.QUEUED, DeliveryState.SENDING)),
                name="conversations_delivery_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"

    @property
    def error_said(self) -> str:
        """Why it is not sent, in the reader's language where it is our own sentence."""
        return said(self.error)


class HandlerFailure(Identified):
    """A stored message that a registered handler could not deal with yet; tried again until it can."""

    handler = models.CharField(max_length=120)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="handler_failures")
    new_conversation = models.BooleanField()
    error = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=1)
    next_try_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("unhandled message")
        verbose_name_plural = _("unhandled messages")
        constraints = (
            models.UniqueConstraint(fields=("handler", "message"), name="conversations_handler_failure_once"),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",), condition=Q(solved_at__isnull=True), name="conversations_failure_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.handler} {self.message_id}"
