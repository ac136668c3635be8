"""What the actions of this package share: refusals in place of constraint errors, and change records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.org.personal import PersonalField, Subject, normalise, write
from postroad.platform.crypto import SubjectKeys
from postroad.platform.errors import Invalid

# Which field is to blame, and what to say, when the database refuses.
REFUSALS = {
    "org_department_code_key": ("code", gettext_lazy("Another department has this code.")),
    "org_department_name_once_per_parent": ("name", gettext_lazy("There is already a department of this name here.")),
    "org_department_not_its_own_parent": ("parent", gettext_lazy("A department cannot stand below itself.")),
    "org_department_no_cycle": ("parent", gettext_lazy("A department cannot stand below itself.")),
    "org_person_staff_no_key": ("staff_no", gettext_lazy("Another person has this staff number.")),
    "org_person_staff_no_once_in_any_case": ("staff_no", gettext_lazy("Another person has this staff number.")),
    "org_person_mail_once_among_staff": ("mail", gettext_lazy("Another person has this mail address.")),
    "org_person_leaves_after_joining": ("left_on", gettext_lazy("The leaving date lies before the joining date.")),
    "org_post_ends_after_start": ("ends_on", gettext_lazy("The end lies before the beginning.")),
    "org_post_of_a_department_names_it": ("department", gettext_lazy("This role is held in a department: choose one.")),
    "org_post_one_at_a_time": (
        "starts_on",
        gettext_lazy("The department has another holder of this role in that period. End that post first."),
    ),
    "org_organisation_name_once": ("name", gettext_lazy("There is already an organisation of this name.")),
    "org_contact_mail_once": ("mail", gettext_lazy("Another contact has this mail address.")),
    "org_contact_consent_has_its_time": ("consented_at", gettext_lazy("Say when the consent was given.")),
    "org_account_username_once": ("username", gettext_lazy("This user name is taken.")),
    "org_account_person_id_key": ("username", gettext_lazy("This person has an account already.")),
}


@contextmanager
def refusing() -> Iterator[None]:
    """Turn a broken constraint into Invalid on the field that is to blame; the work inside is undone."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        refusal = REFUSALS.get(getattr(diagnosis, "constraint_name", "") or "")
        if refusal is None:
            raise
        field, message = refusal
        raise Invalid({field: str(message)}) from error


def assign(instance: Model, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Set fields on a row and return the before/after pairs of those that differ, fit for the ledger."""
    changed = {}
    for field, value in values.items():
        before = getattr(instance, field)
        if before == value:
            continue
        setattr(instance, field, value)
        changed[field] = {"before": _scalar(before), "after": _scalar(value)}
    return changed


def assign_personal(subject: Subject, values: Mapping[PersonalField, str], *, keys: SubjectKeys) -> list[str]:
    """Normalise and seal values onto an unsaved row; returns the columns to save. Raises Invalid by field."""
    columns: list[str] = []
    for field, text in values.items():
        try:
            value = normalise(field, text)
        except ValidationError as error:
            raise Invalid({str(field): " ".join(error.messages)}) from error
        columns += write(subject, field, value, keys=keys)
    return columns


def require_text(**fields: str) -> dict[str, str]:
    """The given texts without surrounding space. Raises Invalid for those that are empty."""
    stripped = {name: text.strip() for name, text in fields.items()}
    missing = {name: _("This is needed.") for name, text in stripped.items() if not text}
    if missing:
        raise Invalid(missing)
    return stripped


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _scalar(value: Any) -> str | bool | int | None:
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int) else str(value)
