"""What is filled in about how a channel's cases are handed out, promised and escalated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.channels.models import Channel
from postroad.clock.ladders import LONGEST_LATE, MISS, MOST_RUNGS, Rung
from postroad.desk.models import Rule, Skill, Tells
from postroad.org.models import Person


class RoutingForm(forms.Form):
    """The rules in order: one choice for each place, empty ones left out."""

    def __init__(self, data: Any = None, *, rules: Sequence[Rule] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.places = [f"rule{place}" for place in range(1, len(Rule) + 1)]
        for place, name in enumerate(self.places):
            label = _("First") if not place else _("else, %(place)s.") % {"place": place + 1}
            empty = _("agents take cases themselves") if not place else _("stays in the queue")
            initial = rules[place].value if place < len(rules) else ""
            self.fields[name] = forms.ChoiceField(
                label=label, choices=[("", f"– {empty} –"), *Rule.choices], required=False, initial=initial
            )

    @property
    def rules(self) -> list[Rule]:
        """The rules chosen, in order."""
        return [Rule(self.cleaned_data[name]) for name in self.places if self.cleaned_data.get(name)]


class SkillForm(forms.ModelForm[Skill]):
    class Meta:
        model = Skill
        fields: ClassVar = ["name", "name_en", "words", "language", "channels", "people"]
        widgets: ClassVar = {
            "words": forms.Textarea(attrs={"rows": 4}),
            "channels": forms.CheckboxSelectMultiple,
            "people": forms.CheckboxSelectMultiple,
        }
        labels: ClassVar = {"name": gettext_lazy("name"), "name_en": gettext_lazy("English name")}

    def __init__(self, *args: Any, served: QuerySet[Channel], colleagues: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels, people = self.fields["channels"], self.fields["people"]
        assert isinstance(channels, forms.ModelMultipleChoiceField)
        assert isinstance(people, forms.ModelMultipleChoiceField)
        channels.queryset = served.order_by("name")
        people.queryset = Person.objects.filter(pk__in=[one.pk for one in colleagues]).order_by("name", "id")
        no_matter = _("no matter")
        self.fields["language"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", f"– {no_matter} –"),
            *list(self.fields["language"].choices)[1:],  # type: ignore[attr-defined]
        ]


class RungForm(forms.Form):
    """One rung. Without a number it is none."""

    WHEN = (("used", gettext_lazy("% of the time used")), ("late", gettext_lazy("minutes after it was missed")))

    number = forms.IntegerField(
        label=gettext_lazy("How much"), min_value=0, max_value=LONGEST_LATE, required=False, widget=forms.NumberInput
    )
    when = forms.ChoiceField(label=gettext_lazy("Counted in"), choices=WHEN)
    tells = forms.ChoiceField(label=gettext_lazy("Tells"), choices=Tells.choices)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        number = given.get("number")
        if number is not None and given.get("when") == "used" and not 1 <= number < MISS:
            self.add_error("number", _("Between 1 and 99; what was missed counts in minutes."))
        return given

    @property
    def rung(self) -> Rung | None:
        given = self.cleaned_data
        if given.get("number") is None:
            return None
        late = given["when"] == "late"
        return Rung(MISS if late else given["number"], given["number"] if late else 0, given["tells"])


RungForms = forms.formset_factory(RungForm, extra=0, max_num=MOST_RUNGS, validate_max=True)


def rung_forms(data: Any, rungs: Sequence[Rung]) -> Any:
    """The rungs there are, and two empty places."""
    initial: list[dict[str, Any]] = [
        {
            "number": one.late_minutes if one.is_late else one.percent,
            "when": "late" if one.is_late else "used",
            "tells": one.tells,
        }
        for one in rungs
    ]
    empty: list[dict[str, Any]] = [{"when": "late", "tells": Tells.HEAD}] * min(2, MOST_RUNGS - len(initial))
    return RungForms(data, initial=initial + empty, prefix="rung")


class MovePromisesForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
    deadline = forms.TypedMultipleChoiceField(coerce=UUID, required=False)

    def __init__(self, data: Any = None, *, deadlines: Sequence[UUID] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["deadline"].choices = [(str(one), "") for one in deadlines]  # type: ignore[attr-defined]
