"""Cases that hang together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from postroad.desk.actions.common import lock, tell
from postroad.desk.events import Event
from postroad.desk.models import BY_HAND, Case, CaseLink, LinkKind
from postroad.ledger.actions import NewEntry, record_many
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.org.models import Person

DIRECTED = {LinkKind.DUPLICATE, LinkKind.BLOCKED, LinkKind.PART}


@transaction.atomic
def link(*, case: Case, other: Case, kind: LinkKind, person: Person) -> CaseLink:
    """Say what `case` is to `other`; both show it from now on.

    Raises Invalid for a case linked with itself, or where the other way round was said already; Conflict where it is
    said already.
    """
    if case.pk == other.pk:
        raise Invalid({"other": _("A case cannot be linked with itself.")})
    if kind not in BY_HAND:
        raise Invalid({"kind": _("That choice does not exist any more.")})
    case, other = lock([case, other])
    there = CaseLink.objects.filter(Q(case=case, other=other) | Q(case=other, other=case), kind=kind).first()
    if there and kind in DIRECTED and there.case_id == other.pk:
        raise Invalid({"other": _("It is the other way round already: see there.")})
    if there:
        raise Conflict(_("The two are linked like this already."))
    made = CaseLink.objects.create(case=case, other=other, kind=kind)
    tell_of_link(Event.CASE_LINKED, made, person=person)
    return made


@transaction.atomic
def unlink(*, link: CaseLink, person: Person) -> None:
    """Take a link away. Raises Conflict for one that tells where a case came from."""
    if link.kind == LinkKind.SPLIT:
        raise Conflict(_("Where a case was split off stays on record."))
    tell_of_link(Event.CASE_UNLINKED, link, person=person)
    link.delete()


def tell_of_link(event: Event, link: CaseLink, *, person: Person) -> None:
    """Put a link on record with both cases."""
    case, other, actor = link.case, link.other, person.as_actor()
    record_many(
        [
            NewEntry(event, actor, case, {"other": other.number, "kind": link.kind}),
            NewEntry(event, actor, other, {"other": case.number, "kind": link.kind}),
        ]
    )
    tell([case, other])


def move_links(cases: Sequence[Case], into: Case) -> None:
    """Links of cases that are merged into another become that one's; what would link it with itself, or twice, goes.

    A constant number of statements.
    """
    merged = {case.pk for case in cases}
    links = list(CaseLink.objects.filter(Q(case__in=merged) | Q(other__in=merged) | Q(case=into) | Q(other=into)))
    own = {(one.case_id, one.other_id, one.kind) for one in links if not {one.case_id, one.other_id} & merged}
    moved, superfluous = [], []
    for link in (one for one in links if {one.case_id, one.other_id} & merged):
        link.case_id = into.pk if link.case_id in merged else link.case_id
        link.other_id = into.pk if link.other_id in merged else link.other_id
        ends = (link.case_id, link.other_id, link.kind)
        if link.case_id == link.other_id or ends in own:
            superfluous.append(link.pk)
        else:
            own.add(ends)
            moved.append(link)
    CaseLink.objects.filter(pk__in=superfluous).delete()
    CaseLink.objects.bulk_update(moved, ["case", "other"])
