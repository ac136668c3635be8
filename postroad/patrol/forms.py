"""Forms of the patrol's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from postroad.patrol.models import Finding, Kind


class FindingForm(forms.Form):
    """What is to be done about a finding, and the words for it."""

    outcome = forms.ChoiceField(choices=Finding.Outcome.choices)
    reason = forms.CharField(max_length=500, required=False)


class WordsForm(forms.Form):
    """The words of every kind, one a line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in Kind:
            self.fields[kind.value] = forms.CharField(
                label=kind.label, required=False, widget=forms.Textarea(attrs={"rows": 8})
            )

    def words(self) -> dict[Kind, list[str]]:
        return {kind: self.cleaned_data[kind.value].splitlines() for kind in Kind}


class TryForm(forms.Form):
    text = forms.CharField(label=_("Try a sentence"), required=False, max_length=1000)
