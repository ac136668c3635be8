"""Forms of the permission pages: what may be typed, in the words people use. Rules live in the actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.access.actions.checking import LONGEST_CONTENT, tidied
from postroad.access.features import FEATURES
from postroad.access.grantees import Grantee
from postroad.access.lines import Line, LineAction
from postroad.access.models import FeatureReview, PermissionType
from postroad.access.naming import Names
from postroad.access.registry import trainings
from postroad.channels.models import Channel
from postroad.org.forms import DateInput
from postroad.platform.errors import Invalid

LARGEST_UPLOAD_BYTES = 5 * 1024 * 1024
MOST_TYPED_LINES = 20
LINE_FIELDS = ("channel", "permission", "grantee", "content", "starts_on", "ends_on", "training_key")


def suggesting(what: str) -> forms.TextInput:
    """A text field with suggestions while typing; the page has a datalist of that id."""
    return forms.TextInput(
        attrs={
            "list": what,
            "autocomplete": "off",
            "hx-get": reverse_lazy("access:suggestions", args=[what]),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{what}",
        }
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What the work needs it for; the approvers read this."),
    )


class ApplicationForm(ReasonForm):
    urgent = forms.BooleanField(
        label=gettext_lazy(
            "Emergency: in force on one word of the head of Administration or the supervising leader; both review it "
            "within two working days, or it ends"
        ),
        required=False,
    )


class LineForm(forms.Form):
    """A line that grants something new."""

    channel = forms.CharField(label=gettext_lazy("Channel"), max_length=200, widget=suggesting("channels"))
    permission = forms.ChoiceField(label=gettext_lazy("Permission type"), choices=PermissionType.choices)
    grantee = forms.CharField(
        label=gettext_lazy("Granted to"),
        max_length=250,
        widget=suggesting("grantees"),
        help_text=gettext_lazy("A person, a department with those below it, or a post."),
    )
    content = forms.CharField(
        label=gettext_lazy("Permission content"),
        max_length=LONGEST_CONTENT,
        help_text=gettext_lazy("What exactly is allowed, in a few words."),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Empty: as soon as it is approved."),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Empty: until it is revoked. A temporary permission ends after this day."),
    )
    training_key = forms.ChoiceField(label=gettext_lazy("Required course"), required=False)

    def __init__(self, *args: Any, names: Names, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = names
        known = trainings()
        if known:
            self.fields["training_key"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
                ("", _("None")),
                *((one.key, one.title) for one in known),
            ]
        else:
            del self.fields["training_key"]

    def clean_channel(self) -> Channel:
        found = self._names.channel_from(self.cleaned_data["channel"].strip())
        if found is None:
            raise forms.ValidationError(_("No channel has this name; choose one of the suggestions."))
        return found

    def clean_grantee(self) -> Grantee:
        found = self._names.grantee_from(self.cleaned_data["grantee"].strip())
        if found is None:
            raise forms.ValidationError(
                _("No person, department or post has this name, or several have it; choose one of the suggestions.")
            )
        return found

    def clean_content(self) -> str:
        return tidied(self.cleaned_data["content"])

    def value(self) -> Line:
        """The line, once the form is valid."""
        given = self.cleaned_data
        return Line(
            action=LineAction.ADD,
            channel_id=given["channel"].pk,
            permission=given["permission"],
            grantee=given["grantee"],
            content=given["content"],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            training_key=given.get("training_key", ""),
        )


class ChangeForm(ReasonForm):
    """Other content or another last day for a grant."""

    content = forms.CharField(label=gettext_lazy("Permission content"), max_length=LONGEST_CONTENT)
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Empty: until it is revoked."),
    )
    field_order = ("content", "ends_on", "reason")

    def on(self, line: Line) -> Line:
        return replace(line, content=tidied(self.cleaned_data["content"]), ends_on=self.cleaned_data["ends_on"])


class LineForms:
    """The lines of a new application: as many forms as the page shows, numbered from 0."""

    def __init__(self, forms_: Sequence[LineForm]) -> None:
        self.forms = list(forms_)

    @classmethod
    def empty(cls, initial: Sequence[Mapping[str, Any]]) -> LineForms:
        """Forms to be filled in, with what is known already."""
        names = Names()
        return cls([LineForm(prefix=f"line-{number}", initial=one, names=names) for number, one in enumerate(initial)])

    @classmethod
    def posted(cls, data: QueryDict) -> LineForms:
        names = Names()
        return cls([LineForm(data, prefix=f"line-{number}", names=names) for number in range(_count(data))])

    @classmethod
    def reshaped(cls, data: QueryDict) -> LineForms:
        """What was posted with one line more, or without one, and no faults shown."""
        kept = [number for number in range(_count(data)) if str(number) != data.get("drop")]
        initial = [{name: data.get(f"line-{number}-{name}", "") for name in LINE_FIELDS} for number in kept]
        if "more" in data and len(initial) < MOST_TYPED_LINES:
            initial.append({name: initial[-1][name] for name in ("channel", "permission")} if initial else {})
        return cls.empty(initial or [{}])

    def is_valid(self) -> bool:
        faulty = [form for form in self.forms if not form.is_valid()]
        return not faulty

    def values(self) -> list[Line]:
        return [form.value() for form in self.forms]

    @property
    def has_faults(self) -> bool:
        return any(form.errors for form in self.forms)


def show_refusal(refusal: Invalid, form: forms.Form, lines: LineForms | None = None) -> None:
    """Show an action's refusal at the line and field it names, or at the form as a whole."""
    for key, message in refusal.fields.items():
        number, _dot, name = key.partition(".")
        if lines is not None and number.isdigit():
            target: forms.Form = lines.forms[int(number)]
        else:
            target, name = form, name or key
        target.add_error(name if name in target.fields else None, message)


class ImportForm(ReasonForm):
    file = forms.FileField(label=gettext_lazy("Form 2 as a spreadsheet (.xlsx or .csv)"))
    whole = forms.BooleanField(
        label=gettext_lazy("This is the whole list: also revoke what is granted on channels that it does not name"),
        required=False,
    )
    field_order = ("file", "whole", "reason")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD_BYTES:
            raise forms.ValidationError(_("A file has at most %(size)s MB.") % {"size": LARGEST_UPLOAD_BYTES >> 20})
        return file


class FeatureForm(forms.Form):
    """One messenger's features: a state each, and a note."""

    def __init__(self, *args: Any, messenger: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.messenger = messenger
        for key, label in FEATURES.items():
            self.fields[f"{key}-state"] = forms.ChoiceField(
                label=label, choices=[("", "—"), *FeatureReview.FeatureState.choices], required=False
            )
            self.fields[f"{key}-note"] = forms.CharField(
                label=_("Note: %(feature)s") % {"feature": label}, max_length=300, required=False
            )

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [(str(label), self[f"{key}-state"], self[f"{key}-note"]) for key, label in FEATURES.items()]

    @staticmethod
    def initial_of(found: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """What was found before, under the names of the fields."""
        return {f"{key}-{part}": value for key, one in found.items() for part, value in one.items()}

    def findings(self) -> dict[str, dict[str, str]]:
        """By feature its state and note, once the form is valid."""
        given = self.cleaned_data
        return {key: {"state": given[f"{key}-state"], "note": given[f"{key}-note"]} for key in FEATURES}


def _count(data: QueryDict) -> int:
    text = data.get("lines", "")
    return min(max(int(text), 1), MOST_TYPED_LINES) if text.isdigit() else 1
