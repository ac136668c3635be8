"""Custom fields: which a case has, what it answers, and what is still missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.desk.models import Case, CustomField


def fields_in_use(channels: Iterable[Channel | UUID] | None = None) -> list[CustomField]:
    """The fields asked on any of these channels (default: on any at all), first made first. One query."""
    found = CustomField.objects.filter(retired_at__isnull=True).select_related("channel")
    if channels is not None:
        found = found.filter(Q(channel__isnull=True) | Q(channel__in=list(channels)))
    return list(found)


def all_fields() -> list[CustomField]:
    """Every field, retired ones last. One query."""
    return sorted(
        CustomField.objects.select_related("channel"), key=lambda one: (one.retired_at is not None, one.number)
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A field of a case and what is answered there; None where nothing is."""

    field: CustomField
    value: Any

    @property
    def shown(self) -> str:
        return shown_answer(self.field, self.value)


def answers_of(case: Case) -> list[Answer]:
    """What is asked of a case, each with its answer. One query."""
    return [Answer(field, case.field_values.get(field.key)) for field in fields_in_use([case.channel_id])]


def shown_answer(field: CustomField, value: Any) -> str:
    """An answer as people read it, in the active language; "" for none."""
    if value is None:
        return ""
    if field.kind == CustomField.Kind.YES_NO:
        return _("Yes") if value else _("No")
    if field.kind == CustomField.Kind.DATE:
        try:
            return date_format(dt.date.fromisoformat(str(value)), "Y-m-d")
        except ValueError:
            return str(value)
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def missing_answers(cases: Sequence[Case]) -> dict[UUID, list[CustomField]]:
    """The required fields that a case has not filled in, for those of the cases that lack any. One query."""
    required = list(CustomField.objects.filter(retired_at__isnull=True, required_to_solve=True))
    missing = {
        case.pk: [
            field
            for field in required
            if field.channel_id in (None, case.channel_id) and case.field_values.get(field.key) in (None, "")
        ]
        for case in cases
    }
    return {case_id: fields for case_id, fields in missing.items() if fields}
