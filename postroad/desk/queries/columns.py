"""The columns of the case list: those every case has, and one for each custom field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from postroad.desk.models import Case, CustomField
from postroad.desk.queries.fields import shown_answer

COLUMNS = {
    "state": _("State"),
    "promise": _("Promise"),
    "assignee": _("Assignee"),
    "last_message": _("Last message"),
    "channel": _("Channel"),
    "organisation": _("Organisation"),
    "priority": _("Priority"),
    "opened": _("Opened"),
}
"""Number and subject, with the tags, are always there; these may stand beside them, in this order."""

USUAL = ("state", "promise", "assignee", "last_message")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `field` is the custom field it shows, if that is what it does."""

    key: str
    label: Any
    field: CustomField | None = None


def columns_for(fields: Sequence[CustomField]) -> dict[str, Column]:
    """Every column there is, by its key."""
    found = {key: Column(key, label) for key, label in COLUMNS.items()}
    return found | {one.key: Column(one.key, one.name, one) for one in fields}


def chosen_columns(keys: Sequence[str], known: Mapping[str, Column]) -> list[Column]:
    """The columns of these keys, in their standing order; the usual ones where none of them is left."""
    return [one for key, one in known.items() if key in keys] or [known[key] for key in USUAL]


def column_text(column: Column, case: Case) -> str:
    """What stands in a column that is plain text."""
    if column.field:
        return shown_answer(column.field, case.field_values.get(column.field.key))
    plain = {"channel": case.channel, "organisation": case.organisation or "", "priority": case.get_priority_display()}
    return str(plain[column.key])
