"""How each channel's cases are handed out, acknowledged and answered in the same words."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.desk.models.case import Case
from postroad.desk.models.routing import Rule
from postroad.platform.models import Identified


class CannedAnswer(Identified):
    """A text that agents put into their replies; `{name}`, `{agent}` and `{number}` in it are filled in."""

    title = models.CharField(_("title"), max_length=80, unique=True)
    text = models.TextField(
        _("text"),
        max_length=4000,
        help_text=_("{name} stands for the customer's name, {agent} for one's own, {number} for the case's number."),
    )
    channel = models.ForeignKey(
        "channels.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="canned_answers",
        verbose_name=_("only on this channel"),
    )

    class Meta:
        verbose_name = _("canned answer")

    def __str__(self) -> str:
        return self.title


class Queue(Identified):
    """How one channel's cases are handed out and acknowledged. A channel without a row has the defaults."""

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="queue")
    # `routing.Rule` in the order in which they are tried; empty: agents take cases themselves.
    routing: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    acknowledge = models.BooleanField(_("acknowledge new cases by mail"), default=False)
    acknowledgement = models.TextField(
        _("text of the acknowledgement"),
        blank=True,
        max_length=4000,
        help_text=_("{number} stands for the case's number, {subject} for its subject."),
    )
    waiting_notice = models.TextField(
        _("what the customer is told when we wait for them"),
        blank=True,
        max_length=2000,
        help_text=_("Stands below a reply after which we wait. Empty: nothing is said."),
    )
    close_after_days = models.PositiveSmallIntegerField(
        _("days until a solved case is closed"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("An answer to a solved case reopens it; one to a closed case opens a follow-up."),
    )

    class Meta:
        verbose_name = _("queue")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="desk_queue_says_what_it_acknowledges", condition=Q(acknowledge=False) | ~Q(acknowledgement="")
            )
        ]

    def __str__(self) -> str:
        return str(self.channel)

    @property
    def rules(self) -> list[Rule]:
        """The rules by which it hands out, in order; what is no rule any more is left out."""
        return [Rule(name) for name in self.routing if name in Rule.values]


class Acknowledgement(Identified):
    """That a sender was told their mail has come in: at most one per sender and channel in `acknowledge.INTERVAL`."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="acknowledgement")
    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="+")
    contact = models.ForeignKey("org.Contact", models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["channel", "contact", "-sent_at"], name="desk_acknowledged_lately")]

    def __str__(self) -> str:
        return f"{self.case_id}"
