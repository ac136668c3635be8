"""What a patrol of the work groups looks for, what was found, and whose daily duty it is (`risk.channel-abuse`)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class Kind(models.TextChoices):
    """What does not belong into a work group."""

    ADVERTISING = "advertising", _("Advertising")
    IDLE = "idle", _("Idle chat")
    IMPROPER = "improper", _("Improper words")
    SENSITIVE = "sensitive", _("Sensitive data")


class WordList(Identified):
    """The words that point to one kind of abuse. They point only: a person decides."""

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, unique=True)
    words: models.JSONField[list[str], list[str]] = models.JSONField(_("words"), default=list, blank=True)

    class Meta:
        verbose_name = _("word list")
        constraints = [models.CheckConstraint(name="word_list_kind_known", condition=Q(kind__in=Kind.values))]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Round(Identified):
    """The patrol of one group: a duty of its owner on every working day."""

    channel = models.OneToOneField("channels.Channel", on_delete=models.PROTECT, related_name="patrol_round")
    duty = models.OneToOneField("clock.Duty", on_delete=models.PROTECT, related_name="patrol_round")

    class Meta:
        verbose_name = _("patrol")

    def __str__(self) -> str:
        return str(self.channel)

    def get_absolute_url(self) -> str:
        return reverse("patrol:channel", args=[self.channel_id])


class Finding(Identified):
    """A message in which a check found something, until its group's owner has dealt with it.

    `places` are where in the text, as [start, end]. `due_on` is the last day on which dealing with it is in time:
    the working day of the patrol that shows it.
    """

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", _("Nothing wrong")
        REMINDED = "reminded", _("Author reminded")
        REDACTED = "redacted", _("Message taken back")
        REMOVED = "removed", _("Author removed from the group")

    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="patrol_findings")
    message = models.ForeignKey("conversations.Message", on_delete=models.PROTECT, related_name="patrol_findings")
    kind = models.CharField(max_length=20, choices=Kind)
    places: models.JSONField[list[list[int]], list[list[int]]] = models.JSONField(default=list)
    said_on = models.DateField()
    due_on = models.DateField()
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    handled_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("finding")
        constraints = [
            models.UniqueConstraint(fields=["message", "kind"], name="finding_once"),
            models.CheckConstraint(name="finding_kind_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="finding_handled_by_somebody",
                condition=Q(outcome="", handled_by__isnull=True, handled_at__isnull=True)
                | ~Q(outcome="") & Q(handled_by__isnull=False, handled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "said_on"], name="finding_by_day"),
            models.Index(fields=["channel"], name="finding_open", condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.message_id}"

    @property
    def is_open(self) -> bool:
        return not self.outcome
