"""How satisfied customers were with what we did: where they are asked, and what they said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.desk.models.case import Case
from postroad.platform.models import Identified

LOWEST, HIGHEST = 1, 5
LOW = (1, 2)
"""A score of these calls for a follow-up."""

CHANGEABLE_FOR = timedelta(days=1)


class RatingRules(Identified):
    """Whether and how customers of a channel are asked after their case was solved. Without a row they are not.

    `since`: when asking was switched on; cases solved before are not asked about. Empty wordings have a default.
    """

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="rating_rules")
    enabled = models.BooleanField(_("ask how satisfied the customer was"), default=False)
    since = models.DateTimeField(null=True, blank=True)
    delay_minutes = models.PositiveIntegerField(
        _("minutes a case must have been solved and quiet"),
        default=24 * 60,
        validators=[MaxValueValidator(30 * 24 * 60)],
        help_text=_("1440 minutes are a day. In a live chat the question appears in the chat itself; 0 asks at once."),
    )
    every_days = models.PositiveSmallIntegerField(
        _("days before the same person is asked again"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    expires_days = models.PositiveSmallIntegerField(
        _("days in which they can answer"), default=14, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    question = models.CharField(_("question in Chinese"), max_length=200, blank=True)
    question_en = models.CharField(_("question in English"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("satisfaction question")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="desk_ratings_enabled_since", condition=Q(enabled=False) | Q(since__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return str(self.channel)


class Rating(Identified):
    """That a customer was asked about a case, and what they said. Nothing is kept of where they said it from.

    `agent` is who the case belonged to when it was asked about. `message_id` is the mail that asks, if one does.
    A low score is followed up by the team lead: `followed_up_at` when that was done.
    """

    class Way(models.TextChoices):
        MAIL = "mail", _("by mail")
        CHAT = "chat", _("in the chat")

    case = models.OneToOneField(Case, models.CASCADE, related_name="rating")
    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="ratings", db_index=False)
    contact = models.ForeignKey("org.Contact", models.PROTECT, related_name="ratings", db_index=False)
    agent = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, blank=True, related_name="ratings", db_index=False
    )
    way = models.CharField(max_length=4, choices=Way)
    language = models.CharField(max_length=10)
    message_id = models.UUIDField(null=True, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    words = models.TextField(blank=True, max_length=2000)
    answered_at = models.DateTimeField(null=True, blank=True)
    followed_up_at = models.DateTimeField(null=True, blank=True)
    followed_up_by = models.ForeignKey("org.Person", models.PROTECT, null=True, blank=True, related_name="+")
    follow_up_note = models.TextField(blank=True, max_length=2000)

    class Meta:
        verbose_name = _("rating")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="desk_rating_score_from_one_to_five",
                condition=Q(score__isnull=True, answered_at__isnull=True)
                | Q(score__range=(LOWEST, HIGHEST), answered_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["contact", "-asked_at"], name="desk_rating_lately"),
            models.Index(fields=["channel", "answered_at"], name="desk_rating_of_channel"),
            models.Index(fields=["agent", "answered_at"], name="desk_rating_of_agent"),
            models.Index(fields=["answered_at"], name="desk_rating_by_time", condition=Q(score__isnull=False)),
            models.Index(fields=["message_id"], name="desk_rating_mail", condition=Q(message_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.score or ''}"

    @property
    def is_low(self) -> bool:
        return self.score in LOW

    @property
    def wants_follow_up(self) -> bool:
        return self.is_low and self.followed_up_at is None

    def may_answer(self, now: datetime) -> bool:
        """Before the end of the time to answer, and for a day after the first answer."""
        if self.answered_at is not None:
            return now < self.answered_at + CHANGEABLE_FOR
        return now < self.expires_at
