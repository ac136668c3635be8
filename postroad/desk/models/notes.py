"""What colleagues say to each other about a case, and who is named in it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.desk.models.case import Case
from postroad.platform.models import Identified


class Note(Identified):
    """What colleagues say to each other about a case; never leaves the company."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    author = models.ForeignKey("org.Person", models.PROTECT, related_name="case_notes")
    text = models.TextField(_("internal note"), max_length=10_000)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("internal note")
        indexes: ClassVar = [models.Index(fields=["case", "written_at"], name="desk_note_of_case")]

    def __str__(self) -> str:
        return self.text[:60]


class Mention(Identified):
    """A colleague named in a note: shown in their work until they have opened the case."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions")
    person = models.ForeignKey("org.Person", models.CASCADE, related_name="case_mentions")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["note", "person"], name="desk_mention_once")]
        indexes: ClassVar = [
            models.Index(fields=["person"], name="desk_mention_unseen", condition=Q(seen_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.note_id}"
