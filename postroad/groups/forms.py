"""Forms of the groups' pages: what may be typed, in the words people use. Rules live in the actions."""

from typing import Any

import puremagic
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.forms import PersonField
from postroad.channels.models import CHANNEL_KEY, Confidentiality
from postroad.groups.actions import Claim, Confirmation, TemplateValues
from postroad.groups.models import GroupTemplate
from postroad.groups.models.differences import SETTINGS
from postroad.messengers import queries as messengers
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import RoomSetting, messenger_of
from postroad.org.forms import DateInput, DepartmentField, FormWithDepartments, blame
from postroad.org.models import Department, today
from postroad.platform.errors import DomainError, Invalid

SETTING = "setting_"
# What a template can ask for: switches that messengers know, encryption aside, which cannot be taken back.
SWITCHES = tuple(one for one in SETTINGS if one not in {RoomSetting.TOPIC, RoomSetting.ENCRYPTED})
MOST_PICTURE_BYTES = 8 * 1024 * 1024
PICTURES = frozenset({"image/png", "image/jpeg", "image/webp"})


def show(form: forms.Form, refusal: DomainError) -> None:
    """Show an action's refusal where it belongs."""
    if isinstance(refusal, Invalid):
        blame(form, refusal)
    else:
        form.add_error(None, refusal.message)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class TemplateForm(FormWithDepartments):
    """A group template. Kind, messenger and key are fixed once it was approved."""

    name = forms.CharField(label=gettext_lazy("Name of the template"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    key = forms.CharField(
        label=gettext_lazy("Short key"),
        max_length=30,
        validators=[CHANNEL_KEY],
        help_text=gettext_lazy("Short and lasting; the keys of its channels begin with it: daily."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Groups for"), choices=GroupTemplate.Kind.choices)
    messenger = forms.ModelChoiceField(label=gettext_lazy("Messenger"), queryset=Messenger.objects.none())
    pattern = forms.CharField(
        label=gettext_lazy("Pattern of the name"),
        max_length=120,
        help_text=gettext_lazy("Fixed text and {department} or {project}, for example {department}-日常工作群."),
    )
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    confidentiality = forms.ChoiceField(
        label=gettext_lazy("Confidentiality"), choices=Confidentiality.choices, initial=Confidentiality.INTERNAL
    )
    only = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only for these departments"),
        queryset=Department.objects.filter(ended_on__isnull=True).order_by("code"),
        required=False,
        help_text=gettext_lazy("None chosen: all departments, or the projects of all departments."),
    )
    include_below = forms.BooleanField(
        label=gettext_lazy("People of the departments below belong to the group, too"), required=False
    )
    at_least = forms.IntegerField(
        label=gettext_lazy("Make a group from how many people on"), initial=2, min_value=1, max_value=1000
    )
    policy = forms.ChoiceField(
        label=gettext_lazy("Differences are repaired"),
        choices=GroupTemplate.Policy.choices,
        initial=GroupTemplate.Policy.AUTOMATIC,
    )
    fix_names = forms.BooleanField(
        label=gettext_lazy("Wrong names are repaired by themselves, too"), required=False, initial=True
    )

    def __init__(self, *args: Any, template: GroupTemplate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["messenger"].queryset = messengers.in_use()  # type: ignore[attr-defined]  # a ModelChoiceField
        for one in SWITCHES:
            self.fields[f"{SETTING}{one}"] = forms.ChoiceField(
                label=SETTINGS[one],
                choices=[("", _("as it is")), ("true", _("on")), ("false", _("off"))],
                required=False,
            )
        if template is not None:
            for fixed in ("key", "kind", "messenger"):
                self.fields[fixed].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        messenger = cleaned.get("messenger")
        if messenger is not None:
            offered = messenger_of(messenger.connector).room_settings
            for one in SWITCHES:
                if cleaned.get(f"{SETTING}{one}") and one not in offered:
                    self.add_error(f"{SETTING}{one}", _("This messenger does not offer that."))
        return cleaned

    def value(self) -> TemplateValues:
        """What was entered, as the action takes it."""
        plain = {name: value for name, value in self.cleaned_data.items() if not name.startswith(SETTING)}
        chosen = {one: self.cleaned_data.get(f"{SETTING}{one}", "") for one in SWITCHES}
        settings = {str(one): value == "true" for one, value in chosen.items() if value}
        return TemplateValues(**{**plain, "only": tuple(plain["only"]), "room_settings": settings})

    def unsaved(self) -> GroupTemplate:
        """The template as typed, for trying it."""
        return self.value().on(GroupTemplate())

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith(SETTING)]

    def setting_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(SETTING)]

    @staticmethod
    def initial_of(values: TemplateValues) -> dict[str, Any]:
        """A template's values as the form shows them."""
        settings = {f"{SETTING}{name}": str(value).lower() for name, value in (values.room_settings or {}).items()}
        return {**{name: getattr(values, name) for name in TemplateForm.base_fields}, **settings}


class DelegateForm(forms.Form):
    delegate = PersonField(
        label=gettext_lazy("Owner in place of the head"),
        required=False,
        help_text=gettext_lazy("Empty: the department's head or the project's lead."),
    )


class ExceptionForm(ReasonForm):
    until = forms.DateField(label=gettext_lazy("Until"), widget=DateInput())
    field_order = ("until", "reason")


class ProjectForm(FormWithDepartments):
    code = forms.CharField(label=gettext_lazy("Project code"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    department = DepartmentField(label=gettext_lazy("Department"))
    lead = PersonField(label=gettext_lazy("Project lead"), help_text=gettext_lazy("Owns the project's group."))
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=DateInput(), initial=today)
    ended_on = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput(), required=False)


class ProjectMemberForm(forms.Form):
    person = PersonField(label=gettext_lazy("Person"))
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=DateInput(), initial=today)
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput(), required=False)


class MoveForm(FormWithDepartments):
    person = PersonField(label=gettext_lazy("Person"))
    to = DepartmentField(
        label=gettext_lazy("Moves to"), required=False, help_text=gettext_lazy("None: leaves the company.")
    )


class ClaimForm(FormWithDepartments):
    """The registration of a stray group."""

    name = forms.CharField(
        label=gettext_lazy("Registered name"),
        max_length=120,
        help_text=gettext_lazy("Where it differs from what the group is called now, the group is to be renamed."),
    )
    key = forms.CharField(label=gettext_lazy("Short key"), max_length=60, validators=[CHANNEL_KEY])
    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    department = DepartmentField(label=gettext_lazy("Department"))
    owner = PersonField(label=gettext_lazy("Owner"))
    deputy_owner = PersonField(label=gettext_lazy("Deputy owner"), required=False)
    confidentiality = forms.ChoiceField(
        label=gettext_lazy("Confidentiality"), choices=Confidentiality.choices, initial=Confidentiality.INTERNAL
    )

    def value(self) -> Claim:
        return Claim(**self.cleaned_data)


class AskForm(forms.Form):
    person = PersonField(label=gettext_lazy("Whom to ask"))


class SuccessorForm(forms.Form):
    successor = PersonField(label=gettext_lazy("Who answers for it from now on"))


class ConfirmationForm(forms.Form):
    """What an owner confirms of a channel that nobody else can see into."""

    members = forms.IntegerField(label=gettext_lazy("How many are in it now"), min_value=0, max_value=100_000)
    name_holds = forms.BooleanField(label=gettext_lazy("The name is as registered"), required=False)
    owner_holds = forms.BooleanField(label=gettext_lazy("The owner is as registered"), required=False)
    only_entitled = forms.BooleanField(label=gettext_lazy("Only those are in it who may be"), required=False)
    note = forms.CharField(
        label=gettext_lazy("What differs, and what becomes of it"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    screenshot = forms.FileField(
        label=gettext_lazy("Screenshot"),
        help_text=gettext_lazy("A picture (PNG, JPEG or WebP, up to 8 MB) that shows name and members."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )

    def clean_screenshot(self) -> bytes:
        """The picture, told by its bytes and not by its name."""
        upload = self.cleaned_data["screenshot"]
        if upload.size > MOST_PICTURE_BYTES:
            raise forms.ValidationError(_("The picture is larger than 8 MB."))
        content: bytes = upload.read()
        try:
            self.picture_type = str(puremagic.from_string(content[:4096], mime=True))
        except (puremagic.PureError, ValueError):
            self.picture_type = ""
        if self.picture_type not in PICTURES:
            raise forms.ValidationError(_("This is not a PNG, JPEG or WebP picture."))
        return content

    def value(self) -> Confirmation:
        return Confirmation(**self.cleaned_data, screenshot_type=self.picture_type)
