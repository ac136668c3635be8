"""Who works on a case: taking, assigning, handing out in turn, transferring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import lock, tell
from postroad.desk.events import Event
from postroad.desk.models import Case, CaseState, Priority
from postroad.desk.permissions import Permission
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.permissions import person_may
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person
    from postroad.platform.actors import Actor


@transaction.atomic
def take(*, case: Case, person: Person) -> Case:
    """Make a case one's own. Raises Conflict if a colleague was faster."""
    [case] = lock([case])
    if case.assignee and case.assignee != person:
        raise Conflict(_("%(name)s has taken this case already.") % {"name": case.assignee})
    return give([case], person, by=person.as_actor())[0]


@transaction.atomic
def assign(*, cases: Sequence[Case], assignee: Person | None, person: Person) -> list[Case]:
    """Give cases to a colleague, or (None) put them back into the queue; running promises go with them.

    Raises Invalid when the colleague does not work at the desk.
    """
    if assignee and not person_may(assignee, Permission.CASE_WORK):
        raise Invalid({"assignee": _("%(name)s does not answer cases.") % {"name": assignee}})
    return give(lock(cases), assignee, by=person.as_actor())


@transaction.atomic
def transfer(*, case: Case, channel: Channel, assignee: Person | None, reason: str, person: Person) -> Case:
    """Move a case to another channel's team, saying why.

    What was promised to the customer stands: running promises keep their terms, their calendar and the time used.
    """
    [case] = lock([case])
    if not reason.strip():
        raise Invalid({"reason": _("Say why the case goes to another team.")})
    if channel.pk == case.channel_id:
        raise Invalid({"channel": _("The case is with this team already.")})
    if assignee and not person_may(assignee, Permission.CASE_WORK):
        raise Invalid({"assignee": _("%(name)s does not answer cases.") % {"name": assignee}})
    change = {"before": case.channel.key, "after": channel.key}
    before = case.assignee_id
    case.channel, case.assignee = channel, assignee
    case.save(update_fields=["channel", "assignee"])
    record(
        Event.CASE_TRANSFERRED,
        actor=person.as_actor(),
        subject=case,
        data={"channel": change, "reason": reason.strip()},
    )
    promises.hand_over([case], queries.owed_on([case]), responsible=assignee, actor=person.as_actor())
    tell([case], before, case.assignee_id)
    return case


def set_priority(*, case: Case, priority: Priority, person: Person) -> Case:
    """Say how much a case matters; the promises stay as they are."""
    return prioritise(cases=[case], priority=priority, person=person)[0]


@transaction.atomic
def prioritise(*, cases: Sequence[Case], priority: Priority, person: Person) -> list[Case]:
    """Say how much cases matter; the promises stay as they are."""
    locked = lock(cases)
    changed = [case for case in locked if case.priority != priority]
    entries = []
    for case in changed:
        change = {"before": case.priority, "after": priority.value}
        case.priority = priority
        entries.append(NewEntry(Event.CASE_PRIORITISED, person.as_actor(), case, {"priority": change}))
    if changed:
        Case.objects.bulk_update(changed, ["priority"])
        record_many(entries)
        tell(changed, *(case.assignee_id for case in changed))
    return locked


def give(cases: list[Case], assignee: Person | None, *, by: Actor) -> list[Case]:
    """The common part of every change of assignee; the cases are locked."""
    changed = [case for case in cases if case.assignee_id != (assignee.pk if assignee else None)]
    if not changed:
        return cases
    before = [case.assignee_id for case in changed]
    entries = [NewEntry(Event.CASE_ASSIGNED, by, case, {"assignee": _change(case, assignee)}) for case in changed]
    for case in changed:
        case.assignee = assignee
        if assignee and case.state == CaseState.NEW:
            case.state = CaseState.OPEN
    Case.objects.bulk_update(changed, ["assignee", "state"])
    record_many(entries)
    promises.hand_over(changed, queries.owed_on(changed), responsible=assignee, actor=by)
    tell(changed, *before, assignee.pk if assignee else None)
    return cases


def _change(case: Case, assignee: Person | None) -> dict[str, str | None]:
    return {
        "before": case.assignee.staff_no if case.assignee else None,
        "after": assignee.staff_no if assignee else None,
    }
