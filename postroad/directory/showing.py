"""How readings and conflicts are told to people: both sides beside each other, personal data masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from postroad.directory.models import Conflict
from postroad.directory.queries import conflict_context
from postroad.directory.readings import Entry, open_entry
from postroad.messengers.protocol import DirectoryPerson
from postroad.org.models import Person
from postroad.org.personal import PersonalField, mask, masked, normalise
from postroad.org.queries import head_of
from postroad.org.sheet import Column


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that both sides say something about. `differs`: they do not say the same."""

    label: str
    theirs: str
    ours: str
    differs: bool


@dataclass(frozen=True, slots=True)
class ShownConflict:
    conflict: Conflict
    facts: list[Fact]
    choices: list[Conflict.Choice]


def shown_lines(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of a plan with the names of the fields."""
    return [{**line, "fields": [Column(field).label for field in line["fields"]]} for line in lines]


def shown_conflicts(conflicts: Sequence[Conflict]) -> list[ShownConflict]:
    """Both sides of each: theirs, and ours or the second entry of theirs. Personal data is masked."""
    personal = masked([one.person for one in conflicts if one.person])
    return [_shown(one, personal.get(one.person_id, {}) if one.person_id else {}) for one in conflicts]


def choices_for(conflict: Conflict) -> list[Conflict.Choice]:
    """What can be chosen: to be the same, or to keep ours, takes somebody on our side."""
    needs_ours = {Conflict.Choice.SAME, Conflict.Choice.KEEP}
    has_ours = conflict.person_id is not None or conflict.department_id is not None
    return [choice for choice in conflict.choices_here if has_ours or choice not in needs_ours]


def _shown(conflict: Conflict, personal: Mapping[str, str]) -> ShownConflict:
    context = conflict_context(conflict)
    theirs = _facts_of(open_entry(bytes(conflict.sealed_theirs or b""), context=context))
    if conflict.kind == Conflict.Kind.HEAD_DIFFERS:
        theirs, ours = _facts_of_heads(conflict)
    elif conflict.sealed_other:
        ours = _facts_of(open_entry(bytes(conflict.sealed_other), context=context))
    elif conflict.person:
        ours = _facts_of_person(conflict.person, personal)
    elif conflict.department:
        ours = {_("Name"): conflict.department.name, _("Department code"): conflict.department.code}
    else:
        ours = {}
    labels = dict.fromkeys([*theirs, *ours])
    facts = [
        Fact(
            label,
            theirs.get(label, ""),
            ours.get(label, ""),
            differs=bool(ours) and theirs.get(label, "") != ours.get(label, ""),
        )
        for label in labels
        if theirs.get(label) or ours.get(label)
    ]
    return ShownConflict(conflict, facts, choices_for(conflict))


def _facts_of_heads(conflict: Conflict) -> tuple[dict[str, str], dict[str, str]]:
    """Whom they name, and who heads the department here."""
    assert conflict.department is not None
    head = head_of(conflict.department)
    label = _("Head of %(department)s") % {"department": conflict.department}
    return {label: str(conflict.person)}, {label: str(head) if head else _("nobody")}


def _facts_of(entry: Entry) -> dict[str, str]:
    if not isinstance(entry, DirectoryPerson):
        return {_("Name"): entry.name, _("Stands below"): entry.parent_id or ""}
    return {
        Column.NAME.label: entry.name,
        Column.STAFF_NO.label: entry.staff_no,
        Column.TITLE.label: entry.title,
        Column.MAIL.label: _masked(PersonalField.MAIL, entry.mail),
        Column.PHONE.label: _masked(PersonalField.PHONE, entry.phone),
    }


def _facts_of_person(person: Person, personal: Mapping[str, str]) -> dict[str, str]:
    return {
        Column.NAME.label: person.name,
        Column.STAFF_NO.label: person.staff_no,
        Column.TITLE.label: person.title,
        Column.MAIL.label: personal.get("mail", ""),
        Column.PHONE.label: personal.get("phone", ""),
        Column.LEFT_ON.label: person.left_on.isoformat() if person.left_on else "",
    }


def _masked(field: PersonalField, text: str) -> str:
    """What cannot be read as one is not shown at all: it may be anything."""
    try:
        return mask(field, normalise(field, text))
    except ValidationError:
        return _("cannot be read")
