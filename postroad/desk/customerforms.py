"""What is filled in about customers: how they are asked, what they answer, what they agreed to."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from postroad.desk.models import Consent, RatingRules
from postroad.desk.models.satisfaction import HIGHEST, LOWEST
from postroad.knowledge.models import Use

SCORES = (
    (1, _("Very dissatisfied")),
    (2, _("Dissatisfied")),
    (3, _("Neither")),
    (4, _("Satisfied")),
    (5, _("Very satisfied")),
)


class RatingRulesForm(forms.ModelForm[RatingRules]):
    class Meta:
        model = RatingRules
        fields: ClassVar = ["enabled", "delay_minutes", "every_days", "expires_days", "question", "question_en"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("question", "question_en"):
            self.fields[name].help_text = _("Left empty, it asks: “How satisfied are you with our help?”")


class RateForm(forms.Form):
    score = forms.TypedChoiceField(
        choices=[(number, number) for number in range(LOWEST, HIGHEST + 1)],
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose a number from 1 to 5.")),
    )
    words = forms.CharField(required=False, max_length=2000)


class FollowUpForm(forms.Form):
    note = forms.CharField(label=_("What was done"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class ArticleUseForm(forms.Form):
    how = forms.ChoiceField(choices=[(Use.How.TEXT.value, ""), (Use.How.LINK.value, "")])


class ConsentForm(forms.ModelForm[Consent]):
    class Meta:
        model = Consent
        fields: ClassVar = ["purpose", "source"]
