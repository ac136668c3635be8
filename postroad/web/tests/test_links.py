"""Addresses that customers and agents write become links, and nothing else does."""

from __future__ import annotations

import re

import pytest

from postroad.web.links import linked

HREF = re.compile(r'<a href="([^"]*)"')


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("请写信至 service@qinghe.example，我们会以邮件答复。", ["mailto:service@qinghe.example"]),
        ("请写信至service@qinghe.example我们会答复", ["mailto:service@qinghe.example"]),
        ("邮箱:service@qinghe.example;电话:400", ["mailto:service@qinghe.example"]),
        ("见https://x.example/a?b=1&c=2。谢谢", ["https://x.example/a?b=1&amp;c=2"]),
        ("“https://x.example/手册”", ["https://x.example/"]),
        ("（https://x.example/a）https://y.example/b", ["https://x.example/a", "https://y.example/b"]),
        ("see https://x.example/a_(b), or www.y.example.", ["https://x.example/a_(b)", "http://www.y.example"]),
        ("合同v1.2已发，金额3.50元", []),
        ("javascript:alert(1) data:text/html,x", []),
    ],
)
def test_an_address_ends_where_chinese_begins(text: str, addresses: list[str]) -> None:
    assert HREF.findall(linked(text)) == addresses


def test_what_is_no_address_is_escaped() -> None:
    assert linked("<b>&amp;“'") == "&lt;b&gt;&amp;amp;“&#x27;"
    assert "<script" not in linked('https://x.example/"><script>alert(1)</script>')


def test_a_link_does_not_take_the_page_away() -> None:
    """Whoever follows it may have a reply begun."""
    assert linked("https://x.example") == (
        '<a href="https://x.example" target="_blank" rel="nofollow">https://x.example</a>'
    )
