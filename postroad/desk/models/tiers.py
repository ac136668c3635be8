"""From tier to tier: what is offered to a customer whom nobody answered, and what was offered to whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.desk.models.case import Case
from postroad.platform.models import Identified

LONGEST_WAIT = 24 * 60
TEXT_LENGTH = 500


class TierRule(Identified):
    """What is offered to those whom nobody answers on a channel, and after how long. Without a row, nothing.

    `since`: when offering was switched on; who was waiting before is offered nothing.
    """

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="tier_rule")
    enabled = models.BooleanField(_("offer another way"), default=False)
    since = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("after so many minutes without an answer"),
        default=0,
        validators=[MaxValueValidator(LONGEST_WAIT)],
        help_text=_(
            "0: at once. On a hotline the telephone system then gets the link in the answer to its call event."
        ),
    )
    offers = models.ForeignKey(
        "channels.Channel", models.PROTECT, null=True, related_name="+", verbose_name=_("what is offered")
    )
    text = models.CharField(_("text in Chinese"), max_length=TEXT_LENGTH, blank=True)
    text_en = models.CharField(_("text in English"), max_length=TEXT_LENGTH, blank=True)

    class Meta:
        verbose_name = _("tier rule")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="desk_tier_rule_in_force_is_whole",
                condition=Q(enabled=False) | Q(since__isnull=False, offers__isnull=False),
            ),
            models.CheckConstraint(name="desk_tier_rule_leads_on", condition=~Q(offers=F("channel"))),
        ]

    def __str__(self) -> str:
        return f"{self.channel} → {self.offers}"

    @property
    def after(self) -> timedelta:
        return timedelta(minutes=self.minutes)


class Offer(Identified):
    """That a customer whom nobody had answered was offered another way, `channel`; at most once by a rule on a case.

    `ways` are those by which the offer reached them. `visit` is the chat they opened by it, or in which it was made.
    `taken_at` is when they came that way. It stays with the case it was made on, also when that is merged away.
    """

    class Way(models.TextChoices):
        MAIL = "mail", pgettext_lazy("offer", "by mail")
        TELEPHONE = "telephone", pgettext_lazy("offer", "through the telephone system")
        CHAT = "chat", pgettext_lazy("offer", "in the chat")

    case = models.ForeignKey(Case, models.CASCADE, related_name="offers")
    rule = models.ForeignKey(TierRule, models.PROTECT, related_name="made")
    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="+")
    ways: models.Field[list[str], list[str]] = ArrayField(models.CharField(max_length=10, choices=Way))
    # Of the code in its link; null where nothing but the mail itself, or the chat, is needed to take it.
    digest = models.BinaryField(null=True, unique=True, editable=False)
    # Where the customer comes when they take it.
    conversation = models.ForeignKey(
        "conversations.Conversation", models.PROTECT, null=True, related_name="+", db_index=False
    )
    visit = models.ForeignKey("livechat.Visit", models.PROTECT, null=True, related_name="+")
    # Since when they had waited for an answer.
    since = models.DateTimeField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("offer of another way")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "rule"], name="desk_offer_once_a_case_and_rule"),
            models.CheckConstraint(name="desk_offer_reached_them", condition=~Q(ways=[])),
            models.CheckConstraint(name="desk_offer_expires_later", condition=Q(expires_at__gt=F("made_at"))),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation"], name="desk_offer_open", condition=Q(taken_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.channel_id}"

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be taken."""
        return self.taken_at is None and now < self.expires_at
