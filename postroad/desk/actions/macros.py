"""Macros: written by who may, run with the rights of who runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.desk.actions.common import tell
from postroad.desk.actions.steps import (
    Assign,
    CaseStep,
    ChangeState,
    Fill,
    Gone,
    Prioritise,
    PutTag,
    PutText,
    TakeTag,
    WriteNote,
)
from postroad.desk.events import Event
from postroad.desk.models import CannedAnswer, Case, CaseState, CustomField, Macro, Priority, Step, Tag
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.models import Person
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel

MOST_STEPS = 20
ME, NOBODY = "me", "nobody"

_GONE = {
    Step.TEXT: gettext_lazy("The canned answer the macro names was removed."),
    Step.TAG: gettext_lazy("The tag the macro names was removed."),
    Step.UNTAG: gettext_lazy("The tag the macro names was removed."),
    Step.FIELD: gettext_lazy("The field the macro fills in is not in use any more."),
    Step.ASSIGN: gettext_lazy("The colleague the macro names is not there any more."),
}
_NAMED: dict[str, Any] = {Step.TEXT: CannedAnswer, Step.TAG: Tag, Step.UNTAG: Tag, Step.FIELD: CustomField}


@transaction.atomic
def save_macro(
    *, macro: Macro | None, name: str, channel: Channel | None, steps: Sequence[Mapping[str, Any]], person: Person
) -> Macro:
    """Write a macro, or change one. Raises Invalid without a step, or with too many."""
    if not steps:
        raise Invalid({"steps": _("A macro takes at least one step.")})
    if len(steps) > MOST_STEPS:
        raise Invalid({"steps": _("A macro takes at most %(count)s steps.") % {"count": MOST_STEPS}})
    macro = macro or Macro()
    macro.name, macro.channel, macro.steps = name.strip(), channel, [dict(step) for step in steps]
    macro.save()
    record(Event.MACRO_SAVED, actor=person.as_actor(), subject=macro, data={"name": macro.name})
    return macro


@transaction.atomic
def remove_macro(*, macro: Macro, person: Person) -> None:
    record(Event.MACRO_REMOVED, actor=person.as_actor(), subject=macro, data={"name": macro.name})
    macro.delete()


def steps_of(macro: Macro, *, person: Person) -> list[CaseStep]:
    """The steps of a macro as they are taken when this person runs it. At most four queries."""
    known = _named_in(macro)
    return [_step(step, known, person=person) for step in macro.steps]


def _named_in(macro: Macro) -> dict[str, Any]:
    """Everything the steps name, by its id: tags, fields, canned answers, colleagues."""
    wanted: dict[Any, set[str]] = {}
    for step in macro.steps:
        if step["do"] == Step.ASSIGN and step["value"] not in {ME, NOBODY}:
            wanted.setdefault(Person, set()).add(step["value"])
        elif step["do"] in _NAMED:
            wanted.setdefault(_NAMED[step["do"]], set()).add(step.get("field") or step["value"])
    return {str(one.pk): one for model, ids in wanted.items() for one in model.objects.filter(pk__in=ids)}


def _step(step: Mapping[str, Any], known: Mapping[str, Any], *, person: Person) -> CaseStep:
    do, value = Step(step["do"]), step.get("value")
    match do:
        case Step.NOTE:
            return WriteNote(str(value))
        case Step.PRIORITY:
            return Prioritise(Priority(str(value)))
        case Step.STATE:
            return ChangeState(CaseState(str(value)), step.get("reason", ""))
        case Step.ASSIGN if value in {ME, NOBODY}:
            return Assign(person if value == ME else None)
    return _step_with(do, known.get(str(step.get("field") or value)), value)


def _step_with(do: Step, named: Any, value: Any) -> CaseStep:
    """A step that names something of the desk's, which may have gone since the macro was written."""
    if named is None or getattr(named, "retired_at", None):
        return Gone(str(_GONE[do]))
    if do == Step.FIELD:
        return Fill(named, value)
    kinds: dict[Step, type[Any]] = {Step.TEXT: PutText, Step.TAG: PutTag, Step.UNTAG: TakeTag, Step.ASSIGN: Assign}
    step: CaseStep = kinds[do](named)
    return step


def tell_of_run(macro: Macro, cases: Sequence[Case], *, person: Person) -> None:
    """Put on record that a macro was run; what its steps did is on record by itself."""
    record_many([NewEntry(Event.MACRO_RUN, person.as_actor(), case, {"name": macro.name}) for case in cases])
    tell(cases)
