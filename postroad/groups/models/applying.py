"""What was done to make a messenger as declared: one run for each messenger and occasion, one step for each room."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class ApplyRun(Identified):
    """One pass over a messenger. `HELD`: it would remove more people than may go without a click."""

    class State(models.TextChoices):
        RUNNING = "running", _("Under way")
        HELD = "held", _("Waits for a click")
        DONE = "done", _("Done")
        PARTLY = "partly", _("Partly failed")
        BROKEN_OFF = "broken-off", _("Broken off")
        DROPPED = "dropped", _("Dropped")

    messenger = models.ForeignKey("messengers.Messenger", models.CASCADE, related_name="apply_runs")
    started_by = models.CharField(max_length=200)
    person = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    planned = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    adding = models.PositiveIntegerField(default=0)
    removing = models.PositiveIntegerField(default=0)
    members = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("run")
        constraints = [
            models.UniqueConstraint(fields=["messenger"], name="apply_run_one_at_a_time", condition=Q(state="running")),
            models.UniqueConstraint(fields=["messenger"], name="apply_run_one_held", condition=Q(state="held")),
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="apply_run_newest_first")]

    def __str__(self) -> str:
        return f"{self.messenger} {self.started_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("groups:run", args=[self.pk])

    @property
    def tone(self) -> str:
        """The colour of its state."""
        tones = {"running": "info", "held": "warning", "done": "success", "partly": "danger", "broken-off": "danger"}
        return tones.get(self.state, "secondary")


class ApplyStep(Identified):
    """What is to be done to one room: written down before it is tried. `wanted` holds user ids and values."""

    class Kind(models.TextChoices):
        MAKE = "make", _("Make the group")
        CHANGE = "change", _("Change the group")

    class State(models.TextChoices):
        INTENDED = "intended", _("Not yet done")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        BROKEN_OFF = "broken-off", _("Broken off")

    run = models.ForeignKey(ApplyRun, models.CASCADE, related_name="steps")
    channel = models.ForeignKey("channels.Channel", models.CASCADE, related_name="apply_steps")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    wanted: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.INTENDED)
    reason = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("step")
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="apply_step_in_order"),
            models.UniqueConstraint(fields=["run", "channel"], name="apply_step_once_a_room"),
            models.CheckConstraint(
                name="apply_step_finished_has_time",
                condition=Q(state="intended", finished_at__isnull=True)
                | ~Q(state="intended") & Q(finished_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["channel", "-id"], name="apply_step_by_channel")]

    def __str__(self) -> str:
        return f"{self.channel} {self.kind}"

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {"intended": "info", "done": "success"}.get(self.state, "danger")
