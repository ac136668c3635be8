"""Who has a case open, and which agents take live chats."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from postroad.desk.models.case import Case
from postroad.platform.models import Identified


class Presence(Identified):
    """That somebody has the case's page open; renewed by the page, stale after `collision.STALE_AFTER`."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="presences")
    person = models.ForeignKey("org.Person", models.CASCADE, related_name="case_presences")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="desk_presence_once")]
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="desk_presence_by_time")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person_id}"


class AgentPresence(Identified):
    """Whether an agent takes live chats: an open page of the desk says so again and again, unless they switched it off.

    See `presence` for how long a page's word counts.
    """

    person = models.OneToOneField("org.Person", models.CASCADE, related_name="agent_presence")
    seen_at = models.DateTimeField()
    away = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.person_id}"
