"""Personal fields on a page: masked, and one at a time in plain after saying why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from postroad.org import actions
from postroad.org.forms import RevealForm
from postroad.org.personal import FIELDS_OF, PersonalField, Subject, masked
from postroad.platform.errors import Invalid

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest


@dataclass
class PersonalLine:
    """One personal field as a page shows it: its mask, or the value after a recorded look."""

    field: PersonalField
    mask: str
    value: str = ""
    error: str = ""
    reason: str = ""


def lines_of(subject: Subject) -> list[PersonalLine]:
    masks = masked([subject])[subject.pk]
    return [PersonalLine(field, masks[field]) for field in FIELDS_OF[type(subject)]]


def reveal(
    request: StaffRequest, subject: Subject, *, page: str, reveal_url: str, context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """The page, or for htmx only the line, with one value in plain; the look is on record by then."""
    lines = {line.field: line for line in lines_of(subject)}
    form = RevealForm(request.POST)
    form.is_valid()
    line = lines.get(form.cleaned_data.get("field", ""))
    if line is None:
        raise Invalid(_("There is no such field."))
    line.reason = form.cleaned_data.get("reason", "")
    try:
        line.value = actions.reveal_personal(
            subject=subject, field=line.field, reader=request.person, reason=line.reason
        )
    except Invalid as refusal:
        line.error = refusal.message
    status = 422 if line.error else 200
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return render(
            request,
            "org/_personal_line.html",
            {"line": line, "reveal_url": reveal_url, "may_reveal": True},
            status=status,
        )
    return render(request, page, {**context(), "lines": list(lines.values())}, status=status)
