"""The permission list as pages and Form 2 show it, what waits for IT, and who signed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.access.form2 import Content, content_text, permission_text
from postroad.access.models import (
    Grant,
)
from postroad.access.naming import Names
from postroad.access.permissions import reaching, visible_to
from postroad.access.queries.granted import in_force
from postroad.approvals.models import Assignment, Step
from postroad.channels.models import Channel
from postroad.org.models import Person, today
from postroad.platform.language import in_a_row
from postroad.platform.spreadsheets import Cell

SIGNATURES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFilter:
    """What the permission list is narrowed to; empty values do not narrow. `state` "" means: not ended."""

    text: str = ""
    channel: UUID | None = None
    permission: str = ""
    grantee: str = ""
    person: Person | None = None
    state: str = ""
    special: str = ""


def grants_matching(reader: Person, wanted: GrantFilter) -> QuerySet[Grant]:
    """The grants a person may see, narrowed by a filter, ready to be shown; ordered by channel, type and id."""
    found = with_names(visible_to(reader))
    match wanted.state:
        case "ended":
            found = found.filter(ended_at__isnull=False)
        case "all":
            pass
        case "upcoming":
            found = found.filter(ended_at__isnull=True, begun_at__isnull=True)
        case _:
            found = found.filter(ended_at__isnull=True)
    if wanted.channel:
        found = found.filter(channel=wanted.channel)
    if wanted.permission:
        found = found.filter(permission=wanted.permission)
    if wanted.person is not None:
        found = found.filter(reaching(wanted.person))
    found = _of_grantee_kind(found, wanted.grantee)
    found = _special(found, wanted.special)
    for word in wanted.text.split():
        found = found.filter(
            Q(channel__name__icontains=word)
            | Q(channel__name_en__icontains=word)
            | Q(content__icontains=word)
            | Q(person__name__icontains=word)
            | Q(person__staff_no__iexact=word)
            | Q(department__name__icontains=word)
        )
    return found


def _of_grantee_kind(found: QuerySet[Grant], kind: str) -> QuerySet[Grant]:
    match kind:
        case "person":
            return found.filter(person__isnull=False)
        case "department":
            return found.filter(department__isnull=False, role="")
        case "post":
            return found.exclude(role="")
    return found


def _special(found: QuerySet[Grant], special: str) -> QuerySet[Grant]:
    match special:
        case "temporary":
            return found.filter(ends_on__isnull=False)
        case "emergency":
            return found.filter(emergency=True)
        case "to-configure":
            return found.filter(waiting_for_configuration())
        case "unsigned":
            return found.filter(in_force(today()), pk__in=signed(found, fully=False).values("pk"))
    return found


def with_names(grants: QuerySet[Grant]) -> QuerySet[Grant]:
    """The grants with everything at hand that a line of Form 2 shows, approvers apart."""
    return grants.select_related("channel", "person", "department", "configured_by", "request")


def open_grants(channel: Channel) -> QuerySet[Grant]:
    """The grants of a channel that have not ended, by type; those not yet in force among them."""
    found = Grant.objects.filter(channel=channel, ended_at__isnull=True)
    return found.select_related("channel", "person", "department").order_by("permission", "id")


def waiting_for_configuration() -> Q:
    """Grants to be set up in their channel, or to be taken away from it after their end.

    One replaced by a change is dealt with by setting up what replaced it.
    """
    to_set_up = Q(begun_at__isnull=False, ended_at__isnull=True, configured_at__isnull=True)
    to_take_away = Q(ended_at__isnull=False, configured_at__isnull=False, removed_at__isnull=True)
    return to_set_up | (to_take_away & ~Q(ended_because=Grant.EndedBecause.CHANGED))


def to_configure() -> QuerySet[Grant]:
    """What IT has to set up or take away by hand, longest waiting first."""
    since = Coalesce("ended_at", "begun_at")
    return with_names(Grant.objects.filter(waiting_for_configuration())).annotate(since=since).order_by("since", "id")


def signed(grants: QuerySet[Grant], *, fully: bool = True) -> QuerySet[Grant]:
    """The grants whose application had been approved in two steps before they took effect, or those that had not."""
    steps = (
        Step.objects.filter(
            request=OuterRef("request"),
            round=OuterRef("request__round"),
            state=Step.State.APPROVED,
            closed_at__lte=OuterRef("begun_at"),
        )
        .order_by()
        .values("request")
    )
    counted = grants.annotate(signatures=Coalesce(Subquery(steps.annotate(n=Count("pk")).values("n")), 0))
    return counted.filter(signatures__gte=SIGNATURES) if fully else counted.filter(signatures__lt=SIGNATURES)


def approvers_of(request_ids: Collection[UUID]) -> dict[UUID, list[Person]]:
    """Who approved each request in its last round, in the order of the steps, each once. One query."""
    said = (
        Assignment.objects.filter(
            step__request__in=request_ids, step__round=F("step__request__round"), state=Assignment.State.APPROVED
        )
        .select_related("decided_by", "step")
        .order_by("step__position", "decided_at", "id")
    )
    found: dict[UUID, list[Person]] = {request_id: [] for request_id in request_ids}
    for assignment in said:
        approver = assignment.decided_by
        if approver is not None and approver not in found[assignment.step.request_id]:
            found[assignment.step.request_id].append(approver)
    return found


def form2_rows(grants: QuerySet[Grant]) -> Iterator[list[Cell]]:
    """The rows of Form 2 for some grants (`with_names`), in the active language. A constant number of queries."""
    names = Names()
    shown = list(with_names(grants))
    approvers = approvers_of({grant.request_id for grant in shown})
    for grant in shown:
        upcoming = grant.starts_on if grant.begun_at is None else None
        yield [
            names.channel_text(grant.channel),
            permission_text(grant.permission),
            names.grantee_text(grant.grantee),
            content_text(Content(grant.content, upcoming, grant.ends_on)),
            configurer_of(grant),
            in_a_row(approvers[grant.request_id]),
            timezone.localdate(grant.configured_at) if grant.configured_at else None,
        ]


def configurer_of(grant: Grant) -> str:
    """Who set a grant up, in words; empty while nobody did."""
    if grant.configured_at is None:
        return ""
    return str(grant.configured_by or _("Postroad"))


def channels_with_grants(reader: Person) -> QuerySet[Channel]:
    """The channels that the reader's permission list speaks of."""
    return Channel.objects.filter(pk__in=visible_to(reader).values("channel")).order_by("name", "id")
