"""How grants end, whatever the reason: one place, inside the caller's transaction, rows locked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from postroad.access.events import Event
from postroad.access.models import Grant
from postroad.access.registry import tell_listeners
from postroad.ledger.actions import NewEntry, record_many
from postroad.ledger.canonical import Json
from postroad.platform.actors import Actor
from postroad.platform.realtime import publish

TOPIC = "access"


def end_grants(
    grants: Sequence[Grant], *, because: Grant.EndedBecause, at: datetime, actor: Actor, evidence: dict[str, Json]
) -> None:
    """End open grants. `evidence` says in the ledger on what it rests: an application, a recertification, a rule."""
    if not grants:
        return
    for grant in grants:
        grant.ended_at, grant.ended_because = at, because
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(ended_at=at, ended_because=because)
    record_many(
        [NewEntry(Event.GRANT_ENDED, actor, grant, about(grant, because=str(because), **evidence)) for grant in grants]
    )
    tell_of_change({grant.channel_id for grant in grants if grant.begun_at})


def tell_of_change(channel_ids: Collection[UUID]) -> None:
    """Tell the packages above and the open pages that the grants of these channels changed."""
    tell_listeners(channel_ids)
    publish(TOPIC)


def about(grant: Grant, **more: Json) -> dict[str, Json]:
    """What the ledger says of a grant; channel at hand."""
    grantee: dict[str, Json] = {**grant.grantee.as_data()}
    return {"permission": grant.permission, "channel": grant.channel.key, "grantee": grantee, **more}


def lock_grants(grant_ids: Collection[UUID]) -> list[Grant]:
    """These grants in the order of their ids, locked for change, with their channels."""
    found = Grant.objects.select_for_update(no_key=True, of=("self",)).select_related("channel")
    return list(found.filter(pk__in=grant_ids).order_by("pk"))
