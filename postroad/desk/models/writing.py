"""How mail of the desk is written: signatures, addresses to write from, how long a reply can be taken back."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.desk.models.case import Case
from postroad.platform.models import Identified


class Signature(Identified):
    """What stands below a mail: a person's own, a channel's, or a person's own on one channel (the nearest counts).

    `text` is for customers who write Chinese, `text_en` for all others; an empty one leaves the other for both. Where
    `html` is given the mail goes out formatted as well as plain.
    """

    person = models.ForeignKey("org.Person", models.CASCADE, null=True, blank=True, related_name="signatures")
    channel = models.ForeignKey(
        "channels.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("only on this channel"),
    )
    text = models.TextField(_("signature in Chinese"), max_length=2000, blank=True)
    text_en = models.TextField(_("signature in English"), max_length=2000, blank=True)
    html = models.TextField(_("formatted signature in Chinese (HTML)"), max_length=10_000, blank=True)
    html_en = models.TextField(_("formatted signature in English (HTML)"), max_length=10_000, blank=True)

    class Meta:
        verbose_name = _("signature")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "channel"], nulls_distinct=False, name="desk_signature_once"),
            models.CheckConstraint(
                name="desk_signature_is_somebodys", condition=Q(person__isnull=False) | Q(channel__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class SenderAddress(Identified):
    """A further address that a channel's team may write from.

    `answers_here`: mail to it reaches the channel's own mailbox. Otherwise answers are asked for at the channel's
    address, so that they are not lost.
    """

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="sender_addresses")
    address = models.EmailField(_("address"))
    name = models.CharField(_("name shown to the customer"), max_length=120, blank=True)
    answers_here = models.BooleanField(_("mail to it arrives in this channel's mailbox"), default=True)

    class Meta:
        verbose_name = _("sender address")
        ordering = ("address",)
        constraints: ClassVar = [models.UniqueConstraint("channel", Lower("address"), name="desk_sender_address_once")]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


class MailRules(Identified):
    """How mail on one channel is written and answered by itself. A channel without a row has the defaults."""

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="mail_rules")
    undo_seconds = models.PositiveSmallIntegerField(
        _("seconds in which a reply can be taken back"),
        default=10,
        validators=[MaxValueValidator(120)],
        help_text=_("0 sends at once."),
    )
    away_reply = models.BooleanField(_("tell who writes outside working hours when we are back"), default=False)
    away_text = models.TextField(
        _("what they are told, in Chinese"),
        max_length=4000,
        blank=True,
        help_text=_(
            "{opens} stands for when we are back, {number} for the case's number, {subject} for its subject. "
            "At most once per sender and day; robots and mailing lists get none."
        ),
    )
    away_text_en = models.TextField(_("what they are told, in English"), max_length=4000, blank=True)

    class Meta:
        verbose_name = _("mail rules")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="desk_away_reply_says_something",
                condition=Q(away_reply=False) | ~Q(away_text="") | ~Q(away_text_en=""),
            )
        ]

    def __str__(self) -> str:
        return str(self.channel)


class AwayReply(Identified):
    """That a sender was told we are closed: at most once per sender and channel in `away.INTERVAL`."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="+")
    contact = models.ForeignKey("org.Contact", models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["channel", "contact", "-sent_at"], name="desk_away_told_lately")]

    def __str__(self) -> str:
        return f"{self.case_id}"
