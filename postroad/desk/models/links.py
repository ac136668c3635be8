"""How cases hang together."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from postroad.desk.models.case import Case
from postroad.platform.models import Identified


class LinkKind(models.TextChoices):
    """What `case` is to `other`."""

    RELATED = "related", _("is related to")
    DUPLICATE = "duplicate", _("is a duplicate of")
    BLOCKED = "blocked", _("is blocked by")
    PART = "part", _("is part of")
    SPLIT = "split", _("was split off from")


INVERSE = {
    LinkKind.RELATED: _("is related to"),
    LinkKind.DUPLICATE: _("has as a duplicate"),
    LinkKind.BLOCKED: _("blocks"),
    LinkKind.PART: _("has as a part"),
    LinkKind.SPLIT: _("was split into"),
}
"""The same, said from the other side."""

BY_HAND = (LinkKind.RELATED, LinkKind.DUPLICATE, LinkKind.BLOCKED, LinkKind.PART)


class CaseLink(Identified):
    """One case hangs together with another; shown on both, each in its own words."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="linked_to")
    other = models.ForeignKey(Case, models.CASCADE, related_name="linked_from")
    kind = models.CharField(max_length=10, choices=LinkKind)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "other", "kind"], name="desk_case_link_once"),
            models.CheckConstraint(name="desk_case_link_to_another", condition=~Q(case=F("other"))),
            models.CheckConstraint(name="desk_case_link_known", condition=Q(kind__in=LinkKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.other_id}"
