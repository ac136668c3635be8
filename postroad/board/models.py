"""What the company demands of each control, in versions, and what was found day by day."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from postroad.approvals.models import Request
from postroad.platform.models import Identified


class ControlTarget(Identified):
    """A version of a control's target, as it was approved. Never changed: past verdicts rest on it.

    Version 0 is the standard's own target and has no row.
    """

    control = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    value = models.DecimalField(max_digits=9, decimal_places=2)
    reason = models.CharField(max_length=500)
    valid_from = models.DateTimeField(default=timezone.now)
    request = models.OneToOneField(Request, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["control", "number"], name="board_target_version_once"),
            models.CheckConstraint(condition=models.Q(value__gte=0), name="board_target_not_negative"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="board_target_after_the_standard"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="kept_as_it_was", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.control} · {self.number}"


class Figure(models.Model):
    """What was found for one control on one day of the company's zone; counted anew while the day settles.

    `value` is null when there was nothing to measure. `met` keeps the verdict by the target of that day.
    """

    id = models.BigAutoField(primary_key=True)
    control = models.CharField(max_length=60)
    day = models.DateField()
    value = models.FloatField(null=True)
    sample_size = models.PositiveIntegerField()
    exceptions = models.PositiveIntegerField()
    met = models.BooleanField(null=True)
    measured_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["control", "day"], name="board_figure_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(value__isnull=False) | models.Q(met__isnull=True), name="board_no_verdict_on_nothing"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["day", "control"], name="board_figures_by_day")]

    def __str__(self) -> str:
        return f"{self.control} {self.day}: {self.value}"
