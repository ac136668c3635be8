"""What a company wants to know of its cases beyond what every case has."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from postroad.platform.models import Identified


class CustomField(Identified):
    """A question every case (or every case of one channel) answers. Answers stand in `Case.field_values`.

    They are kept there under `key`, which never changes and is never used again: fields are retired, not removed.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of a list")
        YES_NO = "yes-no", _("Yes or no")

    number = models.PositiveIntegerField(unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    help_text = models.CharField(_("explanation"), max_length=200, blank=True)
    channel = models.ForeignKey(
        "channels.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="custom_fields",
        verbose_name=_("only on this channel"),
    )
    required_to_solve = models.BooleanField(_("must be filled in before a case is solved"), default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("custom field")
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="desk_field_once",
                condition=Q(retired_at__isnull=True),
                violation_error_message=_("There is a field of this name already."),
            ),
            models.CheckConstraint(name="desk_field_choice_has_choices", condition=~Q(kind="choice") | ~Q(choices=[])),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """Under which its answers are kept."""
        return f"f{self.number}"
