"""Moving the rest of open promises to the terms their channel has now."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.clock import actions as clock
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, tell
from postroad.desk.events import Event
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person


@transaction.atomic
def move_promises(*, channel: Channel, deadline_ids: Collection[UUID], reason: str, person: Person) -> int:
    """Let the rest of these open promises of the channel count by its terms of now; returns how many were moved.

    The time used so far stays used. Left as they are, whatever was asked: promises that have ended meanwhile, and those
    that the new terms would break at once. Raises Invalid without a reason, Conflict where nothing is left to move.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": _("Say why the running promises are moved.")})
    now = timezone.now()
    wanted = [one for one in queries.on_other_terms(channel, now=now) if one.deadline.pk in set(deadline_ids)]
    cases = lock({one.case.pk: one.case for one in wanted}.values())
    rules = {one.deadline.pk: one.rule for one in wanted if not one.stays}
    moved = clock.change_rules(rules, at=now, reason=reason, actor=person.as_actor())
    if not moved:
        raise Conflict(_("None of these promises can be moved any more."))
    promises.refresh_due(cases)
    data: dict[str, Json] = {"count": len(moved), "reason": reason}
    record(Event.PROMISES_MOVED, actor=person.as_actor(), subject=channel, data=data)
    tell(cases, *(case.assignee_id for case in cases))
    return len(moved)
