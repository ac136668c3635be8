"""What the days do to grants: they begin, lapse, and end with the person's last day or with the channel."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from postroad.access.actions.ending import about, end_grants, tell_of_change
from postroad.access.actions.promises import ACCESS
from postroad.access.events import Event
from postroad.access.models import Grant
from postroad.channels.models import State
from postroad.ledger.actions import NewEntry, record_many
from postroad.org.models import today

ENDED_CHANNELS = (State.RETIRED, State.REFUSED)


@transaction.atomic
def turn_grants() -> int:
    """Begin and end whatever is due today; returns how many grants it was. Repeating it changes nothing.

    A grant to a person lasts up to and including their last day.
    """
    day, now = today(), timezone.now()
    due = (
        (Q(channel__state__in=ENDED_CHANNELS), Grant.EndedBecause.CHANNEL_ENDED),
        (Q(person__left_on__lt=day), Grant.EndedBecause.LEFT),
        (Q(ends_on__lt=day), Grant.EndedBecause.LAPSED),
    )
    turned = 0
    for condition, because in due:
        ending = list(_open(condition))
        end_grants(ending, because=because, at=now, actor=ACCESS, evidence={"rule": str(because)})
        turned += len(ending)
    beginning = list(_open(Q(begun_at__isnull=True, starts_on__lte=day)))
    Grant.objects.filter(pk__in=[grant.pk for grant in beginning]).update(begun_at=now)
    record_many([NewEntry(Event.GRANT_BEGUN, ACCESS, grant, about(grant)) for grant in beginning])
    if beginning:
        tell_of_change({grant.channel_id for grant in beginning})
    return turned + len(beginning)


def _open(condition: Q) -> QuerySet[Grant]:
    """Open grants in a condition, locked; what another worker turns at this moment is left to it."""
    found = Grant.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("channel")
    return found.filter(condition, ended_at__isnull=True).order_by("pk")
