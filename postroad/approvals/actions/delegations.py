"""Letting somebody else decide in one's place for some days."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.approvals.approvers import active_people
from postroad.approvals.events import Event
from postroad.approvals.jobs import Job
from postroad.approvals.models import Assignment, Delegation, Step
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

LONGEST = timedelta(days=366)


@transaction.atomic
def delegate(
    *, delegator: Person, delegate: Person, starts_on: date, ends_on: date, reason: str, actor: Actor
) -> Delegation:
    """Let `delegate` decide in `delegator`'s place, the first and the last day included.

    The delegator can still decide; nobody decides an own request by this. Raises Invalid, naming the field.
    """
    # The row lock makes two delegations of one person wait for each other, so that they cannot overlap.
    Person.objects.select_for_update(no_key=True).get(pk=delegator.pk)
    _require_period(starts_on, ends_on)
    if delegate == delegator:
        raise Invalid({"delegate": _("Choose somebody else.")})
    if not active_people().filter(pk=delegate.pk).exists():
        raise Invalid({"delegate": _("This person does not work here any more.")})
    if Delegation.objects.filter(delegator=delegator, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise Invalid({"starts_on": _("There is a delegation in this period already. End it first.")})
    delegation = Delegation.objects.create(
        delegator=delegator, delegate=delegate, starts_on=starts_on, ends_on=ends_on, reason=reason
    )
    record(
        Event.DELEGATION_STARTED,
        actor=actor,
        subject=delegation,
        data={
            "delegator": str(delegator.pk),
            "delegate": str(delegate.pk),
            "starts_on": str(starts_on),
            "ends_on": str(ends_on),
        },
    )
    publish(f"work.{delegate.pk}")
    if delegation.is_active_on(today()):
        _tell_of_what_waits(delegator)
    return delegation


@transaction.atomic
def end_delegation(*, delegation: Delegation, actor: Actor) -> Delegation:
    """End a delegation before its time: from now on only the delegator decides. Raises Conflict if it has ended."""
    delegation = Delegation.objects.select_for_update(no_key=True).get(pk=delegation.pk)
    if delegation.ends_on < today():
        raise Conflict(_("This delegation has ended already."))
    before = delegation.ends_on
    delegation.ends_on = max(today(), delegation.starts_on) - timedelta(days=1)
    delegation.save(update_fields=["ends_on"])
    data = {"ends_on": str(delegation.ends_on), "before": str(before)}
    record(Event.DELEGATION_ENDED, actor=actor, subject=delegation, data=data)
    publish(f"work.{delegation.delegate_id}")
    return delegation


def _require_period(starts_on: date, ends_on: date) -> None:
    if starts_on < today():
        raise Invalid({"starts_on": _("A delegation cannot start in the past.")})
    if ends_on < starts_on:
        raise Invalid({"ends_on": _("The last day comes before the first.")})
    if ends_on - starts_on > LONGEST:
        raise Invalid({"ends_on": _("A delegation lasts at most a year.")})


def _tell_of_what_waits(delegator: Person) -> None:
    waiting = Assignment.objects.filter(person=delegator, state=Assignment.State.WAITING, step__state=Step.State.OPEN)
    for step_id in waiting.values_list("step_id", flat=True):
        enqueue(Job.ASK_APPROVERS, step_id=str(step_id))
