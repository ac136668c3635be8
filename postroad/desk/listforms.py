"""What people fill in at the list of cases: filters, views to keep, and what to do with the marked lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from postroad.channels.models import Channel
from postroad.desk import actions, queries
from postroad.desk.actions import CaseStep
from postroad.desk.forms import FromList
from postroad.desk.models import Case, CaseState, CustomField, Macro, Priority, SavedView, Tag
from postroad.desk.queries import CaseFilter, Due, FieldFilter, Sort, View
from postroad.org.models import Person

MOST_DIGITS = 12
ME, NOBODY, OWN = "me", "nobody", "own"


@dataclass(frozen=True)
class Choices:
    """What the filters offer one reader, read once per page."""

    person: Person
    channels: Sequence[Channel] = ()
    people: Sequence[Person] = ()
    tags: Mapping[UUID, Tag] = field(default_factory=dict)
    fields: Sequence[CustomField] = ()
    own: frozenset[UUID] = frozenset()

    @property
    def default(self) -> dict[str, str]:
        """What the list opens with: what is to be done, and first of all in one's own teams."""
        others = any(channel.pk not in self.own for channel in self.channels)
        return {"view": View.TEAM.value} | ({"channel": OWN} if self.own and others else {})


class OneOf(forms.ChoiceField):
    """One of the things the page has read already, or one of a few words; what is neither counts as nothing chosen."""

    def offer(self, things: Iterable[Any], *, empty: Any, words: Sequence[tuple[str, Any]] = ()) -> None:
        self.known: dict[str, Any] = {word: word for word, _label in words}
        self.known |= {str(thing.pk): thing for thing in things}
        labels = {key: str(thing) for key, thing in self.known.items()} | dict(words)
        self.choices = [("", empty), *labels.items()]

    def clean(self, value: Any) -> Any:
        return self.known.get(str(value or ""))


class SomeOf(forms.MultipleChoiceField):
    """Any of the things the page has read already; others are left out."""

    def offer(self, things: Iterable[Any]) -> None:
        self.known = {str(thing.pk): thing for thing in things}
        self.choices = [(key, str(thing)) for key, thing in self.known.items()]

    def clean(self, value: Any) -> Any:
        return [self.known[one] for one in dict.fromkeys(value or []) if one in self.known]


class FilterForm(forms.Form):
    """The filters of the list, from the address line; what is malformed there is ignored, not an error."""

    view = forms.ChoiceField(choices=View.choices, required=False, widget=forms.HiddenInput)
    saved = forms.UUIDField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(label=gettext_lazy("Number, subject or name"), required=False, max_length=200)
    channel = OneOf(label=gettext_lazy("Channel"), required=False)
    assignee = OneOf(label=gettext_lazy("Assignee"), required=False)
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        choices=[("", gettext_lazy("Every priority")), *Priority.choices],
        required=False,
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"), choices=[("", gettext_lazy("Every state")), *CaseState.choices], required=False
    )
    sort = forms.ChoiceField(label=gettext_lazy("Order"), choices=Sort.choices, required=False)
    due = forms.ChoiceField(
        label=gettext_lazy("Due"), choices=[("", gettext_lazy("Whenever it is due")), *Due.choices], required=False
    )
    organisation = forms.CharField(label=gettext_lazy("Organisation"), required=False, max_length=120)
    tag = SomeOf(label=gettext_lazy("Tags"), required=False)

    def __init__(self, data: Any, *, choices: Choices) -> None:
        super().__init__(data)
        self.offered = choices
        own = [(OWN, gettext_lazy("My teams"))] if choices.own else []
        self._field("channel", OneOf).offer(choices.channels, empty=gettext_lazy("All channels"), words=own)
        words = [(ME, gettext_lazy("Myself")), (NOBODY, gettext_lazy("Nobody"))]
        self._field("assignee", OneOf).offer(choices.people, empty=gettext_lazy("Anybody"), words=words)
        self._field("tag", SomeOf).offer(choices.tags.values())
        for one in choices.fields:
            self.fields |= _controls_of(one)
        self.is_valid()

    def _field(self, name: str, kind: type[Any]) -> Any:
        found = self.fields[name]
        assert isinstance(found, kind)
        return found

    @property
    def choices(self) -> list[forms.BoundField]:
        """The fields shown as drop-down lists, always."""
        return [self[name] for name in ("channel", "assignee", "priority", "state", "sort")]

    @property
    def asked(self) -> list[tuple[CustomField, list[forms.BoundField]]]:
        """The custom fields with their controls."""
        return [(one, [self[name] for name in _controls_of(one)]) for one in self.offered.fields]

    @property
    def has_more(self) -> bool:
        """Whether a filter is in force among those that are folded away."""
        wanted = self.wanted
        return bool(wanted.tags or wanted.fields or wanted.due or wanted.organisation)

    @property
    def wanted(self) -> CaseFilter:
        given = self.cleaned_data
        channel, assignee = given.get("channel"), given.get("assignee")
        return CaseFilter(
            view=View(given.get("view") or View.TEAM),
            words=given.get("q") or "",
            channel=None if channel == OWN else channel,
            teams=tuple(self.offered.own) if channel == OWN else None,
            assignee=self.offered.person if assignee == ME else None if assignee == NOBODY else assignee,
            unassigned=assignee == NOBODY,
            priority=given.get("priority") or "",
            state=given.get("state") or "",
            organisation=(given.get("organisation") or "").strip(),
            due=given.get("due") or "",
            tags=tuple(given.get("tag") or ()),
            fields=tuple(one for asked in self.offered.fields if (one := self._filter_of(asked))),
            sort=Sort(given.get("sort") or Sort.DUE),
        )

    def _filter_of(self, asked: CustomField) -> FieldFilter | None:
        given, key = self.cleaned_data, asked.key
        if asked.kind in RANGES:
            low, high = (queries.typed(asked, given.get(f"{key}_{end}")) for end in ("from", "to"))
            return FieldFilter(asked, low=low, high=high) if (low, high) != (None, None) else None
        value = given.get(key)
        if not value:
            return None
        return FieldFilter(asked, value=value == "yes" if asked.kind == CustomField.Kind.YES_NO else value)

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """The filters in force: name and value in the address line, and how they are shown."""
        shown = [("q", "", f"“{self.cleaned_data['q']}”")] if self.cleaned_data.get("q") else []
        for bound in [*self.choices[:-1], self["due"]]:
            if self.cleaned_data.get(bound.name):
                label = dict(bound.field.choices)[bound.value()]  # type: ignore[attr-defined]  # all of them have choices
                shown.append((bound.name, "", str(label)))
        if self.cleaned_data.get("organisation"):
            shown.append(("organisation", "", self.cleaned_data["organisation"]))
        shown += [("tag", str(tag.pk), tag.name) for tag in self.cleaned_data.get("tag") or ()]
        for asked, controls in self.asked:
            for bound in controls:
                if self.cleaned_data.get(bound.name) not in (None, ""):
                    shown.append((bound.name, "", f"{asked.name}{_sign_of(bound.name)}{_said(bound)}"))
        return shown


RANGES = (CustomField.Kind.NUMBER, CustomField.Kind.DATE)


def _controls_of(asked: CustomField) -> dict[str, forms.Field]:
    """The controls by which the list is filtered by a custom field, by their names."""
    key, empty = asked.key, [("", "–")]
    match asked.kind:
        case CustomField.Kind.CHOICE:
            choices = [*empty, *((one, one) for one in asked.choices)]
            return {key: forms.ChoiceField(label=asked.name, choices=choices, required=False)}
        case CustomField.Kind.YES_NO:
            choices = [*empty, ("yes", _("Yes")), ("no", _("No"))]
            return {key: forms.ChoiceField(label=asked.name, choices=choices, required=False)}
        case CustomField.Kind.NUMBER:
            ends: type[forms.Field] = forms.FloatField
        case CustomField.Kind.DATE:
            ends = DayField
        case _:
            return {key: forms.CharField(label=asked.name, max_length=200, required=False)}
    return {
        f"{key}_from": ends(label=_("%(field)s from") % {"field": asked.name}, required=False),
        f"{key}_to": ends(label=_("%(field)s to") % {"field": asked.name}, required=False),
    }


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _sign_of(name: str) -> str:
    return " ≥ " if name.endswith("_from") else " ≤ " if name.endswith("_to") else ": "


def _said(bound: forms.BoundField) -> str:
    chosen = str(bound.value())
    return str(dict(getattr(bound.field, "choices", ())).get(chosen, chosen))


class SaveViewForm(forms.ModelForm[SavedView]):
    """Keeps what the list shows now. `query` is the address line of the list."""

    query = forms.CharField(max_length=4000, required=False, widget=forms.HiddenInput)
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = SavedView
        fields: ClassVar = ["name", "shared"]

    def __init__(self, data: Any = None, *, columns: Sequence[tuple[str, Any]], may_share: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        found = self.fields["columns"]
        assert isinstance(found, forms.MultipleChoiceField)
        found.choices = list(columns)
        if not may_share:
            del self.fields["shared"]


DOINGS = ("assign", "state", "priority", "tag", "untag", "macro", "merge", "solve", "spam")


class BulkForm(forms.Form):
    """What to do with the marked lines. `steps` says it in steps, or in a sentence why it cannot be said."""

    case = forms.TypedMultipleChoiceField(coerce=int, required=False)
    do = forms.ChoiceField(choices=[(name, "") for name in DOINGS])
    assignee = FromList(required=False)
    state = forms.ChoiceField(choices=[("", ""), *CaseState.choices], required=False)
    priority = forms.ChoiceField(choices=[("", ""), *Priority.choices], required=False)
    tag = forms.CharField(max_length=40, required=False)
    macro = OneOf(required=False)
    into = forms.RegexField(regex=r"^\s*(?:#|PR-)?\s*[0-9]{1,12}\s*$", required=False)
    reason = forms.CharField(max_length=300, required=False)
    back = forms.CharField(max_length=4000, required=False)
    confirmed = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, people: Sequence[Person], macros: Sequence[Macro]) -> None:
        super().__init__(data)
        numbers = [value for value in data.getlist("case") if value.isdecimal() and len(value) <= MOST_DIGITS]
        self.fields["case"].choices = [(value, value) for value in numbers]  # type: ignore[attr-defined]
        people_field, macro_field = self.fields["assignee"], self.fields["macro"]
        assert isinstance(people_field, FromList)
        assert isinstance(macro_field, OneOf)
        people_field.offer(people)
        macro_field.offer(macros, empty="")

    @property
    def numbers(self) -> list[int]:
        return list(self.cleaned_data["case"]) if self.is_valid() else []

    @property
    def problem(self) -> str:
        """Why nothing can be done with what was given; "" where something can."""
        if not self.is_valid():
            return _("That choice does not exist any more.")
        given = self.cleaned_data
        if not given["case"]:
            return _("Mark the cases first.")
        if len(given["case"]) > actions.MOST_CASES:
            most = actions.MOST_CASES
            return ngettext("At most %(count)s case at once.", "At most %(count)s cases at once.", most) % {
                "count": most
            }
        missing = {
            "state": _("Choose a state."),
            "priority": _("Choose a priority."),
            "tag": _("Name a tag."),
            "untag": _("Name a tag."),
            "macro": _("Choose a macro."),
        }
        needed = "tag" if given["do"] == "untag" else given["do"]
        return missing[given["do"]] if given["do"] in missing and not given[needed] else ""

    def steps(self, *, person: Person, into: Case | None) -> list[CaseStep]:
        """What was chosen, as steps. Raises Invalid for a tag that is not on the list and cannot be made."""
        given, tag = self.cleaned_data, self.cleaned_data["tag"].strip()
        if given["do"] == "macro":
            return actions.steps_of(given["macro"], person=person)
        if given["do"] == "tag":
            return [actions.PutTag(one) for one in actions.tags_for(names=[tag], person=person)]
        if given["do"] == "untag":
            return [actions.TakeTag(one) for one in queries.tags_named([tag]).values()]
        steps: dict[str, Callable[[], CaseStep]] = {
            "assign": lambda: actions.Assign(given["assignee"]),
            "state": lambda: actions.ChangeState(CaseState(given["state"]), given["reason"]),
            "solve": lambda: actions.ChangeState(CaseState.SOLVED, given["reason"]),
            "priority": lambda: actions.Prioritise(Priority(given["priority"])),
            "merge": lambda: actions.Merge(into),
            "spam": actions.MarkSpam,
        }
        return [steps[given["do"]]()]

    @property
    def stays(self) -> int | None:
        """The number of the case into which the others are merged, if one was named."""
        digits = "".join(one for one in self.cleaned_data.get("into") or "" if one.isdecimal())
        return int(digits) if digits else None
