"""Who hears of promises that run out, and when; and who was told."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.clock.ladders import Rung, as_data, from_data
from postroad.desk.models.case import Case
from postroad.platform.models import Identified


class Tells(models.TextChoices):
    """Whom a rung tells. Where there is nobody of that kind, the next further up is told."""

    ASSIGNEE = "assignee", _("who works on the case")
    TEAM_LEAD = "team-lead", _("the team lead")
    HEAD = "head", _("the head of the department")
    SUPERVISOR = "supervisor", _("the supervising leader")


class Ladder(Identified):
    """The rungs for the promises of one channel, or (`channel` null) of every channel that has none of its own.

    Promises copy it when they are made; a change is for those made later. Its form is that of `clock.ladders`.
    """

    channel = models.OneToOneField("channels.Channel", models.CASCADE, null=True, related_name="ladder")
    rungs: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel"], name="desk_ladder_once_a_channel", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return str(self.channel or _("all channels"))


USUAL_LADDER = as_data(
    [
        Rung(50, 0, Tells.ASSIGNEE.value),
        Rung(80, 0, Tells.ASSIGNEE.value),
        Rung(100, 0, Tells.TEAM_LEAD.value),
        Rung(100, 60, Tells.HEAD.value),
    ]
)
"""What holds until somebody says otherwise."""


def rungs_of(ladder: Ladder) -> list[Rung]:
    return from_data(ladder.rungs)


class Escalation(Identified):
    """That somebody was told of a case's promise: a warning, or (`late`) that it was missed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="escalations")
    deadline = models.ForeignKey("clock.Deadline", models.CASCADE, related_name="+")
    person = models.ForeignKey("org.Person", models.CASCADE, related_name="+")
    tells = models.CharField(max_length=20, choices=Tells)
    late = models.BooleanField()
    told_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("told_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["person", "-told_at"], name="desk_escalation_to_person"),
            models.Index(
                fields=["told_at"], name="desk_escalation_to_mail", condition=models.Q(mailed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.person_id}"
