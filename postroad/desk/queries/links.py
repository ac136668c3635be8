"""What a case hangs together with, in the words of its own side."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise

from postroad.desk.models import INVERSE, Case, CaseLink, LinkKind
from postroad.desk.permissions import Sight


@dataclass(frozen=True, slots=True)
class Linked:
    """Another case and what this one is to it. `seen`: whether the reader may open it (else only its number shows)."""

    link: CaseLink
    other: Case
    word: str | Promise
    seen: bool
    forwards: bool

    @property
    def blocks(self) -> bool:
        """That this case waits for the other."""
        return self.forwards and self.link.kind == LinkKind.BLOCKED and not self.other.is_finished

    @property
    def waits(self) -> bool:
        """That the other case ends with this one: a part, a duplicate, or one that waited for it, and still open."""
        ends_together = {LinkKind.DUPLICATE, LinkKind.BLOCKED, LinkKind.PART}
        return not self.forwards and self.link.kind in ends_together and not self.other.is_finished


def links_of(case: Case, *, sight: Sight) -> list[Linked]:
    """All links of a case, first made first. One query."""
    links = (
        CaseLink.objects.filter(Q(case=case) | Q(other=case))
        .select_related("case", "other")
        .defer("case__search", "other__search")
        .order_by("id")
    )
    found = []
    for link in links:
        forwards = link.case_id == case.pk
        other = link.other if forwards else link.case
        kind = LinkKind(link.kind)
        seen = sight.channels is None or other.channel_id in sight.channels
        found.append(Linked(link, other, kind.label if forwards else INVERSE[kind], seen=seen, forwards=forwards))
    return found
