"""Flows as data: what can be read, and what is refused where."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from postroad.approvals.definition import (
    Definition,
    DefinitionError,
    Mode,
    Rule,
    RuleKind,
    StepDefinition,
    parse,
)
from postroad.org.roles import Role

STEP = {"name": "Head", "approvers": {"rule": "role", "role": "administration_head"}}

rules = st.one_of(
    st.builds(Rule, st.just(RuleKind.ROLE), role=st.sampled_from([role for role in Role if role != Role.STAFF])),
    st.builds(Rule, st.sampled_from([RuleKind.DEPARTMENT_HEAD, RuleKind.SUPERVISING_LEADER])),
    st.builds(
        Rule,
        st.just(RuleKind.PEOPLE),
        ids=st.lists(st.uuids(), min_size=3, max_size=5, unique=True).map(tuple),
    ),
    st.builds(Rule, st.just(RuleKind.NAMED_IN_REQUEST), field=st.sampled_from(["owner", "deputy_owner"])),
)


@st.composite
def steps(draw):
    mode = draw(st.sampled_from(Mode))
    due = draw(st.none() | st.integers(2, 10_000))
    return StepDefinition(
        name=draw(st.text(min_size=1, max_size=80).map(str.strip).filter(bool)),
        name_en=draw(st.text(max_size=80).map(str.strip)),
        approvers=draw(rules),
        mode=mode,
        n=draw(st.integers(1, 3)) if mode == Mode.SOME else 1,
        due=timedelta(minutes=due) if due else None,
        remind=timedelta(minutes=draw(st.integers(1, due - 1))) if due and draw(st.booleans()) else None,
        escalate_to=draw(rules) if due and draw(st.booleans()) else None,
    )


@given(st.lists(steps(), min_size=1, max_size=10).map(tuple))
def test_a_flow_written_out_is_read_back_as_it_was(several):
    definition = Definition(several)
    assert parse(definition.as_data()) == definition


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["name", "approvers", "mode", "n", "due_minutes", "remind_minutes", "escalate_to"]


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), json_values), max_size=3) | json_values)
def test_whatever_is_given_is_read_or_refused(data):
    try:
        parsed = parse({"steps": data})
    except DefinitionError:
        return
    assert parse(parsed.as_data()) == parsed


@pytest.mark.parametrize("data", [{}, {"steps": []}, {"steps": "abc"}, [], None, {"steps": [STEP] * 11}])
def test_a_flow_has_one_to_ten_steps(data):
    with pytest.raises(DefinitionError) as refusal:
        parse(data)
    assert refusal.value.step is None


BAD = {
    "no name": ({"name": " "}, "name"),
    "a name too long": ({"name": "x" * 81}, "name"),
    "no rule": ({"approvers": None}, "approvers"),
    "an unknown rule": ({"approvers": {"rule": "anybody"}}, "approvers"),
    "an unknown role": ({"approvers": {"rule": "role", "role": "king"}}, "approvers"),
    "a role that everybody holds": ({"approvers": {"rule": "role", "role": "staff"}}, "approvers"),
    "nobody named": ({"approvers": {"rule": "people", "ids": []}}, "approvers"),
    "an id that is none": ({"approvers": {"rule": "people", "ids": ["wang"]}}, "approvers"),
    "no entry named": ({"approvers": {"rule": "named_in_request", "field": ""}}, "approvers"),
    "an unknown mode": ({"mode": "most"}, "mode"),
    "no number": ({"mode": "n", "n": 0}, "n"),
    "more wanted than named": (
        {"mode": "n", "n": 2, "approvers": {"rule": "people", "ids": [str(uuid4())]}},
        "n",
    ),
    "no time at all": ({"due_minutes": 0}, "due_minutes"),
    "half a minute": ({"due_minutes": 0.5}, "due_minutes"),
    "a yes for a number": ({"due_minutes": True}, "due_minutes"),
    "a reminder without a due time": ({"remind_minutes": 5}, "remind_minutes"),
    "a reminder too late": ({"due_minutes": 5, "remind_minutes": 5}, "remind_minutes"),
    "escalation without a due time": ({"escalate_to": {"rule": "supervising_leader"}}, "due_minutes"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_step_that_cannot_be_is_refused_at_its_field(case):
    change, field = BAD[case]
    with pytest.raises(DefinitionError) as refusal:
        parse({"steps": [STEP, STEP | change]})
    assert (refusal.value.step, refusal.value.field) == (1, field)


@pytest.mark.parametrize(
    ("language", "title"), [("zh-hans", "分管领导"), ("en", "Supervising leader"), ("fr", "分管领导")]
)
def test_a_step_is_named_in_the_readers_language(language, title):
    [step] = parse({"steps": [STEP | {"name": "分管领导", "name_en": "Supervising leader"}]}).steps
    with translation.override(language):
        assert step.title == title


def test_without_an_english_name_everybody_reads_the_one_there_is():
    [step] = parse({"steps": [STEP | {"name": "分管领导"}]}).steps
    with translation.override("en"):
        assert step.title == "分管领导"
