"""Forms of the clock's pages: what may be typed, in the words people use. Rules live in the actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from postroad.clock import definitions
from postroad.clock.holiday_file import read_holiday_file
from postroad.clock.models import Calendar, CalendarVersion, Duty
from postroad.clock.workingtime.specification import WEEKDAYS
from postroad.org.models import Person, today
from postroad.platform.errors import Invalid

_DAYS_WIDGET = forms.Textarea(attrs={"rows": 6, "class": "font-monospace"})


def blame(form: forms.BaseForm, refusal: Invalid) -> None:
    """Show an action's refusal at the fields it names."""
    for name, message in refusal.fields.items():
        form.add_error(name if name in form.fields else None, message)


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class VersionForm(forms.Form):
    """The hours of a calendar as lines of text, and from when they hold."""

    zone = forms.ChoiceField(label=_("Time zone"))
    mon = forms.CharField(label=_("Monday"), required=False)
    tue = forms.CharField(label=_("Tuesday"), required=False)
    wed = forms.CharField(label=_("Wednesday"), required=False)
    thu = forms.CharField(label=_("Thursday"), required=False)
    fri = forms.CharField(label=_("Friday"), required=False)
    sat = forms.CharField(label=_("Saturday"), required=False)
    sun = forms.CharField(label=_("Sunday"), required=False)
    statutory = forms.BooleanField(
        label=_("Follow the statutory days off and make-up days of mainland China"),
        help_text=_("As far as they are published; your own days below stay on top of them."),
        required=False,
    )
    entered_years = forms.CharField(
        label=_("Years whose statutory days you enter yourself"),
        help_text=_("For years not published yet, such as 2027: the days below then stand for them."),
        required=False,
    )
    days_file = forms.FileField(
        label=_("Import days from a file"),
        help_text=_(
            "An .xlsx or .csv file: a date in the first column; holiday (休), workday (班) or hours such as "
            "09:00-12:00 in the second. The days are added to the fields below."
        ),
        required=False,
    )
    holidays = forms.CharField(
        label=_("Days off"), help_text=_("One date a line."), widget=_DAYS_WIDGET, required=False
    )
    extra_workdays = forms.CharField(
        label=_("Make-up days"),
        help_text=_("One date a line, with the weekday whose hours it has if you like: 2027-02-13 mon"),
        widget=_DAYS_WIDGET,
        required=False,
    )
    date_overrides = forms.CharField(
        label=_("Days with hours of their own"),
        help_text=_("One date a line with its hours: 2027-02-05 09:00-12:00. A date alone is closed."),
        widget=_DAYS_WIDGET,
        required=False,
    )
    valid_from = forms.DateField(label=_("Valid from"), widget=DateInput())
    note = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = [(name, name) for name in sorted(available_timezones())]

    def definition(self) -> dict[str, Any]:
        """Return what was typed as a calendar's definition. The form is valid."""
        data = self.cleaned_data
        typed: dict[str, Any] = {
            "zone": data["zone"],
            "week": {day: definitions.hours_from_text(data[day]) for day in WEEKDAYS if data[day].strip()},
            "holidays": definitions.holidays_from_text(data["holidays"]),
            "extra_workdays": definitions.extra_workdays_from_text(data["extra_workdays"]),
            "date_overrides": definitions.date_overrides_from_text(data["date_overrides"]),
        }
        if years := definitions.years_from_text(data["entered_years"]):
            typed["entered_years"] = years
        if data["statutory"]:
            typed["statutory"] = "CN"
        return typed

    def valid_from_moment(self) -> datetime:
        """Return the moment the chosen day begins in the calendar's zone; now, if it has begun already."""
        day, zone = self.cleaned_data["valid_from"], ZoneInfo(self.cleaned_data["zone"])
        begins = datetime(day.year, day.month, day.day, tzinfo=zone)
        now = timezone.now()
        return now if begins < now and day == now.astimezone(zone).date() else begins

    def take_in_file(self) -> None:
        """Add the days of an uploaded file to the lines of the form. Raises Invalid on `days_file`."""
        upload = self.files.get("days_file")
        if not isinstance(upload, UploadedFile) or not isinstance(self.data, QueryDict):
            return
        days = read_holiday_file(upload, size=upload.size or 0)
        typed = self.data.copy()
        for name, added in (
            ("holidays", "\n".join(days.holidays)),
            ("extra_workdays", definitions.days_to_text(days.extra_workdays)),
            ("date_overrides", definitions.days_to_text(days.date_overrides)),
        ):
            lines = [*typed.get(name, "").splitlines(), *added.splitlines()]
            typed[name] = "\n".join(dict.fromkeys(line.strip() for line in lines if line.strip()))
        self.data = typed
        self.full_clean()


class CalendarForm(VersionForm):
    """A new calendar with its first hours."""

    key = forms.SlugField(
        label=_("Key"), help_text=_("Small letters, digits and hyphens; commands name the calendar by it.")
    )
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)

    field_order = ("key", "name", "name_en")


def text_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored definition as the version form's initial values."""
    week = definition["week"]
    return {
        "zone": definition["zone"],
        "statutory": "statutory" in definition,
        "entered_years": ", ".join(str(year) for year in definition.get("entered_years", [])),
        **{day: definitions.hours_to_text(week.get(day, [])) for day in WEEKDAYS},
        **{
            name: definitions.days_to_text(definition.get(name, []))
            for name in ("holidays", "extra_workdays", "date_overrides")
        },
    }


def initial_of(version: CalendarVersion) -> dict[str, Any]:
    """Return what the form for the version after this one starts with."""
    return {**text_of(version.definition), "valid_from": today()}


class DutyForm(forms.ModelForm[Duty]):
    """A duty: what, how often, by when, by whom."""

    calendar = forms.ModelChoiceField(label=_("Calendar"), queryset=Calendar.objects.all(), empty_label=None)

    class Meta:
        model = Duty
        fields = (
            "name", "name_en", "description", "frequency", "day", "due_time", "calendar", "responsible", "deputy",
            "starts_on", "ends_on",
        )  # fmt: skip
        widgets = {
            "due_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "starts_on": DateInput(),
            "ends_on": DateInput(),
        }
        help_texts = {
            "day": _("Weekly: 1 Monday to 7 Sunday. Monthly and quarterly: day of the (first) month, 1 to 28."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        working_here = Person.objects.filter(left_on__isnull=True).order_by("name")
        for name in ("responsible", "deputy"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = working_here
        frequency = self.fields["frequency"]
        assert isinstance(frequency, forms.ChoiceField)
        # What is done again and again is set up on a page of its own.
        frequency.choices = [one for one in Duty.Frequency.choices if one[0] != Duty.Frequency.AGAIN]

    def _post_clean(self) -> None:
        """Leave the row alone: the action decides and writes."""


class CompleteForm(forms.Form):
    """That a duty was done, and what there is to say about it."""

    note = forms.CharField(
        label=_("What was found"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000, required=False
    )
