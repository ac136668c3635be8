"""What becomes of the cases of somebody who is away."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class Cover(Identified):
    """Who sees to the cases in hand while their assignee is away (the days are the absence's), else the team."""

    class OpenCases(models.TextChoices):
        TEAM = "team", _("go back into the team's queue")
        DEPUTY = "deputy", _("go to the deputy")
        KEEP = "keep", _("stay with them")

    absence = models.OneToOneField("accounts.Absence", models.CASCADE, related_name="cover")
    open_cases = models.CharField(_("cases in hand"), max_length=10, choices=OpenCases, default=OpenCases.TEAM)
    deputy = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("deputy")
    )

    class Meta:
        verbose_name = _("cover")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="desk_cover_has_its_deputy", condition=~Q(open_cases="deputy") | Q(deputy__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.absence_id} {self.open_cases}"
