"""Days on which a manager is away: the deputies step in for their accounts, and step back after it."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from postroad.accounts import queries
from postroad.accounts.actions.keeping import TOPIC, align
from postroad.accounts.events import Event
from postroad.accounts.models import Absence
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.platform.actors import Actor
from postroad.platform.errors import Invalid
from postroad.platform.realtime import publish

LONGEST = timedelta(days=366)


@transaction.atomic
def enter_absence(*, person: Person, starts_on: date, ends_on: date, actor: Actor, reason: str = "") -> Absence:
    """Say that somebody is away, the first and the last day included. Raises Invalid, naming the field."""
    # The lock makes two absences of one person wait for each other, so that they cannot overlap.
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if ends_on < starts_on:
        raise Invalid({"ends_on": _("The last day comes before the first.")})
    if ends_on < today():
        raise Invalid({"ends_on": _("This is over already.")})
    if ends_on - starts_on > LONGEST:
        raise Invalid({"ends_on": _("An absence lasts at most a year; hand the accounts over instead.")})
    if Absence.objects.filter(person=person, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise Invalid({"starts_on": _("There is an absence in this period already. End it first.")})
    absence = Absence.objects.create(person=person, starts_on=starts_on, ends_on=ends_on, reason=reason.strip()[:200])
    data = {"starts_on": str(starts_on), "ends_on": str(ends_on)}
    record(Event.ABSENCE_ENTERED, actor=actor, subject=person, data=data)
    _follow(person)
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, actor: Actor) -> None:
    """Somebody is back: today is no day of absence any more. One that had not begun is dropped."""
    absence = Absence.objects.select_for_update(of=("self",)).select_related("person").get(pk=absence.pk)
    last_day = today() - timedelta(days=1)
    if absence.starts_on > last_day:
        absence.delete()
    else:
        absence.ends_on = min(absence.ends_on, last_day)
        absence.save(update_fields=["ends_on"])
    record(Event.ABSENCE_ENDED, actor=actor, subject=absence.person, data={"ends_on": str(last_day)})
    _follow(absence.person)


def _follow(person: Person) -> None:
    concerned = list(queries.running().filter(Q(manager=person) | Q(deputy=person)))
    align(concerned)
    people = {one for account in concerned for one in (account.manager_id, account.deputy_id) if one}
    publish(TOPIC, *(f"work.{one}" for one in sorted(people)))
