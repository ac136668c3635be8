"""The same for many cases, and honest about it: what was done, and what was not and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.desk.actions.macros import steps_of, tell_of_run
from postroad.desk.actions.steps import CaseStep, Refusals
from postroad.desk.models import Case, Macro
from postroad.desk.permissions import sight_of
from postroad.org.permissions import person_may

if TYPE_CHECKING:
    from postroad.org.models import Person

MOST_CASES = 200


@dataclass(frozen=True)
class Outcome:
    """What became of a bulk action: the cases on which all of it was done, and by reason the numbers of the others."""

    done: list[Case]
    refused: dict[str, list[int]] = field(default_factory=dict)

    @property
    def not_done(self) -> int:
        return sum(len(numbers) for numbers in self.refused.values())

    @property
    def why_not(self) -> str:
        """The reasons with the cases they hold for, in one line."""
        return " ".join(
            _("%(numbers)s: %(reason)s") % {"numbers": ", ".join(f"#{one}" for one in numbers), "reason": reason}
            for reason, numbers in self.refused.items()
        )


@transaction.atomic
def do_to_all(*, numbers: Sequence[int], steps: Sequence[CaseStep], person: Person) -> Outcome:
    """Take the steps, in order, on each of the cases on which all of them can be taken; leave the others as they are.

    A case nobody may see is refused like one that does not exist. The number of statements depends on the steps, not on
    how many cases there are. Raises what a step raises that was possible a moment before; then nothing was done.
    """
    possible, refused = _foreseen(numbers, steps, person=person, locked=True)
    for step in steps:
        if possible:
            step.take(possible, person=person)
    return Outcome(possible, refused)


@transaction.atomic
def run_macro(*, macro: Macro, numbers: Sequence[int], person: Person) -> Outcome:
    """Run a macro on each of the cases on which all its steps can be taken; each step needs the person's own right."""
    outcome = do_to_all(numbers=numbers, steps=steps_of(macro, person=person), person=person)
    if outcome.done:
        tell_of_run(macro, outcome.done, person=person)
    return outcome


def preview(*, numbers: Sequence[int], steps: Sequence[CaseStep], person: Person) -> Outcome:
    """What `do_to_all` would do now; nothing is changed."""
    possible, refused = _foreseen(numbers, steps, person=person, locked=False)
    return Outcome(possible, refused)


def _foreseen(
    numbers: Sequence[int], steps: Sequence[CaseStep], *, person: Person, locked: bool
) -> tuple[list[Case], dict[str, list[int]]]:
    """The cases on which all the steps can be taken, and by reason the numbers of the others."""
    wanted = list(dict.fromkeys(numbers))
    cases = sight_of(person).cases().filter(number__in=wanted).defer("search")
    cases = cases.select_related("channel", "assignee", "merged_into").order_by("pk")
    found = list(cases.select_for_update(no_key=True, of=("self",)) if locked else cases)
    refused: dict[str, list[int]] = {}
    _note(refused, _("It is not there, or not yours to see."), set(wanted) - {case.number for case in found})
    for case in found:
        if case.merged_into:
            reason = _("It has been merged into #%(into)s.") % {"into": case.merged_into.number}
            _note(refused, reason, [case.number])
    found = [case for case in found if not case.merged_into]
    reasons = _reasons(found, steps, person=person)
    for case in found:
        if case.pk in reasons:
            _note(refused, reasons[case.pk], [case.number])
    return [case for case in found if case.pk not in reasons], refused


def _reasons(cases: Sequence[Case], steps: Sequence[CaseStep], *, person: Person) -> Refusals:
    """For each case on which not all steps can be taken, why: the first reason met."""
    reasons: dict[UUID, str] = {}
    foreseen = [copy(case) for case in cases]
    for step in steps:
        if not person_may(person, step.permission):
            reasons |= {case.pk: _("You may not: %(step)s.") % {"step": step.words} for case in foreseen} | reasons
            break
        foreseen = [case for case in foreseen if case.pk not in reasons]
        reasons |= step.refusals(foreseen)
        for case in foreseen:
            step.foresee(case)
    return reasons


def _note(refused: dict[str, list[int]], reason: str, numbers: Iterable[int]) -> None:
    if found := sorted(numbers):
        refused.setdefault(reason, []).extend(found)
