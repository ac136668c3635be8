"""Forms of the organisation's pages: what may be typed, in the words people use. Rules live in the actions."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.org import queries
from postroad.org.models import Contact, Department, Language, Organisation, Person, today
from postroad.org.permissions import assignable_roles
from postroad.org.personal import PersonalField
from postroad.org.roles import Role
from postroad.platform.errors import Invalid

KEEP = ""
REMOVE = "-"


def blame(form: forms.Form, refusal: Invalid) -> None:
    """Show an action's refusal at the fields it names."""
    for field, message in refusal.fields.items():
        form.add_error(field if field in form.fields else None, message)


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class DepartmentField(forms.ModelChoiceField[Department]):
    """Open departments with their whole path, in the order of the tree."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Department.objects.filter(ended_on__isnull=True), **kwargs)

    def fill(self) -> None:
        self.choices = [
            ("", "—"),
            *((node.department.pk, node.path) for node in queries.department_tree()),
        ]


class FormWithDepartments(forms.Form):
    """A form whose department choices are read when it is made, in one go."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, DepartmentField):
                field.fill()


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """User name or staff number, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or staff number")
        self.fields["password"].label = _("Password")
        for field in self.fields.values():
            field.help_text = ""
            field.widget.attrs.pop("placeholder", None)


class SetPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    repeated = forms.CharField(
        label=_("New password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") != cleaned.get("repeated"):
            self.add_error("repeated", _("The two passwords differ."))
        return cleaned


class PersonalFieldsForm(forms.Form):
    """Personal fields that are never shown back: empty keeps what there is, a dash removes it."""

    mail = forms.CharField(label=_("Mail address"), required=False, max_length=254)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)

    personal_fields: tuple[PersonalField, ...] = (PersonalField.MAIL, PersonalField.PHONE)

    def show_masks(self, masks: dict[str, str]) -> None:
        for field in self.personal_fields:
            if masks.get(field):
                self.fields[field].widget.attrs["placeholder"] = masks[field]
                self.fields[field].help_text = _("Leave empty to keep it, enter - to remove it.")

    def personal(self) -> dict[PersonalField, str]:
        """What was entered: values to set, "" for those to remove, nothing for those to keep."""
        entered = {field: self.cleaned_data[field].strip() for field in self.personal_fields}
        return {field: "" if text == REMOVE else text for field, text in entered.items() if text != KEEP}


class PersonForm(FormWithDepartments, PersonalFieldsForm):
    staff_no = forms.CharField(label=_("Staff number"), max_length=40)
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    department = DepartmentField(label=_("Department"), required=False)
    title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    joined_on = forms.DateField(label=_("Joining date"), widget=DateInput())
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices, initial=Language.CHINESE)
    address = forms.CharField(label=_("Postal address"), required=False, max_length=300)

    personal_fields = (PersonalField.MAIL, PersonalField.PHONE, PersonalField.ADDRESS)
    field_order = (
        "staff_no",
        "name",
        "name_en",
        "department",
        "title",
        "joined_on",
        "language",
        "mail",
        "phone",
        "address",
    )

    def plain(self) -> dict[str, Any]:
        return {
            name: value for name, value in self.cleaned_data.items() if name not in set(map(str, self.personal_fields))
        }

    @staticmethod
    def initial_of(person: Person) -> dict[str, Any]:
        return {
            "staff_no": person.staff_no,
            "name": person.name,
            "name_en": person.name_en,
            "department": person.department_id,
            "title": person.title,
            "joined_on": person.joined_on,
            "language": person.language,
        }


class EndPersonForm(forms.Form):
    left_on = forms.DateField(
        label=_("Last working day"),
        widget=DateInput(),
        help_text=_("Access and roles end with this day; at once if it is today or past."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class RevealForm(ReasonForm):
    field = forms.ChoiceField(choices=[(field, field) for field in PersonalField], widget=forms.HiddenInput)


class PostForm(FormWithDepartments):
    role = forms.ChoiceField(label=_("Role"))
    department = DepartmentField(label=_("Department"), required=False)
    title = forms.CharField(label=pgettext_lazy("role", "Title"), max_length=120, required=False)
    starts_on = forms.DateField(label=pgettext_lazy("period", "From"), widget=DateInput())
    ends_on = forms.DateField(
        label=pgettext_lazy("period", "Until"),
        widget=DateInput(),
        required=False,
        help_text=_("Included. Empty: open-ended."),
    )

    def __init__(self, *args: Any, assigner: Person, holder: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in assignable_roles(assigner, holder)]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["starts_on"].initial = today

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "role": Role(self.cleaned_data["role"])}


class EndPostForm(forms.Form):
    ends_on = forms.DateField(label=_("Last day of the post"), widget=DateInput(), initial=today)


class AccountForm(forms.Form):
    username = forms.CharField(label=_("User name"), max_length=80)


class DepartmentForm(FormWithDepartments):
    code = forms.CharField(label=pgettext_lazy("department", "Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    parent = DepartmentField(label=_("Parent department"), required=False)


class ChangeDepartmentForm(DepartmentForm):
    ended_on = forms.DateField(label=_("Closed on"), widget=DateInput(), required=False)


class OrganisationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Organisation.Kind.choices)
    key_account = forms.BooleanField(
        label=_("Key account"),
        required=False,
        help_text=_("Somebody is to look after it: name them under Desk > Key accounts."),
    )
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea)


class ContactForm(PersonalFieldsForm):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=200)
    organisation = forms.ModelChoiceField(
        label=pgettext_lazy("outside", "Organisation"),
        queryset=Organisation.objects.filter(ended_on__isnull=True).order_by("name"),
        required=False,
    )
    title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    basis = forms.ChoiceField(label=_("Why we hold this data"), choices=Contact.Basis.choices)
    purpose = forms.CharField(
        label=_("Stated purpose"),
        max_length=200,
        help_text=_("What the data is used for; it is used for nothing else."),
    )
    consented_at = forms.DateTimeField(label=_("Consent given at"), widget=DateTimeInput(), required=False)

    field_order = ("name", "organisation", "title", "mail", "phone", "basis", "purpose", "consented_at")

    def plain(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in {"mail", "phone"}}


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("Spreadsheet"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        help_text=_(".xlsx or .csv, up to 50,000 people. The first row holds the headings."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(limit)s MB."),
                params={"limit": settings.UPLOAD_LIMIT_BYTES // 1024 // 1024},
            )
        return file


class ExportForm(forms.Form):
    kind = forms.ChoiceField(choices=[("xlsx", ".xlsx"), ("csv", ".csv")])
    plain = forms.BooleanField(required=False)
    reason = forms.CharField(max_length=200, required=False)


class LanguageForm(forms.Form):
    language = forms.ChoiceField(choices=Language.choices)
