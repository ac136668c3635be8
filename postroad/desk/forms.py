"""What people fill in at the desk. Each form turns into the arguments of one action or query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel
from postroad.desk.models import CannedAnswer, Priority, Queue
from postroad.org.models import Person

LONGEST_REPLY = 100_000
LONGEST_CHAT = 8000


class FromList(forms.TypedChoiceField):
    """One of the things that the page has read already; asks the database for nothing. Empty gives None."""

    def offer(self, things: Iterable[Channel] | Iterable[Person], *, empty: Any = None) -> None:
        known = {str(thing.pk): thing for thing in things}
        self.choices = [*([("", empty)] if empty is not None else []), *((key, str(one)) for key, one in known.items())]
        self.coerce = known.get
        self.empty_value = None


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; what may be among them is for `attachments` to say."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given if one]


class ChatForm(forms.Form):
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(label=gettext_lazy("Message"), max_length=LONGEST_CHAT, required=False, strip=False)
    files = FilesField(label=gettext_lazy("Attach files"), required=False)  # type: ignore[assignment]  # a field

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["text"] = (given.get("text") or "").replace("\r\n", "\n").strip()
        if not given["text"] and not given.get("files"):
            self.add_error("text", _("Write something first."))
        return given


class PresentForm(forms.Form):
    away = forms.NullBooleanField(required=False)


class InviteForm(forms.Form):
    colleague = forms.ModelChoiceField(Person.objects.all())
    about = forms.CharField(max_length=1000, required=False)


def offer_channels(form: forms.ModelForm[Any], channels: QuerySet[Channel]) -> None:
    """Let what the form is about be for one of these channels, or for all."""
    channel = form.fields["channel"]
    assert isinstance(channel, forms.ModelChoiceField)
    channel.queryset = channels.order_by("name")
    channel.empty_label = _("on all channels")


class CannedForm(forms.ModelForm[CannedAnswer]):
    class Meta:
        model = CannedAnswer
        fields: ClassVar = ["title", "text", "channel"]
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, channels: QuerySet[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_channels(self, channels)


class AssignForm(forms.Form):
    assignee = FromList(label=gettext_lazy("Assignee"), required=False)

    def __init__(self, data: Any = None, *, people: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, FromList)
        field.offer(people, empty=gettext_lazy("nobody"))


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=Priority.choices)


class TransferForm(AssignForm):
    channel = FromList(label=gettext_lazy("Channel"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
    field_order = ("channel", "assignee", "reason")

    def __init__(self, data: Any = None, *, channels: Sequence[Channel], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["channel"]
        assert isinstance(field, FromList)
        field.offer(channels)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)


class MergeForm(forms.Form):
    into = forms.RegexField(
        label=gettext_lazy("Number of the case that stays"),
        regex=r"^\s*(?:#|PR-)?\s*[0-9]{1,12}\s*$",
        error_messages={"invalid": gettext_lazy("A case number looks like #10023.")},
    )

    def clean_into(self) -> int:
        return int("".join(character for character in self.cleaned_data["into"] if character.isdecimal()))


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Internal note"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only colleagues see it. @ and a name puts the case into that colleague's work."),
    )


class QueueForm(forms.ModelForm[Queue]):
    class Meta:
        model = Queue
        fields: ClassVar = ["acknowledge", "acknowledgement", "waiting_notice", "close_after_days"]
        widgets: ClassVar = {"waiting_notice": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("acknowledge") and not (given.get("acknowledgement") or "").strip():
            self.add_error("acknowledgement", _("Say what the acknowledgement shall say."))
        return given
