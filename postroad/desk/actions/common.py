"""What every action on cases begins and ends with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.clock.models import Deadline
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.collision import Overtaken
from postroad.desk.models import FINISHED, TO_DO, Case, CaseState
from postroad.platform import realtime
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict

if TYPE_CHECKING:
    from postroad.org.models import Person


def lock(cases: Iterable[Case]) -> list[Case]:
    """The cases as they are now, locked in the order of their ids, given back in the order asked for.

    Raises Conflict for one that has been merged away in the meantime.
    """
    wanted = [case.pk for case in cases]
    locked = {
        case.pk: case
        for case in Case.objects.filter(pk__in=wanted)
        .defer("search")
        .select_related("channel", "assignee", "merged_into")
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    }
    for case in locked.values():
        if case.merged_into:
            raise Conflict(
                _("Case #%(number)s has been merged into #%(into)s.")
                % {"number": case.number, "into": case.merged_into.number}
            )
    return [locked[case_id] for case_id in dict.fromkeys(wanted)]


def require_seen(case: Case, seen: UUID | None, *, person: Person, by_customers: bool = True) -> None:
    """Raise Overtaken for what was said on the locked case after the message that `person` saw last.

    None: they come from where nothing is shown first, and are not asked.
    """
    if seen is None:
        return
    since = queries.said_since(case, seen, person=person, by_customers=by_customers)
    sending = queries.being_sent(case, seen, person=person) if by_customers else []
    if since or sending:
        raise Overtaken(since, sending)


def settle(cases: Sequence[Case], *, at: datetime, reason: str, actor: Actor) -> None:
    """Make the promises agree with the states their cases are in now.

    A case whose reply is still on its way is left alone: its promises are settled when the mail server has taken the
    reply, because before that the customer has nothing.
    """
    owed = queries.owed_on(cases)
    under_way = queries.with_reply_under_way(cases)
    settled = [case for case in cases if case.pk not in under_way]
    promises.meet_all((case for case in settled if case.state in FINISHED), owed, at=at, reason=reason, actor=actor)
    promises.pause_answer((case for case in settled if case.state == CaseState.WAITING), owed, at=at, actor=actor)
    worked_on = (case for case in cases if case.state in TO_DO)
    promises.resume_answer(worked_on, owed, at=at, reason=reason, actor=actor)
    promises.refresh_due(cases)


def tell(cases: Iterable[Case], *people_ids: object) -> None:
    """Let open pages know: the list, each case's page, and the work of the people concerned."""
    topics = [f"desk.case.{case.pk}" for case in cases]
    topics += [f"work.{person_id}" for person_id in people_ids if person_id]
    realtime.publish("desk.cases", *topics)


def tell_of_promises(deadlines: Sequence[Deadline]) -> None:
    """A promise has used much of its time, or was missed: the list and the cases' pages shall show it.

    Registered with the clock; runs inside the transaction in which it happened.
    """
    realtime.publish("desk.cases", *(f"desk.case.{deadline.subject_id}" for deadline in deadlines))
