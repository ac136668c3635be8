"""What customers agreed to outside of our own forms: on the telephone, in a mail, on paper."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.platform.models import Identified


class Consent(Identified):
    """That a contact agreed to a purpose, as an agent was told; never deleted, only withdrawn."""

    class Source(models.TextChoices):
        PHONE = "phone", pgettext_lazy("consent", "on the telephone")
        MAIL = "mail", pgettext_lazy("consent", "in a mail")
        PAPER = "paper", pgettext_lazy("consent", "on paper")
        TALK = "talk", pgettext_lazy("consent", "face to face")

    contact = models.ForeignKey("org.Contact", models.CASCADE, related_name="consents")
    purpose = models.CharField(_("what they agreed to"), max_length=200)
    source = models.CharField(_("where they said so"), max_length=10, choices=Source, default=Source.PHONE)
    given_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey("org.Person", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("consent")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="desk_consent_once_at_a_time",
            ),
            models.CheckConstraint(
                name="desk_consent_withdrawn_after_given",
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.purpose
