"""What to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.archive.queries import Wanted
from postroad.channels.models import Channel
from postroad.conversations.models import Direction

if TYPE_CHECKING:
    from django.db.models import QuerySet


class SearchForm(forms.Form):
    """The search page's form; `wanted` once it is valid."""

    q = forms.CharField(label=_("Words"), required=False, max_length=300)
    channel = forms.ModelChoiceField(
        label=_("Channel"), queryset=Channel.objects.none(), required=False, empty_label=_("All my channels")
    )
    direction = forms.ChoiceField(
        label=_("Direction"), required=False, choices=[("", _("Received and sent")), *Direction.choices]
    )
    who = forms.CharField(label=_("Person"), required=False, max_length=100)
    since = forms.DateField(
        label=pgettext_lazy("period", "From"), required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=pgettext_lazy("period", "Until"), required=False, widget=forms.DateInput({"type": "date"})
    )
    with_files = forms.BooleanField(label=_("With attachments"), required=False)

    def __init__(self, *given: Any, channels: QuerySet[Channel], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]  # fields are typed by their base

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end lies before the beginning."))
        return cleaned

    @property
    def wanted(self) -> Wanted:
        given = self.cleaned_data
        return Wanted(
            words=given["q"].strip(),
            channel=given["channel"],
            direction=Direction(given["direction"]) if given["direction"] else None,
            who=given["who"].strip(),
            since=given["since"],
            until=given["until"],
            with_files=given["with_files"],
        )
