"""Who answers for channels: who did when last looked, hand-overs that are due, and the owners' confirmations."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.platform.models import Identified


class Answering(models.Model):
    """Who owned a channel, and in which department, when this was last looked at: what shows that they moved."""

    channel = models.OneToOneField("channels.Channel", models.CASCADE, primary_key=True, related_name="+")
    owner = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    department = models.ForeignKey("org.Department", models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.channel_id} {self.owner_id}"


class HandOver(Identified):
    """A channel whose owner left or moved, until somebody else answers for it. Past its due date the proposed
    person owns the channel.
    """

    class Cause(models.TextChoices):
        LEFT = "left", _("The owner left")
        MOVED = "moved", _("The owner moved to another department")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("hand-over", "Open")
        HANDED_OVER = "handed-over", _("Handed over")
        PASSED = "passed", _("Passed on by itself")
        KEPT = "kept", _("The owner keeps it")

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="hand_overs")
    cause = models.CharField(max_length=10, choices=Cause)
    previous = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    proposed = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    deadline = models.ForeignKey("clock.Deadline", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    successor = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("hand-over")
        constraints = [
            models.UniqueConstraint(fields=["channel"], name="hand_over_one_open", condition=Q(state="open")),
            models.CheckConstraint(
                name="hand_over_closed_has_time",
                condition=Q(state="open", closed_at__isnull=True) | ~Q(state="open") & Q(closed_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["-opened_at", "-id"], name="hand_over_newest_first")]

    def __str__(self) -> str:
        return str(self.channel)

    def get_absolute_url(self) -> str:
        return reverse("groups:hand_over", args=[self.pk])

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {"open": "warning", "passed": "danger"}.get(self.state, "success")


class AttestedChannel(Identified):
    """A channel that nobody but its owner can see into, and the duty to confirm it every month."""

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="attested")
    duty = models.OneToOneField("clock.Duty", models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.channel)


class Attestation(Identified):
    """What an owner confirmed of a channel on a day; the screenshot is what it rests on."""

    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="attestations")
    month = models.DateField()  # its first day
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    members = models.PositiveIntegerField(_("members"))
    name_holds = models.BooleanField(_("the name is as registered"))
    owner_holds = models.BooleanField(_("the owner is as registered"))
    only_entitled = models.BooleanField(_("only those are in it who may be"))
    note = models.CharField(_("what differs"), max_length=500, blank=True)
    screenshot = models.ForeignKey("platform.Blob", models.PROTECT, related_name="+")
    screenshot_type = models.CharField(max_length=40)

    class Meta:
        verbose_name = _("confirmation")
        constraints = [models.UniqueConstraint(fields=["channel", "month"], name="attestation_once_a_month")]
        indexes = [models.Index(fields=["month"], name="attestation_by_month")]

    def __str__(self) -> str:
        return f"{self.channel} {self.month:%Y-%m}"

    @property
    def all_holds(self) -> bool:
        return self.name_holds and self.owner_holds and self.only_entitled
