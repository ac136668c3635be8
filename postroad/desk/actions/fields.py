"""What is asked of cases beyond what every case has, and the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.desk import queries
from postroad.desk.actions.common import lock, tell
from postroad.desk.events import Event
from postroad.desk.models import Case, CustomField
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.channels.models import Channel
    from postroad.org.models import Person


@transaction.atomic
def save_field(
    *,
    field: CustomField | None,
    name: str,
    kind: str,
    choices: Sequence[str],
    help_text: str,
    channel: Channel | None,
    required_to_solve: bool,
    person: Person,
) -> CustomField:
    """Ask something new of cases, or change how it is asked; the kind of answer stays, as answers are there already."""
    if field is None:
        # Numbers are never used again, or old answers would appear under new questions.
        last = CustomField.objects.aggregate(last=Max("number"))["last"] or 0
        field = CustomField(number=last + 1, kind=kind)
    field.name, field.choices, field.help_text = name.strip(), list(choices), help_text.strip()
    field.channel, field.required_to_solve = channel, required_to_solve
    field.save()
    record(Event.FIELD_SAVED, actor=person.as_actor(), subject=field, data={"name": field.name})
    return field


@transaction.atomic
def retire_field(*, field: CustomField, person: Person) -> CustomField:
    """Ask it no more; the answers given stay with their cases and come back if the field does."""
    field.retired_at = timezone.now()
    field.save(update_fields=["retired_at"])
    record(Event.FIELD_RETIRED, actor=person.as_actor(), subject=field, data={"name": field.name})
    return field


@transaction.atomic
def restore_field(*, field: CustomField, person: Person) -> CustomField:
    """Ask it again. Raises Invalid where another field has taken its name."""
    if CustomField.objects.filter(retired_at__isnull=True, name__iexact=field.name).exclude(pk=field.pk).exists():
        raise Invalid(_("There is a field of this name already."))
    field.retired_at = None
    field.save(update_fields=["retired_at"])
    record(Event.FIELD_RESTORED, actor=person.as_actor(), subject=field, data={"name": field.name})
    return field


@transaction.atomic
def fill_in(*, cases: Sequence[Case], answers: Mapping[CustomField, Any], person: Person) -> list[Case]:
    """Answer custom fields of cases; None takes an answer away. Answers come as `queries.typed` makes them.

    On record is which fields were answered, not how: answers may be about people.
    """
    changed, entries = [], []
    for case in lock(cases):
        new = {field: answer for field, answer in answers.items() if case.field_values.get(field.key) != answer}
        if not new:
            continue
        kept = case.field_values | {field.key: answer for field, answer in new.items()}
        case.field_values = {key: answer for key, answer in kept.items() if answer is not None}
        changed.append(case)
        names = ", ".join(field.name for field in new)
        entries.append(NewEntry(Event.CASE_FILLED_IN, person.as_actor(), case, {"fields": names}))
    if changed:
        Case.objects.bulk_update(changed, ["field_values"])
        record_many(entries)
        tell(changed)
    return changed


def require_answers(cases: Sequence[Case]) -> None:
    """Raise Invalid, naming cases and fields, where what must be known before solving is not. One query."""
    missing = queries.missing_answers(cases)
    if not missing:
        return
    told = "; ".join(
        f"#{case.number}: {', '.join(field.name for field in missing[case.pk])}" for case in cases if case.pk in missing
    )
    raise Invalid({"reason": _("Before solving, fill in %(missing)s.") % {"missing": told}})
