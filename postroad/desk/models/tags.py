"""The words cases are sorted by: one managed list, so that nobody invents a second word for the same thing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class Tag(Identified):
    """A word from the list. Cases hold the ids of theirs (`Case.tag_ids`)."""

    class Colour(models.TextChoices):
        GREY = "grey", _("Grey")
        BLUE = "blue", _("Blue")
        GREEN = "green", _("Green")
        YELLOW = "yellow", _("Yellow")
        RED = "red", _("Red")
        PURPLE = "purple", _("Purple")

    name = models.CharField(_("name"), max_length=40)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, default=Colour.GREY)

    class Meta:
        verbose_name = _("tag")
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"), name="desk_tag_once", violation_error_message=_("There is a tag of this name already.")
            ),
            models.CheckConstraint(name="desk_tag_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
