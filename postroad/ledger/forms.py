"""The filter of the evidence list."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.ledger import registry
from postroad.platform.actors import Subject

Choice = tuple[str, str]


class EvidenceFilter(forms.Form):
    """What the list is narrowed to; an empty or invalid filter shows everything."""

    event = forms.ChoiceField(label=gettext_lazy("What happened"), required=False)
    actor = forms.CharField(
        label=gettext_lazy("Who"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Name or id")}),
    )
    subject = forms.CharField(
        label=gettext_lazy("To what"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Type and id")}),
    )
    since = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["event"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(_event_choices())

    def clean_actor(self) -> str | UUID:
        text: str = self.cleaned_data["actor"].strip()
        try:
            return UUID(text)
        except ValueError:
            return text

    def clean_subject(self) -> Subject | None:
        kind, _space, identifier = self.cleaned_data["subject"].strip().partition(" ")
        return Subject(kind, identifier.strip()) if kind else None

    @property
    def criteria(self) -> dict[str, Any]:
        """The arguments for ``queries.entries``; the last day counts in full."""
        given = self.cleaned_data if self.is_valid() else {}
        found = {name: given[name] for name in ("event", "actor", "subject") if given.get(name)}
        if since := given.get("since"):
            found["since"] = timezone.make_aware(datetime.combine(since, time()))
        if until := given.get("until"):
            found["until"] = timezone.make_aware(datetime.combine(until + timedelta(days=1), time()))
        return found


def _event_choices() -> Iterator[Choice | tuple[str, list[Choice]]]:
    yield "", _("Everything")
    for area, names in groupby(sorted(registry.events()), key=lambda name: name.split(".", 1)[0]):
        yield area, [(name, registry.label_of(name)) for name in names]
