"""What the checks find in a text, and what they leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.patrol.checks import Hit, sensitive_numbers, words_in
from postroad.patrol.models import Kind
from postroad.patrol.templatetags.patrol import marked

LISTS = {Kind.ADVERTISING: ["加微信", "sale", "限时优惠"], Kind.IDLE: ["八卦", "限时"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请加微信领取", [Hit(Kind.ADVERTISING, 1, 4)]),
        ("Big SALE today", [Hit(Kind.ADVERTISING, 4, 8)]),
        ("wholesale prices", []),
        ("限时优惠", [Hit(Kind.ADVERTISING, 0, 4), Hit(Kind.IDLE, 0, 2)]),
        ("", []),
    ],
)
def test_words_are_found_whole_and_whatever_their_case(text, found):
    assert words_in([text], LISTS) == [found]


@pytest.mark.parametrize(
    ("text", "sensitive"),
    [
        ("身份证 11010519491231002X 请查收", True),
        ("身份证 110105194912310021", False),  # the check digit is wrong
        ("卡号 4111 1111 1111 1111", True),
        ("订单 4111111111111112", False),
        ("0000000000000000", False),
        ("电话 13800138000", False),
        ("A4111111111111111", False),  # part of something longer
    ],
)
def test_numbers_are_sensitive_when_their_check_digits_are_right(text, sensitive):
    assert bool(sensitive_numbers([text])[0]) == sensitive


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted)))
def test_a_marked_text_is_the_text_and_lets_nothing_through(text, places):
    shown = marked(text, places)
    assert shown.replace("<mark>", "").replace("</mark>", "").count("<") == shown.count("<br>")
    assert shown.count("<mark>") == shown.count("</mark>")
