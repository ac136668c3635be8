"""What people fill in to write a mail, and to say how mail is written on a channel or by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from postroad.channels.protocol import RecipientRole
from postroad.desk.actions import After, Letter
from postroad.desk.addresses import addresses
from postroad.desk.forms import LONGEST_REPLY, FilesField, FromList
from postroad.desk.models import Cover, MailRules, SenderAddress, Signature
from postroad.desk.queries import Openings, SenderChoice
from postroad.org.models import Person
from postroad.platform.ids import new_id

AT = "at"
LOCAL = "%Y-%m-%dT%H:%M"


class LetterForm(forms.Form):
    """A mail in the composer. What is typed comes back as it was; `letter` is what of it is kept and sent."""

    sender = forms.CharField(label=pgettext_lazy("mail", "From"), max_length=254, required=False)
    to = forms.CharField(label=pgettext_lazy("mail", "To"), max_length=5000, required=False)
    cc = forms.CharField(label=pgettext_lazy("mail", "Cc"), max_length=5000, required=False)
    bcc = forms.CharField(label=pgettext_lazy("mail", "Bcc"), max_length=5000, required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500, required=False)
    text = forms.CharField(label=gettext_lazy("Reply"), max_length=LONGEST_REPLY, required=False, strip=False)
    unsigned = forms.BooleanField(label=gettext_lazy("without it"), required=False)
    files = FilesField(label=gettext_lazy("Attach files"), required=False)  # type: ignore[assignment]  # a field
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @property
    def letter(self) -> Letter:
        given = self.cleaned_data if self.is_bound else self.initial
        fields = ("sender", "to", "cc", "bcc", "subject", "text")
        return Letter(**{name: given.get(name) or "" for name in fields}, signed=not given.get("unsigned"))


class DraftForm(LetterForm):
    """What is kept while somebody types: nothing is wrong with it yet."""

    detach = forms.UUIDField(required=False)


class SendForm(LetterForm):
    """A mail that is to go: now, at one of the moments offered (its ISO form), or at `at`."""

    after = forms.ChoiceField(choices=After.choices, required=False)
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    when = forms.CharField(required=False, max_length=40)
    at = forms.DateTimeField(
        label=gettext_lazy("Send at"),
        required=False,
        input_formats=[LOCAL, "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
    )

    def clean_to(self) -> str:
        return self._line("to", RecipientRole.TO, required=True)

    def clean_cc(self) -> str:
        return self._line("cc", RecipientRole.CC)

    def clean_bcc(self) -> str:
        return self._line("bcc", RecipientRole.BCC)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise ValidationError(_("Write something first."))
        return text.strip()

    def clean_after(self) -> After:
        return After(self.cleaned_data["after"] or After.WAITING)

    def clean_key(self) -> UUID:
        return self.cleaned_data["key"] or new_id()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["moment"] = self._moment(given)
        return given

    def _moment(self, given: dict[str, Any]) -> datetime | None:
        """The moment somebody chose; None for now."""
        when = given.get("when") or ""
        if when == AT:
            if not given.get("at") and "at" not in self.errors:
                self.add_error("at", _("Say when it shall go."))
            moment: datetime | None = given.get("at")
            return moment
        try:
            return parse_datetime(when) if when else None
        except ValueError:
            return None

    def _line(self, field: str, role: RecipientRole, *, required: bool = False) -> str:
        line: str = self.cleaned_data[field]
        if not addresses(line, role) and required:
            raise ValidationError(_("Say who shall get it."))
        return line


class DirectForm(SendForm):
    """An answer in a messenger: words and files, to whoever wrote there."""

    def clean_to(self) -> str:
        return ""


def moments(openings: Openings) -> list[tuple[str, datetime]]:
    """The moments offered, under the values of the menu."""
    return [(one.isoformat(), one) for one in (openings.soon, openings.tomorrow) if one]


def sender_options(senders: Sequence[SenderChoice], *, writer: Person) -> list[tuple[str, str]]:
    """The addresses one may write from, as the customer will see them."""
    return [(one.address, f"{one.name or writer.name} <{one.address}>") for one in senders]


class SignatureForm(forms.ModelForm[Signature]):
    class Meta:
        model = Signature
        fields: ClassVar = ["text", "text_en", "html", "html_en"]
        widgets: ClassVar = {
            "text": forms.Textarea(attrs={"rows": 5}),
            "text_en": forms.Textarea(attrs={"rows": 5}),
            "html": forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "font-monospace"}),
            "html_en": forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "font-monospace"}),
        }

    def validate_constraints(self) -> None:
        """Whose it is, the page says and not the form."""


class MailRulesForm(forms.ModelForm[MailRules]):
    class Meta:
        model = MailRules
        fields: ClassVar = ["undo_seconds", "away_reply", "away_text", "away_text_en"]
        widgets: ClassVar = {
            "away_text": forms.Textarea(attrs={"rows": 4}),
            "away_text_en": forms.Textarea(attrs={"rows": 4}),
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("away_reply") and not (given.get("away_text") or given.get("away_text_en") or "").strip():
            self.add_error("away_text", _("Say what they shall be told."))
        return given


class SenderForm(forms.ModelForm[SenderAddress]):
    class Meta:
        model = SenderAddress
        fields: ClassVar = ["address", "name", "answers_here"]

    def validate_constraints(self) -> None:
        """The action says what is wrong with an address."""


class AbsenceForm(forms.Form):
    """An absence; `person` only for who may enter other people's."""

    person = FromList(label=gettext_lazy("Who is away"))
    starts_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    open_cases = forms.ChoiceField(label=gettext_lazy("Cases in hand"), choices=Cover.OpenCases.choices)
    deputy = FromList(label=gettext_lazy("Deputy"), required=False)

    def __init__(self, data: Any = None, *, people: Iterable[Person], writer: Person, leads: bool) -> None:
        offered = list(people)
        initial = {"person": str(writer.pk), "starts_on": timezone.localdate(), "open_cases": Cover.OpenCases.TEAM}
        super().__init__(data, initial=initial)
        if leads:
            self._offer("person", offered)
        else:
            self._offer("person", [writer])
            self.fields["person"].widget = forms.HiddenInput()
        self._offer("deputy", [one for one in offered if leads or one != writer], empty=gettext_lazy("nobody"))

    def _offer(self, name: str, people: Iterable[Person], *, empty: Any = None) -> None:
        field = self.fields[name]
        assert isinstance(field, FromList)
        field.offer(people, empty=empty)
