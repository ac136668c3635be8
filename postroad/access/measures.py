"""What the permission list shows on the board, computed from what happened."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from postroad.access import queries
from postroad.access.actions.features import FEATURE_DEADLINE
from postroad.access.events import Event
from postroad.access.models import Grant
from postroad.access.registry import uncovered
from postroad.approvals.models import Request
from postroad.clock.queries import outcomes
from postroad.ledger.models import Entry
from postroad.org.models import today
from postroad.platform.measures import Measure, MeasureFunction, Period


def approved_before_effect(period: Period) -> Measure:
    """access.permission-list: of the grants in force, the share approved in two steps before it took effect.

    As things stand now, whatever the period. An emergency's grants took effect on one word and count as exceptions.
    """
    del period
    grants = Grant.objects.filter(queries.in_force(today()))
    total = grants.count()
    signed = queries.signed(grants).count()
    return Measure(
        value=100 * signed / total if total else None,
        unit="percent",
        sample_size=total,
        exceptions=total - signed,
        evidence_url=f"{reverse('access:grants')}?special=unsigned",
    )


def changed_on_application(period: Period) -> Measure:
    """access.change-request: of the changes of permissions that happened, the share with a written application.

    Changes: grants granted, changed, revoked in the ledger, and what was changed behind the list's back, as the
    packages that look into the messengers saw it. An application counts if it stands in the ledger's entry and had
    been submitted before. What a rule agreed with the grant ended by itself (a last day, a leaver) is no change.
    """
    changes = Entry.objects.filter(at__gte=period.start, at__lt=period.end).filter(
        Q(event__in=[Event.GRANT_GRANTED, Event.GRANT_CHANGED])
        | Q(event=Event.GRANT_ENDED, data__because__in=[Grant.EndedBecause.REVOKED])
    )
    found = list(changes.values_list("at", "data__request"))
    submitted = _submitted({UUID(request_id) for _at, request_id in found if request_id})
    written = sum(request_id in submitted and submitted[request_id] <= at for at, request_id in found)
    seen = [one for one in uncovered(period) if one.number]
    total = len(found) + sum(one.number for one in seen)
    return Measure(
        value=100 * written / total if total else None,
        unit="percent",
        sample_size=total,
        exceptions=total - written,
        evidence_url=seen[0].url if seen else f"{reverse('ledger:list')}?event={Event.GRANT_GRANTED}",
    )


def features_reviewed(period: Period) -> Measure:
    """risk.feature-limits: of the monthly reviews due in the period, the share done in time."""
    outcome = outcomes(FEATURE_DEADLINE, period.start, period.end)
    return Measure(
        value=outcome.percent_met,
        unit="percent",
        sample_size=outcome.decided,
        exceptions=outcome.missed,
        evidence_url=reverse("access:feature_reviews"),
    )


def _submitted(request_ids: set[UUID]) -> dict[str, datetime]:
    """When these applications were first written, by id as the ledger has it."""
    return {str(pk): at for pk, at in Request.objects.filter(pk__in=request_ids).values_list("pk", "created_at")}


MEASURES: dict[str, MeasureFunction] = {
    "access.permission-list": approved_before_effect,
    "access.change-request": changed_on_application,
    "risk.feature-limits": features_reviewed,
}
