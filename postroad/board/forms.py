"""What people choose on the board and ask of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from postroad.board.periods import Days, Span, days_of, month_of, today
from postroad.board.queries import Verdict
from postroad.board.standard import Control, sections

LONGEST_SPAN_DAYS = 3 * 366


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class BoardFilter(forms.Form):
    """Which controls, over which days. Whatever is missing or wrong falls back to the whole standard, this month."""

    section = forms.ChoiceField(label=gettext_lazy("Section"), required=False)
    verdict = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    span = forms.ChoiceField(label=gettext_lazy("Period"), required=False, choices=Span.choices)
    since = forms.DateField(label=pgettext_lazy("period", "From"), required=False, widget=DayInput)
    until = forms.DateField(label=pgettext_lazy("period", "Until"), required=False, widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", gettext_lazy("All"))
        self._choose("section", [everything, *((section.key, section.title) for section in sections())])
        self._choose("verdict", [everything, *Verdict.choices])

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or {}
        since, until = chosen.get("since"), chosen.get("until")
        if chosen.get("span") == Span.CUSTOM and not self.errors:
            if not since or not until:
                raise forms.ValidationError(_("Give both days of the period."))
            if until < since:
                raise forms.ValidationError({"until": _("The last day lies before the first.")})
            if (until - since).days > LONGEST_SPAN_DAYS:
                raise forms.ValidationError({"until": _("A period can be three years at most.")})
        return chosen

    @property
    def days(self) -> Days:
        """The days chosen; this month where the choice says nothing or nothing possible."""
        self.full_clean()
        span = Span(self.cleaned_data.get("span") or Span.MONTH)
        if span is not Span.CUSTOM:
            return days_of(span, today())
        if self.errors:
            return month_of(today())
        return Days(first=self.cleaned_data["since"], last=self.cleaned_data["until"])

    def value(self, name: str) -> str:
        """What was chosen for a field, empty where nothing or nothing possible was."""
        self.full_clean()
        return str(self.cleaned_data.get(name) or "")


class MonthChoice(forms.Form):
    """The month of a supervision report, as `2025-11`."""

    month = forms.RegexField(label=gettext_lazy("Month"), regex=r"\d{4}-(0[1-9]|1[0-2])", required=False)

    @property
    def days(self) -> Days:
        """The month chosen, or the last one that is complete."""
        if self.is_valid() and (text := self.cleaned_data["month"]):
            year, month = map(int, text.split("-"))
            if year:
                return month_of(date(year, month, 1))
        return month_of(date.fromordinal(today().replace(day=1).toordinal() - 1))


class TargetForm(forms.Form):
    """Another target of a control, and why."""

    value = forms.DecimalField(
        label=gettext_lazy("New target"), min_value=0, max_digits=9, decimal_places=2, localize=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        widget=forms.Textarea,
        help_text=gettext_lazy("The approvers read this, and it stays in the history of the target."),
    )

    def __init__(self, *args: Any, control: Control, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        at_least = control.default.direction == "at_least"
        words = _("At least, in %") if control.default.unit == "percent" else _("At least, a number")
        if not at_least:
            words = _("At most, in %") if control.default.unit == "percent" else _("At most, a number")
        self.fields["value"].help_text = words
