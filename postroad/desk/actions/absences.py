"""Who is away from the desk: they get no new cases, and those in hand go where they said."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.accounts import actions as accounts
from postroad.accounts.models import Absence
from postroad.desk import queries
from postroad.desk.actions import assignment
from postroad.desk.actions.common import lock
from postroad.desk.actions.state import DESK
from postroad.desk.models import Cover
from postroad.desk.permissions import Permission
from postroad.org.permissions import person_may
from postroad.platform.errors import Invalid, Refused

if TYPE_CHECKING:
    from postroad.org.models import Person


@transaction.atomic
def enter_absence(
    *,
    absent: Person,
    starts_on: date,
    ends_on: date,
    deputy: Person | None,
    open_cases: Cover.OpenCases,
    person: Person,
) -> Absence:
    """Say that somebody is away on these days; from the first on they get no cases, and what they have goes as said.

    Raises Invalid at the field, Refused for another person's absence without the right to run queues.
    """
    _require_own_or_lead(absent, person)
    problem = _problem_of(deputy, absent=absent, open_cases=open_cases)
    if problem:
        raise Invalid({"deputy": problem})
    absence = accounts.enter_absence(person=absent, starts_on=starts_on, ends_on=ends_on, actor=person.as_actor())
    Cover.objects.create(absence=absence, open_cases=open_cases, deputy=deputy)
    hand_over_absent()
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, person: Person) -> None:
    """The person is back, or does not go: they get cases again. What has been handed over stays where it is."""
    _require_own_or_lead(absence.person, person)
    accounts.end_absence(absence=absence, actor=person.as_actor())


@transaction.atomic
def hand_over_absent() -> int:
    """Give the cases to be worked on of everybody who is away to their deputy or their team; returns how many.

    Also those that became theirs to work on while they were away, because a customer answered.
    """
    count = 0
    for absence, cases in queries.cases_of_the_absent():
        assignment.give(lock(cases), _stand_in(getattr(absence, "cover", None)), by=DESK)
        count += len(cases)
    return count


def _stand_in(cover: Cover | None) -> Person | None:
    """The deputy, if they answer cases and are not away themselves; else nobody, which is the team."""
    if cover is None or cover.open_cases != Cover.OpenCases.DEPUTY or cover.deputy is None:
        return None
    there = person_may(cover.deputy, Permission.CASE_WORK) and queries.absence_of(cover.deputy) is None
    return cover.deputy if there else None


def _require_own_or_lead(absent: Person, person: Person) -> None:
    if absent != person and not person_may(person, Permission.QUEUE_MANAGE):
        raise Refused(_("You may enter your own absence only."))


def _problem_of(deputy: Person | None, *, absent: Person, open_cases: Cover.OpenCases) -> str:
    if open_cases == Cover.OpenCases.DEPUTY and deputy is None:
        return _("Say who the deputy is.")
    if deputy == absent:
        return _("Nobody is their own deputy.")
    if deputy and not person_may(deputy, Permission.CASE_WORK):
        return _("%(name)s does not answer cases.") % {"name": deputy}
    return ""
