"""Screens on the wall, which show the wallboard without anybody signed in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class Screen(Identified):
    """One screen and the channels it shows. Its link is the signed id; it opens nothing once `revoked_at` is set."""

    name = models.CharField(_("where it hangs"), max_length=80)
    channels = models.ManyToManyField("channels.Channel", related_name="screens", verbose_name=_("channels"))
    made_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("screen")
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name
