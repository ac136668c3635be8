"""Forms of the channels' pages: what may be typed, in the words people use. Rules live in the actions."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from django import forms
from django.db.models import Q
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels import queries
from postroad.channels.actions import Particulars
from postroad.channels.models import (
    CHANNEL_KEY,
    Audience,
    Channel,
    ChannelMember,
    Confidentiality,
    Kind,
    Observability,
    Priority,
    RetentionClass,
)
from postroad.channels.protocol import Setting, SettingKind, connectors
from postroad.clock.models import Calendar
from postroad.org.forms import DateInput, DepartmentField, FormWithDepartments
from postroad.org.models import Person, today
from postroad.platform.errors import Invalid

SETTING = "setting_"
REVIEW_AFTER = timedelta(days=365)
IN_PARENTHESES = re.compile(r"\(([^()]+)\)\s*$")


def show_refusal(form: forms.Form, refusal: Invalid) -> None:
    """Show an action's refusal at the fields it names; a connector's settings have names of their own."""
    for name, message in refusal.fields.items():
        known = next((one for one in (name, f"{SETTING}{name}") if one in form.fields), None)
        form.add_error(known, message)


class HasSettings(Protocol):
    """A connector, as far as a form is concerned."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Any: ...
    @property
    def settings(self) -> tuple[Setting, ...]: ...


class PersonField(forms.CharField):
    """Somebody who works here, by staff number or by a name that only one has; suggestions come while typing."""

    widget = forms.TextInput(
        attrs={
            "list": "people",
            "autocomplete": "off",
            "hx-get": reverse_lazy("channels:people_options"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#people",
        }
    )

    @staticmethod
    def shown(person: Person | None) -> str:
        return f"{person.name} ({person.staff_no})" if person else ""

    def prepare_value(self, value: Any) -> Any:
        return self.shown(value) if isinstance(value, Person) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return None
        in_parentheses = IN_PARENTHESES.search(text)
        staff_no = in_parentheses.group(1) if in_parentheses else text
        working = Person.objects.filter(Q(left_on__isnull=True) | Q(left_on__gte=today()))
        found = list(working.filter(Q(staff_no__iexact=staff_no) | Q(name=text) | Q(name_en__iexact=text))[:2])
        if not found:
            raise forms.ValidationError(_("Nobody who works here has this name or staff number."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several people have this name; enter the staff number."))
        return found[0]


class ChannelForm(FormWithDepartments):
    """What is written down about a channel, except how it is connected."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    key = forms.CharField(
        label=gettext_lazy("Short key"),
        max_length=60,
        validators=[CHANNEL_KEY],
        help_text=gettext_lazy("Short and lasting, for addresses and exports: customer-service."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices)
    department = DepartmentField(label=gettext_lazy("Department"))
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    priority = forms.ChoiceField(
        label=gettext_lazy("Class"),
        choices=[("", gettext_lazy("Not classed yet")), *Priority.choices],
        required=False,
        help_text=gettext_lazy("The standard asks for every channel to be classed."),
    )
    owner = PersonField(label=gettext_lazy("Owner"), help_text=gettext_lazy("Answers for the channel."))
    deputy_owner = PersonField(
        label=gettext_lazy("Deputy owner"), required=False, help_text=gettext_lazy("Answers when the owner is away.")
    )
    audience = forms.ChoiceField(label=gettext_lazy("Audience"), choices=Audience.choices)
    confidentiality = forms.ChoiceField(
        label=gettext_lazy("Confidentiality"), choices=Confidentiality.choices, initial=Confidentiality.INTERNAL
    )
    encrypted = forms.BooleanField(
        label=gettext_lazy("What is said on it is encrypted on its way"),
        required=False,
    )
    retention_class = forms.ChoiceField(label=gettext_lazy("Kept for"), choices=RetentionClass.choices)
    review_on = forms.DateField(label=gettext_lazy("Next review"), widget=DateInput())
    observability = forms.ChoiceField(
        label=gettext_lazy("How far Postroad can see it"),
        choices=Observability.choices,
        initial=Observability.ATTESTED,
        help_text=gettext_lazy("Be honest: figures that rest on attested or unseen channels say so."),
    )
    calendar_key = forms.ChoiceField(label=gettext_lazy("Calendar"))
    first_reply_minutes = forms.IntegerField(
        label=gettext_lazy("First reply within (minutes)"),
        required=False,
        min_value=1,
        max_value=43200,
        help_text=gettext_lazy("Empty: none is promised. The standard: hotline 10, live chat 30, mail 1440."),
    )
    first_reply_in_working_time = forms.BooleanField(
        label=gettext_lazy("Only working time counts for the first reply"), required=False
    )
    answer_hours = forms.IntegerField(
        label=gettext_lazy("Answered within (hours)"),
        required=False,
        min_value=1,
        max_value=720,
        help_text=gettext_lazy("Empty: none is promised. The standard: 24 hours for customers."),
    )
    answer_in_working_time = forms.BooleanField(
        label=gettext_lazy("Only working time counts for the answer"), required=False
    )

    GROUPS: ClassVar[tuple[tuple[Any, tuple[str, ...]], ...]] = (
        (gettext_lazy("What it is"), ("name", "name_en", "key", "kind", "department", "purpose", "priority")),
        (gettext_lazy("Who answers for it"), ("owner", "deputy_owner", "review_on")),
        (
            gettext_lazy("For whom, and how it is protected"),
            ("audience", "confidentiality", "encrypted", "retention_class", "observability"),
        ),
        (
            gettext_lazy("What is promised"),
            (
                "first_reply_minutes",
                "first_reply_in_working_time",
                "answer_hours",
                "answer_in_working_time",
                "calendar_key",
            ),
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        calendars = [(one.key, str(one)) for one in Calendar.objects.order_by("key")]
        self.fields["calendar_key"].choices = calendars or [("company", "company")]  # type: ignore[attr-defined]
        self.fields["review_on"].initial = today() + REVIEW_AFTER

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields as the page shows them: in groups, each under a heading."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in self.GROUPS]

    def particulars(self) -> dict[str, Any]:
        """The entered values under the names of `Particulars`."""
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith(SETTING)}

    @staticmethod
    def initial_of(channel: Channel) -> dict[str, Any]:
        return dict(vars(Particulars.of(channel)))


class SettingFields(forms.Form):
    """Which connector, and below it the connector's own fields; the choice may be made already (`connector`)."""

    connector = forms.ChoiceField(label=gettext_lazy("Connected by"), required=False)

    def __init__(
        self, *args: Any, secrets_known: frozenset[str] = frozenset(), connector: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = self.offered()
        self.fields["connector"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            *self.undecided(),
            *((one.key, one.title) for one in offered),
        ]
        chosen = connector or (self.data.get("connector") if self.is_bound else self.initial.get("connector"))
        self.chosen = next((one for one in offered if one.key == chosen), None)
        for setting in self.chosen.settings if self.chosen else ():
            field = setting_field(setting)
            if setting.name in secrets_known:
                field.help_text = _("Leave empty to keep it.")
            self.fields[f"{SETTING}{setting.name}"] = field
        self._drop_what_does_not_apply()

    def offered(self) -> Sequence[HasSettings]:
        """What can be chosen; forms of one kind of connector say which."""
        return ()

    def undecided(self) -> list[tuple[str, Any]]:
        """The choice of nothing, where that is one."""
        return []

    def _drop_what_does_not_apply(self) -> None:
        """Takes out the fields that another setting makes meaningless."""
        for setting in self.chosen.settings if self.chosen else ():
            if setting.only_if and self._given(setting.only_if[0]) != setting.only_if[1]:
                del self.fields[f"{SETTING}{setting.name}"]

    def _given(self, name: str) -> Any:
        field_name = f"{SETTING}{name}"
        if field_name not in self.fields:
            return None
        if self.is_bound:
            return self.data.get(field_name)
        return self.initial.get(field_name, self.fields[field_name].initial)

    def settings(self) -> dict[str, Any]:
        """The settings that are not secret, by name."""
        return {name: value for name, value in self._entered().items() if name not in self._secret_names()}

    def secrets(self) -> dict[str, str]:
        """The secrets that were entered, by name."""
        return {name: value for name, value in self._entered().items() if name in self._secret_names() and value}

    def connection_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(SETTING)]

    def _entered(self) -> dict[str, Any]:
        return {
            name.removeprefix(SETTING): value for name, value in self.cleaned_data.items() if name.startswith(SETTING)
        }

    def _secret_names(self) -> frozenset[str]:
        return secret_names(self.chosen)


class ConnectionFields(SettingFields):
    """How a channel is connected."""

    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Mail address, telephone number, room or place, as people outside know it."),
    )

    def offered(self) -> Sequence[HasSettings]:
        return connectors()

    def undecided(self) -> list[tuple[str, Any]]:
        return [("", _("Nothing: it is not software, or not connected yet"))]

    @staticmethod
    def connection_of(channel: Channel) -> dict[str, Any]:
        settings = {f"{SETTING}{name}": value for name, value in channel.connector_settings.items()}
        return {"connector": channel.connector, "address": channel.address, **settings}


class ApplicationForm(ConnectionFields, ChannelForm):
    """The whole application: the channel on paper and its connection."""

    GROUPS = (*ChannelForm.GROUPS, (gettext_lazy("How it is connected"), ("address", "connector")))

    def value(self) -> Particulars:
        """What was entered, as the action takes it."""
        return Particulars(**self.particulars(), connector_settings=self.settings())


class ConnectionForm(ConnectionFields):
    """The connection alone, for whoever runs it."""


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class HandOverForm(ReasonForm):
    owner = PersonField(label=gettext_lazy("New owner"))
    field_order = ("owner", "reason")


class MemberForm(forms.Form):
    person = PersonField(label=gettext_lazy("Person"))
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ChannelMember.Role.choices)
    capacity = forms.IntegerField(
        label=gettext_lazy("Capacity"),
        initial=20,
        min_value=0,
        max_value=500,
        help_text=gettext_lazy("Open cases at a time; 0: none are given to this person."),
    )


class NamingRuleForm(forms.Form):
    pattern = forms.CharField(label=gettext_lazy("Pattern"), max_length=200)
    reserved_words = forms.CharField(
        label=gettext_lazy("Reserved words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Words that no name may contain, one a line."),
    )
    max_length = forms.IntegerField(label=gettext_lazy("Longest name"), min_value=5, max_value=120, initial=50)

    def words(self) -> list[str]:
        return [word.strip() for word in self.cleaned_data["reserved_words"].splitlines() if word.strip()]


def secret_names(connector: HasSettings | None) -> frozenset[str]:
    """The names of the settings that are sealed."""
    settings = connector.settings if connector else ()
    return frozenset(one.name for one in settings if one.kind == SettingKind.SECRET)


def secrets_known(channel: Channel) -> frozenset[str]:
    """The names of the secrets that a channel has, never their values."""
    return frozenset(name for name, value in queries.secrets_of(channel).items() if value)


def setting_field(setting: Setting) -> forms.Field:
    """The form field in which a connector's setting is typed."""
    shared: Mapping[str, Any] = {
        "label": setting.label,
        "required": setting.required,
        "help_text": setting.help_text,
        "initial": setting.default,
    }
    match setting.kind:
        case SettingKind.SWITCH:
            return forms.BooleanField(**{**shared, "required": False})
        case SettingKind.NUMBER:
            return forms.IntegerField(**shared, min_value=0)
        case SettingKind.CHOICE:
            return forms.ChoiceField(**shared, choices=setting.choices)
        case SettingKind.SECRET:
            hidden = forms.PasswordInput(attrs={"autocomplete": "new-password"})
            return forms.CharField(**shared, max_length=500, strip=False, widget=hidden)
        case _:
            return forms.CharField(**shared, max_length=250)
