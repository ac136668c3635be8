"""That a grant was set up in its channel, or taken away again: by IT, or by Postroad itself."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.access.actions.ending import TOPIC, about, lock_grants
from postroad.access.events import Event
from postroad.access.models import Grant
from postroad.access.queries import only_profiting
from postroad.ledger.actions import NewEntry, record_many
from postroad.org.models import Person, today
from postroad.platform.actors import Actor
from postroad.platform.errors import Refused
from postroad.platform.realtime import publish


@transaction.atomic
def mark_configured(grant_ids: Collection[UUID], by: Person | Actor) -> list[Grant]:
    """Note that grants in force were set up in their channels, and ended ones taken away; returns those it changed.

    By a person, or by a system actor that did it through the channel's connector. What is done already is left as
    it is. Raises Refused, changing nothing, for a grant that only this person gains by.
    """
    person = by if isinstance(by, Person) else None
    actor = by.as_actor() if isinstance(by, Person) else by
    now = timezone.now()
    grants = lock_grants(grant_ids)
    set_up = [grant for grant in grants if grant.to_configure]
    taken_away = [grant for grant in grants if grant.to_remove]
    if person is not None:
        _require_impartial(person, set_up)
    for grant in set_up:
        grant.configured_at, grant.configured_by = now, person
    for grant in taken_away:
        grant.removed_at, grant.removed_by = now, person
    Grant.objects.filter(pk__in=[one.pk for one in set_up]).update(configured_at=now, configured_by=person)
    Grant.objects.filter(pk__in=[one.pk for one in taken_away]).update(removed_at=now, removed_by=person)
    record_many(
        [
            *(NewEntry(Event.GRANT_CONFIGURED, actor, grant, about(grant)) for grant in set_up),
            *(NewEntry(Event.GRANT_REMOVED, actor, grant, about(grant)) for grant in taken_away),
        ]
    )
    if set_up or taken_away:
        publish(TOPIC)
    return [*set_up, *taken_away]


def _require_impartial(person: Person, grants: Collection[Grant]) -> None:
    owned = only_profiting((grant.grantee for grant in grants), on=today())
    if person.pk in owned.values():
        raise Refused(_("Only you gain by one of these grants, so somebody else of IT has to set it up."))
