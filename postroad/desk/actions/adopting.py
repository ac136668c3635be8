"""A robot's mail that turns out to be a person's question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, tell
from postroad.desk.actions.promises import NewPromise
from postroad.desk.events import Event
from postroad.desk.models import TO_DO, Case
from postroad.desk.queries import Promise
from postroad.ledger.actions import record
from postroad.platform.errors import Conflict

if TYPE_CHECKING:
    from postroad.org.models import Person


@transaction.atomic
def adopt(*, case: Case, person: Person) -> Case:
    """Say that somebody waits for an answer after all; what is not promised yet is promised from the arrival on.

    Raises Conflict unless the case is being worked on and owes nothing.
    """
    [case] = lock([case])
    if case.state not in TO_DO or queries.owed_on([case])[case.pk]:
        raise Conflict(_("Only an open case on which nothing is promised can be given promises."))
    since = case.opened_at if case.automatic else case.last_message_at
    kinds = [Promise.ANSWER] if case.first_replied_at else [queries.first_promise(case.channel), Promise.ANSWER]
    reason = _("found to be a question")
    new = [NewPromise(case, case.channel, kind, since, reason) for kind in kinds]
    case.automatic = False
    case.save(update_fields=["automatic"])
    promises.start(new, actor=person.as_actor())
    promises.refresh_due([case])
    record(Event.CASE_ADOPTED, actor=person.as_actor(), subject=case)
    tell([case], case.assignee_id)
    return case
