"""Markdown becomes HTML that cannot do anything, and plain text that reads well in a mail."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from postroad.knowledge.markdown import plain, rendered


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://elsewhere.example/pixel.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "<iframe src='https://x.example'></iframe>",
        '[x](https://a.example "onmouseover=alert(1)")<b onclick=x>',
        "<svg/onload=alert(1)>",
        "`<script>`",
    ],
)
def test_nothing_active_is_left(text):
    shown = BeautifulSoup(rendered(text), "html.parser")
    assert {tag.name for tag in shown.find_all()} <= {"p", "a", "code"}
    for tag in shown.find_all():
        assert set(tag.attrs) <= {"href", "rel", "title"}
        assert tag.get("href", "https:").startswith("https:")


def test_headings_begin_below_the_pages_own():
    assert rendered("# 一\n\n###### 六") == "<h2>一</h2>\n<h6>六</h6>\n"


def test_lists_tables_and_links_are_shown():
    html = rendered("1. a\n2. b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n[here](https://example.com)")
    assert "<ol>" in html
    assert "<table>" in html
    assert '<a href="https://example.com" rel="noopener noreferrer">here</a>' in html


def test_as_plain_text_there_are_no_marks_and_lists_keep_their_numbers():
    text = plain(
        "# 开票\n\n请提供**税号**和[说明](https://example.com/a)。\n\n1. 登录\n2. 选择\n   - 甲\n   - 乙\n\n完成。"
    )
    assert text == ("开票\n\n请提供税号和说明 (https://example.com/a)。\n\n1. 登录\n2. 选择\n  - 甲\n  - 乙\n\n完成。")


def test_an_address_that_is_its_own_text_stands_once():
    assert plain("<https://example.com/a> <a@example.com>") == "https://example.com/a a@example.com"


@given(st.text(max_size=400))
def test_any_text_can_be_shown_and_never_as_a_script(text):
    assert "<script" not in rendered(text).lower()
    plain(text)


@given(st.text(alphabet="#*-_`[]()<>!|1. \n\tab中", max_size=200))
def test_any_tangle_of_marks_can_be_shown_both_ways(text):
    assert "<script" not in rendered(text)
    plain(text)
