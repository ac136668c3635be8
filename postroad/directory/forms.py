"""Forms of the directories' pages: what may be typed, in the words people use. Rules live in the actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.forms import SETTING, HasSettings, ReasonForm, SettingFields, show_refusal
from postroad.channels.models import CHANNEL_KEY
from postroad.channels.protocol import Setting
from postroad.directory import queries
from postroad.directory.actions import Particulars
from postroad.directory.models import LONGEST_INTERVAL, SCIM, SHORTEST_INTERVAL, Conflict, Source
from postroad.messengers.protocol import directory_sources
from postroad.org.forms import DateInput, DepartmentField
from postroad.org.models import today

__all__ = ["ReasonForm", "SettleForm", "SourceForm", "TokenForm", "show_refusal"]

MESSENGER = "messenger:"
TOKEN_LIFE = timedelta(days=180)


@dataclass(frozen=True)
class _Offer:
    """Something people may come from, as the form offers it."""

    key: str
    title: Any
    settings: tuple[Setting, ...] = ()


class SourceForm(SettingFields):
    """A directory: which, how it is reached, how it is treated. What it is, and its key, stay once connected."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    key = forms.CharField(
        label=gettext_lazy("Short key"),
        max_length=40,
        validators=[CHANNEL_KEY],
        help_text=gettext_lazy("Short and lasting: staff-directory."),
    )
    every_minutes = forms.IntegerField(
        label=gettext_lazy("Read every (minutes)"),
        required=False,
        min_value=SHORTEST_INTERVAL,
        max_value=LONGEST_INTERVAL,
        initial=60,
        help_text=gettext_lazy("Empty: only when somebody says so."),
    )
    takes_departments = forms.BooleanField(
        label=gettext_lazy("Departments come from it too"),
        required=False,
        initial=True,
        help_text=gettext_lazy("They are made, renamed and moved as the directory shows them."),
    )
    below = DepartmentField(
        label=gettext_lazy("Its top departments stand below"),
        required=False,
        help_text=gettext_lazy("Empty: they stand at the top."),
    )
    adopts = forms.BooleanField(
        label=gettext_lazy("Take over people and departments entered by hand"),
        required=False,
        help_text=gettext_lazy(
            "Where staff number and name agree, or the department has the same name in the same place. "
            "Otherwise each is shown and asked about."
        ),
    )
    takes_user_id = forms.BooleanField(
        label=gettext_lazy("Without a staff number, the user name is the staff number"), required=False
    )

    TREATMENT = ("every_minutes", "takes_departments", "below", "adopts", "takes_user_id")
    field_order = ("connector", "name", "key")

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        self._source = source
        if source is not None:
            kwargs |= {"initial": _initial_of(source), "connector": offer_of(source)}
            kwargs["secrets_known"] = frozenset(name for name, value in queries.secrets_of(source).items() if value)
        super().__init__(*args, **kwargs)
        self.fields["connector"].label = _("People come from")
        self.fields["connector"].required = True
        self.fields["below"].fill()  # type: ignore[attr-defined]  # a DepartmentField
        if source is not None:
            del self.fields["connector"], self.fields["key"]
        if self.chosen and self.chosen.key == SCIM:
            del self.fields["every_minutes"]

    def offered(self) -> Sequence[HasSettings]:
        connected = queries.connected_messengers()
        return [
            *(_Offer(one.key, one.title, one.directory_settings) for one in directory_sources()),
            _Offer(SCIM, _("SCIM 2.0: your identity platform writes to us")),
            *(_Offer(f"{MESSENGER}{one.pk}", _("Contacts of %(name)s") % {"name": one.name}) for one in connected),
        ]

    def undecided(self) -> list[tuple[str, Any]]:
        return [("", _("Choose one"))]

    def treatment_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.TREATMENT if name in self.fields]

    def value(self) -> Particulars:
        """What was entered, as the action takes it."""
        chosen = self.chosen.key if self.chosen else ""
        messenger = None
        if chosen.startswith(MESSENGER):
            messenger = queries.connected_messengers().filter(pk=UUID(chosen.removeprefix(MESSENGER))).first()
            messenger = messenger or (self._source.messenger if self._source else None)
        treatment = {name: self.cleaned_data[name] for name in self.TREATMENT if name in self.fields}
        return Particulars(
            name=self.cleaned_data["name"],
            connector=messenger.connector if messenger else chosen,
            messenger=messenger,
            settings=self.settings(),
            secrets=self.secrets(),
            **treatment,
        )


class SettleForm(forms.Form):
    """What is chosen for a conflict, and why."""

    choice = forms.ChoiceField(choices=Conflict.Choice.choices)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)


class TokenForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=120, help_text=gettext_lazy("Entra ID, Okta, Authing …")
    )
    expires_on = forms.DateField(label=gettext_lazy("Valid until"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].initial = today() + TOKEN_LIFE

    def expires_at(self) -> datetime:
        """The end of the chosen day in the company's zone."""
        day: date = self.cleaned_data["expires_on"]
        return timezone.make_aware(datetime.combine(day, time.max), timezone.get_default_timezone())


def offer_of(source: Source) -> str:
    """Which of the offers a source was made from."""
    return f"{MESSENGER}{source.messenger_id}" if source.messenger_id else source.connector


def _initial_of(source: Source) -> dict[str, Any]:
    settings = {f"{SETTING}{name}": value for name, value in source.connector_settings.items()}
    treatment = {name: getattr(source, name) for name in SourceForm.TREATMENT}
    return {"name": source.name, **treatment, **settings}
