"""Forms of the hotline's pages: what may be typed, in the words people use. Rules live in the actions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from postroad.channels.forms import PersonField
from postroad.channels.models import Channel
from postroad.hotline.actions import BY_HAND
from postroad.hotline.dialling import normalised
from postroad.hotline.models import EXTENSION_NUMBER, Direction, EventType, State
from postroad.hotline.queries import CallFilter
from postroad.hotline.records import REQUIRED, Column
from postroad.org.forms import DateInput


class CallFilterForm(forms.Form):
    """The filters of the list of calls, from the address line; what is malformed there is ignored, not an error."""

    number = forms.CharField(label=gettext_lazy("Whole telephone number"), required=False, max_length=40)
    channel = forms.ChoiceField(label=gettext_lazy("Hotline"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("Every state")),
            ("unanswered", gettext_lazy("Missed or voicemail")),
            *State.choices,
        ],
        required=False,
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        choices=[("", gettext_lazy("Both directions")), *Direction.choices],
        required=False,
    )
    since = forms.DateField(label=gettext_lazy("from day"), required=False, widget=DateInput())
    until = forms.DateField(label=gettext_lazy("to day"), required=False, widget=DateInput())

    def __init__(self, data: Any, *, channels: Iterable[Channel]) -> None:
        super().__init__(data)
        offered = [(one.key, str(one)) for one in channels]
        self.fields["channel"].choices = [("", gettext_lazy("All hotlines")), *offered]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def choices(self) -> list[forms.BoundField]:
        """The fields shown as drop-down lists."""
        return [self[name] for name in ("channel", "state", "direction")]

    @property
    def wanted(self) -> CallFilter:
        given = self.cleaned_data
        until = given.get("until")
        return CallFilter(
            channel=given.get("channel") or "",
            state=given.get("state") or "",
            direction=given.get("direction") or "",
            number=normalised(given.get("number") or ""),
            start=_midnight(given.get("since")),
            end=_midnight(until + timedelta(days=1)) if until else None,
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class CalledForm(forms.Form):
    """How calling back went."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("How did it go?"), choices=[(one.value, one.label) for one in BY_HAND]
    )
    note = forms.CharField(
        label=gettext_lazy("Note for colleagues"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    @property
    def value(self) -> str:
        """The outcome chosen, "" for none that is offered."""
        return str(self.cleaned_data.get("outcome", ""))


class ExtensionForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("Extension"), max_length=40, validators=[EXTENSION_NUMBER])
    person = PersonField(label=gettext_lazy("Who sits there"))


class SecretForm(forms.Form):
    at_once = forms.BooleanField(
        label=gettext_lazy("The present secret has become known: refuse it at once"), required=False
    )


class TestEventForm(forms.Form):
    """A made-up event that goes the same way as a real one and counts nowhere."""

    type = forms.ChoiceField(
        label=gettext_lazy("Event"),
        choices=[(one.value, one.label) for one in EventType if one != EventType.LOST],
    )
    extension = forms.CharField(
        label=gettext_lazy("At extension"), required=False, max_length=40, validators=[EXTENSION_NUMBER]
    )
    number = forms.CharField(label=gettext_lazy("From number"), max_length=40, initial="010 0000 0000")


class RecordsForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Call records (.csv or .xlsx)"))


class ColumnsForm(forms.Form):
    """Which heading of the file means what."""

    def __init__(self, *args: Any, headings: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", "—"), *((one, one) for one in dict.fromkeys(headings) if one)]
        for column in Column:
            self.fields[column.value] = forms.ChoiceField(
                label=column.label, choices=offered, required=column in REQUIRED
            )
