"""What people fill in about articles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from postroad.channels.models import Audience, Channel
from postroad.knowledge.models import LONGEST_TEXT, Article, ArticleState, Language
from postroad.knowledge.queries import ArticleFilter
from postroad.org.models import Person, today

LISTED_TOPICS = 100


class ArticleForm(forms.ModelForm[Article]):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Article
        fields: ClassVar = ["title", "text", "language", "topic", "channels", "public", "owner", "review_on"]
        widgets: ClassVar = {
            "text": forms.Textarea(attrs={"rows": 18}),
            "topic": forms.TextInput(attrs={"list": "topics", "autocomplete": "off"}),
            "channels": forms.SelectMultiple(attrs={"size": 6}),
            "review_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, owners: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels, owner = self.fields["channels"], self.fields["owner"]
        assert isinstance(channels, forms.ModelMultipleChoiceField)
        assert isinstance(owner, forms.ModelChoiceField)
        channels.queryset = Channel.objects.exclude(audience=Audience.INTERNAL).order_by("name")
        owner.queryset = Person.objects.filter(pk__in=[one.pk for one in owners]).order_by("name")
        owner.empty_label = None

    def values(self) -> dict[str, Any]:
        """The arguments of `actions.write` and `actions.change`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class PreviewForm(forms.Form):
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, strip=False)


class FilterForm(forms.Form):
    """The filters of the list; what is malformed in the address is ignored."""

    q = forms.CharField(label=_("Words"), required=False, max_length=200)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("Every state")), *ArticleState.choices])
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("Every language")), *Language.choices]
    )
    readers = forms.ChoiceField(
        label=_("Readers"),
        required=False,
        choices=[("", _("Inside and outside")), ("public", _("Customers too")), ("internal", _("Only inside"))],
    )
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    due = forms.BooleanField(label=_("Review due"), required=False)

    def __init__(self, data: Any, *, topics: list[str]) -> None:
        super().__init__(data)
        topic = self.fields["topic"]
        assert isinstance(topic, forms.ChoiceField)
        topic.choices = [("", _("Every topic")), *((one, one) for one in topics[:LISTED_TOPICS])]
        self.is_valid()

    @property
    def choices(self) -> list[forms.BoundField]:
        return [self[name] for name in ("state", "language", "topic", "readers")]

    @property
    def wanted(self) -> ArticleFilter:
        given = self.cleaned_data
        readers = given.get("readers") or ""
        return ArticleFilter(
            words=given.get("q") or "",
            state=given.get("state") or "",
            language=given.get("language") or "",
            topic=given.get("topic") or "",
            public=(readers == "public") if readers else None,
            due=today() if given.get("due") else None,
        )


class ReviewForm(forms.Form):
    next_on = forms.DateField(label=_("Next review"), required=False)


class SearchForm(forms.Form):
    """What a visitor looks for on the help pages."""

    q = forms.CharField(required=False, max_length=200)


class VerdictForm(forms.Form):
    helped = forms.TypedChoiceField(choices=[("yes", ""), ("no", "")], coerce=lambda value: value == "yes")


def usual_review() -> date:
    return today() + timedelta(days=180)
