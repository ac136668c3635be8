"""Forms of the approval pages. Rules live in the actions and in `definition`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.approvals.approvers import active_people
from postroad.approvals.counting import Verdict
from postroad.approvals.definition import (
    LONGEST_FLOW,
    LONGEST_NAME,
    Definition,
    DefinitionError,
    Mode,
    Rule,
    RuleKind,
    StepDefinition,
    parse,
)
from postroad.approvals.models import LONGEST_COMMENT, Request
from postroad.org.models import Person
from postroad.org.roles import Role

MINUTES_AN_HOUR = 60

_SEPARATORS = str.maketrans("，、；;\n", ",,,,,")


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PersonField(forms.CharField):
    """Somebody who works here, by staff number or whole name."""

    def clean(self, value: Any) -> Person | None:
        text = super().clean(value)
        return find_person(text) if text else None


class PeopleField(forms.CharField):
    """Several people who work here, by staff number or whole name, separated by commas."""

    def clean(self, value: Any) -> list[Person]:
        text = super().clean(value)
        return [find_person(name.strip()) for name in text.translate(_SEPARATORS).split(",") if name.strip()]


def find_person(text: str) -> Person:
    """Who works here under a staff number or whole name. Raises ValidationError for nobody or several."""
    people = active_people()
    found = list(people.filter(staff_no__iexact=text)[:1]) or list(people.filter(name=text)[:2])
    if not found:
        raise forms.ValidationError(_("Nobody here has the name or staff number “%(text)s”.") % {"text": text})
    if len(found) > 1:
        raise forms.ValidationError(_("Several people are called “%(text)s”; give the staff number.") % {"text": text})
    return found[0]


class DecisionForm(forms.Form):
    """What an approver says of one step."""

    step_id = forms.UUIDField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(choices=[(verdict.value, verdict.value) for verdict in Verdict])
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed to reject or return; the applicant reads it."),
    )


class RequestFilter(forms.Form):
    """Which requests a list shows."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All")), *Request.State.choices],
    )

    @property
    def criteria(self) -> dict[str, str]:
        """The arguments for a queryset's filter."""
        state = self.cleaned_data["state"] if self.is_valid() else ""
        return {"state": state} if state else {}


class DelegationForm(forms.Form):
    """Who decides in whose place, and when."""

    delegator = PersonField(label=gettext_lazy("In place of"), help_text=gettext_lazy("Name or staff number"))
    delegate = PersonField(label=gettext_lazy("Deputy"), help_text=gettext_lazy("Name or staff number"))
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=DateInput())
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput())
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, for_others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not for_others:
            del self.fields["delegator"]


class FlowForm(forms.Form):
    """A new flow's names."""

    key = forms.SlugField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Fixed for ever; what submits requests knows the flow by it."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)


class ChangeFlowForm(forms.Form):
    """Why a flow is changed, and what it was changed from."""

    after_version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(label=gettext_lazy("Reason for the change"), max_length=300)


class PreviewForm(forms.Form):
    """For whom to show who would be asked."""

    applicant = PersonField(
        label=gettext_lazy("Try it for"), required=False, help_text=gettext_lazy("Name or staff number")
    )


RULES = [
    (RuleKind.ROLE.value, gettext_lazy("Everybody with a role")),
    (RuleKind.DEPARTMENT_HEAD.value, gettext_lazy("Head of the applicant's department")),
    (RuleKind.SUPERVISING_LEADER.value, gettext_lazy("Supervising leader of the applicant's department")),
    (RuleKind.PEOPLE.value, gettext_lazy("Certain people")),
    (RuleKind.NAMED_IN_REQUEST.value, gettext_lazy("Named in the request")),
]
ESCALATION_RULES = [("", gettext_lazy("Nobody")), *RULES[:4]]
MODES = [
    (Mode.ANY.value, gettext_lazy("any one of them decides")),
    (Mode.ALL.value, gettext_lazy("all of them must approve")),
    (Mode.SOME.value, gettext_lazy("a number of them must approve")),
]
ROLES = [("", "—"), *((role.value, role.label) for role in Role if role != Role.STAFF)]

# Which field of the form shows an error that the definition found in which of its own.
_PLACES = {"approvers": "rule", "due_minutes": "due_hours", "remind_minutes": "remind_hours", "escalate_to": "escalate"}


class StepForm(forms.Form):
    """One step of a flow."""

    name = forms.CharField(label=gettext_lazy("Name of the step"), max_length=LONGEST_NAME)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=LONGEST_NAME, required=False)
    rule = forms.ChoiceField(label=gettext_lazy("Who is asked"), choices=RULES)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES, required=False)
    people = PeopleField(
        label=gettext_lazy("People"), required=False, help_text=gettext_lazy("Names or staff numbers, with commas")
    )
    field = forms.CharField(
        label=gettext_lazy("Entry of the request"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Which entry of the request names the approver"),
    )
    mode = forms.ChoiceField(label=gettext_lazy("How approvals count"), choices=MODES)
    n = forms.IntegerField(label=gettext_lazy("How many"), required=False, min_value=1)
    due_hours = forms.DecimalField(
        label=gettext_lazy("Due in (working hours)"), required=False, min_value=Decimal("0.1"), decimal_places=2
    )
    remind_hours = forms.DecimalField(
        label=gettext_lazy("Remind after (working hours)"), required=False, min_value=Decimal("0.1"), decimal_places=2
    )
    escalate = forms.ChoiceField(label=gettext_lazy("If overdue, ask"), choices=ESCALATION_RULES, required=False)
    escalate_role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES, required=False)
    escalate_people = PeopleField(
        label=gettext_lazy("People"), required=False, help_text=gettext_lazy("Names or staff numbers, with commas")
    )

    def as_data(self) -> dict[str, Any]:
        """The step as the definition reads it."""
        given = self.cleaned_data
        data: dict[str, Any] = {
            "name": given["name"],
            "name_en": given["name_en"],
            "mode": given["mode"],
            "approvers": _rule_data(given["rule"], role=given["role"], people=given["people"], field=given["field"]),
            "due_minutes": _minutes(given["due_hours"]),
            "remind_minutes": _minutes(given["remind_hours"]),
        }
        if given["mode"] == Mode.SOME:
            data["n"] = given["n"]
        if given["escalate"]:
            data["escalate_to"] = _rule_data(
                given["escalate"], role=given["escalate_role"], people=given["escalate_people"]
            )
        return data


class BaseStepFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic at run time
    """The steps of a flow, in the order of their numbers."""

    def clean(self) -> None:
        """Let the definition judge, and show its error at the field it names."""
        self.definition: Definition | None = None
        if any(self.errors):
            return
        kept = [form for form in self.ordered_forms if form.cleaned_data.get("name")]
        try:
            self.definition = parse({"steps": [form.as_data() for form in kept]})
        except DefinitionError as error:
            if error.step is None:
                raise forms.ValidationError(error.message) from error
            kept[error.step].add_error(_PLACES.get(error.field, error.field) or None, error.message)


StepFormSet = forms.formset_factory(
    StepForm,
    formset=BaseStepFormSet,
    extra=1,
    can_order=True,
    can_delete=True,
    max_num=LONGEST_FLOW,
    validate_max=True,
    absolute_max=2 * LONGEST_FLOW,
)


def initial_steps(definition: Definition) -> list[dict[str, Any]]:
    """What the formset starts with to change a flow."""
    names = _names_of(definition)
    return [_initial_step(step, names) for step in definition.steps]


def _initial_step(step: StepDefinition, names: Mapping[object, str]) -> dict[str, Any]:
    escalation = step.escalate_to
    return {
        "name": step.name,
        "name_en": step.name_en,
        "rule": step.approvers.kind.value,
        "role": step.approvers.role or "",
        "people": _shown(step.approvers, names),
        "field": step.approvers.field,
        "mode": step.mode.value,
        "n": step.n if step.mode == Mode.SOME else None,
        "due_hours": _hours(step.due),
        "remind_hours": _hours(step.remind),
        "escalate": escalation.kind.value if escalation else "",
        "escalate_role": escalation.role or "" if escalation else "",
        "escalate_people": _shown(escalation, names) if escalation else "",
    }


def _names_of(definition: Definition) -> dict[object, str]:
    rules = [rule for step in definition.steps for rule in (step.approvers, step.escalate_to) if rule]
    ids = {person_id for rule in rules for person_id in rule.ids}
    return {person.pk: person.staff_no for person in Person.objects.filter(pk__in=ids)}


def _shown(rule: Rule, names: Mapping[object, str]) -> str:
    return ", ".join(names[person_id] for person_id in rule.ids if person_id in names)


def _rule_data(kind: str, *, role: str, people: Iterable[Person], field: str = "") -> dict[str, Any]:
    return {"rule": kind, "role": role, "ids": [str(person.pk) for person in people], "field": field}


def _minutes(hours: Decimal | None) -> int | None:
    return round(hours * MINUTES_AN_HOUR) if hours is not None else None


def _hours(span: timedelta | None) -> str:
    return f"{round(span / timedelta(hours=1), 2):g}" if span else ""
