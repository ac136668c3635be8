"""Steps that are taken again and again, under one name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class Step(models.TextChoices):
    """What a step of a macro does. Beside it stands what with: `{"do": "priority", "value": "high"}`."""

    TEXT = "text", _("Put a text into the reply")
    NOTE = "note", _("Write an internal note")
    PRIORITY = "priority", _("Set the priority")
    ASSIGN = "assign", _("Assign")
    TAG = "tag", _("Add a tag")
    UNTAG = "untag", _("Take a tag away")
    FIELD = "field", _("Fill in a field")
    STATE = "state", _("Set the state")


class Macro(Identified):
    """An ordered list of steps. It is run with the rights of who runs it, not of who wrote it."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    channel = models.ForeignKey(
        "channels.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="macros",
        verbose_name=_("only on this channel"),
    )
    steps = models.JSONField(_("steps"), default=list)

    class Meta:
        verbose_name = _("macro")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(name="desk_macro_does_something", condition=~Q(steps=[])),
        ]

    def __str__(self) -> str:
        return self.name
