"""Forms of the key accounts' pages: what may be typed, in the words people use. Rules live in the actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.accounts.actions import Agreed, Contract
from postroad.accounts.models import KeyAccount, Medium
from postroad.accounts.queries import Beat
from postroad.channels.forms import PersonField
from postroad.clock.models import Duty
from postroad.org.forms import DateInput, DateTimeInput, blame
from postroad.org.models import Contact, Organisation
from postroad.platform.errors import DomainError, Invalid

# What companies usually agree on; everything can be changed in the form.
USUAL = {Medium.MESSENGER: Agreed(1, "weeks"), Medium.PHONE: Agreed(2, "weeks"), Medium.MEETING: Agreed(3, "months")}


def show(form: forms.Form, refusal: DomainError) -> None:
    """Show an action's refusal where it belongs."""
    if isinstance(refusal, Invalid):
        blame(form, refusal)
    else:
        form.add_error(None, refusal.message)


@dataclass(frozen=True, slots=True)
class RhythmFields:
    """The two fields that say how often one is in touch by a medium."""

    label: str
    every: BoundField
    unit: BoundField


class AccountForm(forms.Form):
    """What is agreed on with a key account, except who manages it."""

    deputy = PersonField(
        label=gettext_lazy("Deputy account manager"),
        required=False,
        help_text=gettext_lazy("Steps in while the manager is away, and is proposed when the manager leaves."),
    )
    contract_number = forms.CharField(label=gettext_lazy("Contract number"), max_length=80, required=False)
    contract_from = forms.DateField(label=gettext_lazy("Contract valid from"), widget=DateInput(), required=False)
    contract_until = forms.DateField(label=gettext_lazy("Contract valid until"), widget=DateInput(), required=False)
    contract_link = forms.URLField(
        label=gettext_lazy("Where the contract is"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("The address of the document, in the contract system for instance."),
    )
    note = forms.CharField(
        label=gettext_lazy("What one should know"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for medium in Medium:
            self.fields[f"{medium}_every"] = forms.IntegerField(
                label=_("%(medium)s: every") % {"medium": medium.label}, min_value=1, max_value=366, required=False
            )
            self.fields[f"{medium}_unit"] = forms.ChoiceField(
                label=_("%(medium)s: unit") % {"medium": medium.label}, choices=Duty.Unit.choices, initial="weeks"
            )
            self.fields[f"{medium}_unit"].required = False

    @property
    def rhythm_fields(self) -> list[RhythmFields]:
        return [RhythmFields(str(one.label), self[f"{one}_every"], self[f"{one}_unit"]) for one in Medium]

    @property
    def plain_fields(self) -> list[BoundField]:
        """All others, in their order."""
        return [self[name] for name in self.fields if not name.endswith(("_every", "_unit"))]

    def rhythms(self) -> dict[Medium, Agreed]:
        """The media with a rhythm. The form is valid."""
        data = self.cleaned_data
        return {
            one: Agreed(data[f"{one}_every"], data[f"{one}_unit"] or "weeks") for one in Medium if data[f"{one}_every"]
        }

    def contract(self) -> Contract:
        data = self.cleaned_data
        return Contract(
            number=data["contract_number"].strip(),
            valid_from=data["contract_from"],
            valid_until=data["contract_until"],
            link=data["contract_link"],
        )

    @staticmethod
    def initial_of(account: KeyAccount, beats: Iterable[Beat]) -> dict[str, Any]:
        names = ("deputy", "contract_number", "contract_from", "contract_until", "contract_link", "note")
        agreed = {Medium(one.rhythm.medium): one.rhythm.duty for one in beats}
        return {name: getattr(account, name) for name in names} | {
            name: value
            for medium, duty in agreed.items()
            for name, value in ((f"{medium}_every", duty.every), (f"{medium}_unit", duty.unit))
        }


class NewAccountForm(AccountForm):
    """Who looks after which organisation, and what is agreed on."""

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Customer"), queryset=Organisation.objects.none(), empty_label=gettext_lazy("Choose")
    )
    manager = PersonField(label=gettext_lazy("Account manager"))

    field_order = ("organisation", "manager")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        free = Organisation.objects.filter(ended_on__isnull=True).exclude(
            pk__in=KeyAccount.objects.filter(ended_on__isnull=True).values("organisation")
        )
        field.queryset = free.order_by("-key_account", "name")

    @staticmethod
    def usual() -> dict[str, Any]:
        """The rhythm that most agree on."""
        return {
            name: value
            for medium, agreed in USUAL.items()
            for name, value in ((f"{medium}_every", agreed.every), (f"{medium}_unit", agreed.unit))
        }


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class ContactForm(forms.Form):
    """A contact that no message and no call of ours shows."""

    medium = forms.ChoiceField(label=gettext_lazy("Medium"), choices=Medium.choices, initial=Medium.MEETING)
    at = forms.DateTimeField(label=gettext_lazy("When"), widget=DateTimeInput())
    contact = forms.ModelChoiceField(
        label=gettext_lazy("With whom"),
        queryset=Contact.objects.none(),
        required=False,
        empty_label=gettext_lazy("nobody in particular"),
    )
    words = forms.CharField(
        label=gettext_lazy("What it was about"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, account: KeyAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].initial = timezone.localtime().replace(second=0, microsecond=0)
        field = self.fields["contact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Contact.objects.filter(
            organisation=account.organisation_id, ended_on__isnull=True, erased_at__isnull=True
        ).order_by("name", "id")


class HandOverForm(forms.Form):
    proposed = PersonField(label=gettext_lazy("Who is to take it over"))
    words = forms.CharField(
        label=gettext_lazy("What the successor should know"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What is under way, what was promised, whom to know."),
    )


class SuccessorForm(forms.Form):
    successor = PersonField(label=gettext_lazy("Who looks after it from now on"))


class AbsenceForm(forms.Form):
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=DateInput())
    ends_on = forms.DateField(label=gettext_lazy("Until"), widget=DateInput())
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


class AbsenceOfForm(AbsenceForm):
    """An absence that whoever keeps the accounts enters for somebody, who may be ill."""

    person = PersonField(label=gettext_lazy("Who is away"))

    field_order = ("person",)
