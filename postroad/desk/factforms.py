"""What people fill in about a case, and where the desk's tags, fields and macros are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel
from postroad.desk import queries
from postroad.desk.actions import ME, NOBODY
from postroad.desk.forms import offer_channels
from postroad.desk.models import BY_HAND, CannedAnswer, CaseState, CustomField, Macro, Priority, Step, Tag
from postroad.org.models import Person

LONGEST_ANSWER = 500


class TagNameForm(forms.Form):
    """Tags to put on, parted by commas."""

    tag = forms.CharField(
        label=gettext_lazy("Tags to put on"),
        max_length=300,
        widget=forms.TextInput(attrs={"list": "all-tags", "autocomplete": "off"}),
    )

    @property
    def names(self) -> list[str]:
        return [
            name for name in self.cleaned_data["tag"].replace("，", ",").replace("、", ",").split(",") if name.strip()
        ]


def answer_field(asked: CustomField) -> forms.Field:
    """The control in which a custom field is answered."""
    common: dict[str, Any] = {"label": asked.name, "help_text": asked.help_text, "required": False}
    match asked.kind:
        case CustomField.Kind.NUMBER:
            return forms.FloatField(**common, widget=forms.NumberInput(attrs={"step": "any"}))
        case CustomField.Kind.DATE:
            return forms.DateField(**common, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        case CustomField.Kind.CHOICE:
            return forms.ChoiceField(**common, choices=[("", "–"), *((one, one) for one in asked.choices)])
        case CustomField.Kind.YES_NO:
            choices = [("", "–"), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
            return forms.ChoiceField(**common, choices=choices)
    return forms.CharField(**common, max_length=LONGEST_ANSWER)


def kept_answer(asked: CustomField, given: Any) -> Any:
    """What was given in `answer_field`, as it is kept."""
    if asked.kind == CustomField.Kind.YES_NO:
        return {"yes": True, "no": False}.get(given)
    return queries.typed(asked, given)


class AnswersForm(forms.Form):
    """The custom fields of one case."""

    def __init__(self, data: Any = None, *, answers: Sequence[queries.Answer]) -> None:
        self.asked = [one.field for one in answers]
        said = {True: "yes", False: "no"}
        initial = {
            one.field.key: said.get(one.value, one.value) if isinstance(one.value, bool) else one.value
            for one in answers
        }
        super().__init__(data, initial=initial, prefix="answer")
        self.fields |= {one.key: answer_field(one) for one in self.asked}

    @property
    def answers(self) -> dict[CustomField, Any]:
        return {one: kept_answer(one, self.cleaned_data.get(one.key)) for one in self.asked}


class LinkForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("This case"), choices=[(kind.value, kind.label) for kind in BY_HAND], required=True
    )
    other = forms.RegexField(
        label=gettext_lazy("Number of the other case"),
        regex=r"^\s*(?:#|PR-)?\s*[0-9]{1,12}\s*$",
        error_messages={"invalid": gettext_lazy("A case number looks like #10023.")},
    )

    def clean_other(self) -> int:
        return int("".join(one for one in self.cleaned_data["other"] if one.isdecimal()))


class SplitForm(forms.Form):
    """`messages` are the id and a short form of each message with which a case of its own may begin."""

    message = forms.ChoiceField(label=gettext_lazy("First message of the new case"))
    subject = forms.CharField(label=gettext_lazy("What the new case is about"), max_length=500)

    def __init__(self, data: Any = None, *, messages: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["message"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(message_id), words) for message_id, words in messages]

    def clean_message(self) -> UUID:
        return UUID(self.cleaned_data["message"])


class TagForm(forms.ModelForm[Tag]):
    class Meta:
        model = Tag
        fields: ClassVar = ["name", "colour"]


class MergeTagForm(forms.Form):
    into = forms.ModelChoiceField(label=gettext_lazy("Merge into"), queryset=Tag.objects.none())

    def __init__(self, data: Any = None, *, tag: Tag) -> None:
        super().__init__(data)
        found = self.fields["into"]
        assert isinstance(found, forms.ModelChoiceField)
        found.queryset = Tag.objects.exclude(pk=tag.pk).order_by("name")


class CustomFieldForm(forms.ModelForm[CustomField]):
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One in each line; only for “One of a list”."),
    )

    class Meta:
        model = CustomField
        fields: ClassVar = ["name", "kind", "choices", "help_text", "channel", "required_to_solve"]

    def __init__(self, *args: Any, channels: QuerySet[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_channels(self, channels)
        self.initial["choices"] = "\n".join(self.instance.choices)
        if not self.instance._state.adding:  # noqa: SLF001 - how Django tells a new row
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("The kind stays: cases hold answers of it.")

    def clean_choices(self) -> list[str]:
        return list(dict.fromkeys(line.strip() for line in self.cleaned_data["choices"].splitlines() if line.strip()))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") == CustomField.Kind.CHOICE and not given.get("choices"):
            self.add_error("choices", _("Say what there is to choose from."))
        elif given.get("kind") != CustomField.Kind.CHOICE:
            given["choices"] = []
        return given


class MacroForm(forms.ModelForm[Macro]):
    class Meta:
        model = Macro
        fields: ClassVar = ["name", "channel"]

    def __init__(self, *args: Any, channels: QuerySet[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_channels(self, channels)


class StepForm(forms.Form):
    """One step of a macro: what it does, and of all that can be said with it what belongs to that."""

    do = forms.ChoiceField(label=gettext_lazy("Step"), choices=[("", "–"), *Step.choices], required=False)
    text = forms.ChoiceField(label=gettext_lazy("Canned answer"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=Priority.choices, required=False)
    assign = forms.ChoiceField(label=gettext_lazy("Assignee"), required=False)
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)
    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False)
    answer = forms.CharField(label=gettext_lazy("Answer"), required=False, max_length=LONGEST_ANSWER)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[one for one in CaseState.choices if one[0] != CaseState.NEW],
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason (if solved without a reply, or closed)"), required=False, max_length=300
    )

    def __init__(
        self,
        *args: Any,
        canned: Sequence[CannedAnswer],
        people: Sequence[Person],
        tags: Mapping[UUID, Tag],
        asked: Sequence[CustomField],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asked = {str(one.pk): one for one in asked}
        offered = {
            "text": [(str(one.pk), one.title) for one in canned],
            "assign": [
                (ME, _("Whoever runs the macro")),
                (NOBODY, _("Nobody: back into the queue")),
                *((str(one.pk), str(one)) for one in people),
            ],
            "tag": [(str(key), tag.name) for key, tag in tags.items()],
            "field": [(key, one.name) for key, one in self.asked.items()],
        }
        for name, choices in offered.items():
            found = self.fields[name]
            assert isinstance(found, forms.ChoiceField)
            found.choices = choices or [("", "–")]

    @classmethod
    def initial_of(cls, step: Mapping[str, Any]) -> dict[str, Any]:
        """A step as it is kept, as this form shows it."""
        do, value = step["do"], step.get("value")
        if do == Step.FIELD:
            shown = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
            return {"do": do, "field": step["field"], "answer": shown}
        return {"do": do, CONTROLS[do]: value, "reason": step.get("reason", "")}

    @property
    def step(self) -> dict[str, Any] | None:
        """The step as it is kept; None where nothing was chosen. Raises ValidationError naming the control."""
        given = self.cleaned_data
        do = given.get("do")
        if not do:
            return None
        if do == Step.FIELD:
            return self._field_step(self.asked.get(given["field"]), given["answer"])
        value = given.get(CONTROLS[do])
        if not value:
            raise ValidationError({CONTROLS[do]: _("Say what with.")})
        step = {"do": do, "value": value}
        return step | {"reason": given["reason"]} if do == Step.STATE and given["reason"] else step

    def _field_step(self, asked: CustomField | None, answer: str) -> dict[str, Any]:
        if asked is None:
            raise ValidationError({"field": _("Choose a field.")})
        control = answer_field(asked)
        control.required = True
        try:
            value = kept_answer(asked, control.clean(answer))
        except ValidationError as refused:
            raise ValidationError({"answer": refused.messages}) from None
        return {"do": Step.FIELD.value, "field": str(asked.pk), "value": value}


CONTROLS: dict[str, str] = {
    Step.TEXT: "text",
    Step.NOTE: "note",
    Step.PRIORITY: "priority",
    Step.ASSIGN: "assign",
    Step.TAG: "tag",
    Step.UNTAG: "tag",
    Step.STATE: "state",
}
"""In which control of the form a step says what with."""
