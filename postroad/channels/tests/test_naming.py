"""Naming rules: pure."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.channels.naming import FIELDS, BadPattern, Fault, Rule, check_name, check_pattern, example

SALES = {"department": ["销售部", "Sales"]}
DAILY = Rule("{department}-日常工作群", ("测试", "Secret"), 20)


def faults(name, rule=DAILY, known=SALES):
    return {problem.fault for problem in check_name(name, rule, known)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("销售部-日常工作群", set()),
        ("Sales-日常工作群", set()),
        ("ＳＡＬＥＳ－日常工作群", set()),
        ("行政部-日常工作群", {Fault.PATTERN}),
        ("销售部-日常工作群 ", {Fault.PATTERN}),
        ("", {Fault.PATTERN}),
        ("销售部-测试工作群", {Fault.PATTERN, Fault.RESERVED}),
        ("销售部-SECRET", {Fault.PATTERN, Fault.RESERVED}),
        ("销售部-日常工作群\u200b", {Fault.PATTERN, Fault.CHARACTERS}),
        ("销售部" + "长" * 20, {Fault.PATTERN, Fault.LENGTH}),
    ],
)
def test_a_name_follows_its_rule_or_is_told_why_not(name, expected):
    assert faults(name) == expected


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("{project}-推进群", "天工-推进群", True),
        ("{project}-推进群", "-推进群", False),
        ("{project}-推进群", " -推进群", False),
        ("{year} {project}", "2025 天工", True),
        ("{year} {project}", "25 天工", False),
        ("{customer}{number}号群", "青禾12号群", True),
        ("{project}-{purpose}", "a-b-c", True),
    ],
)
def test_open_fields_stand_for_something_of_their_shape(pattern, name, fits):
    assert (faults(name, Rule(pattern), {}) == set()) is fits


@pytest.mark.parametrize(
    "pattern", ["", "  ", "{", "}", "{project", "project}", "{}", "{unknown}", "{project}{project}", "{{project}}"]
)
def test_a_pattern_that_cannot_be_is_refused(pattern):
    with pytest.raises(BadPattern) as refusal:
        check_pattern(pattern)
    assert str(refusal.value)


def test_a_rule_with_several_patterns_takes_names_like_any_of_them():
    rule = Rule("{department}-日常工作群 | {project}-推进群")
    check_pattern(rule.pattern)
    assert [faults(name, rule) for name in ("销售部-日常工作群", "天工-推进群")] == [set(), set()]
    assert faults("天工-日常工作群", rule) == {Fault.PATTERN}
    assert example(rule.pattern, SALES) == "销售部-日常工作群 | {project}-推进群"


def test_the_example_fills_in_what_is_known():
    assert example("{department}-{project}群", SALES) == "销售部-{project}群"


@given(
    st.lists(
        st.sampled_from([*(f"{{{name}}}" for name in FIELDS if name not in {"year", "number"}), "-", "群", " ", "A"]),
        unique_by=lambda piece: piece if piece.startswith("{") else object(),
        min_size=1,
        max_size=8,
    ).map("".join),
    # Some signs that are no spaces are read as if they were, such as a diaeresis that stands alone.
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8).filter(
        lambda text: not any(map(str.isspace, unicodedata.normalize("NFKC", text)))
    ),
)
def test_what_a_pattern_is_filled_with_fits_it(pattern, filling):
    if not pattern.strip():
        return
    check_pattern(pattern)
    name = pattern
    for field in FIELDS:
        name = name.replace(f"{{{field}}}", filling)
    assert Fault.PATTERN not in faults(name, Rule(pattern, (), 1000), {})


def test_a_hostile_name_takes_no_time():
    rule = Rule("-".join(f"{{{name}}}" for name in FIELDS), (), 120)
    assert faults("-" * 119 + "x", rule, {}) == {Fault.PATTERN}
