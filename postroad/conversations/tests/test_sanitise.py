"""Rich text from outside: what remains, and what never does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from postroad.conversations.sanitise import has_remote_images, sanitised, with_pictures, with_remote_images

PAYLOADS = Path(__file__).resolve().parents[3] / "../shared/corpora/xss/payloads.json"
FORBIDDEN = {"script", "iframe", "object", "embed", "applet", "base", "meta", "link", "form", "svg", "math", "style"}
URLS = ("href", "src", "action", "formaction", "background", "poster", "xlink:href", "srcset", "data", "cite", "srcdoc")


def dangers_in(html):
    """What an oracle outside our sanitiser finds wrong with a document."""
    found = []
    for element in BeautifulSoup(html, "html.parser").find_all(True):
        if element.name in FORBIDDEN:
            found.append(element.name)
        for name, value in element.attrs.items():
            text = re.sub(r"[\x00-\x20]", "", str(value)).lower()
            if name.startswith("on"):
                found.append(name)
            if name in URLS and text.startswith(("javascript:", "vbscript:", "data:")):
                found.append(f"{name}={text[:30]}")
            if name == "style" and re.search(r"expression\(|url\(|-moz-binding|behavior:|@import", text):
                found.append(text)
    return found


def parsed(html):
    """The tree: the sanitiser keeps no order of attributes."""
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p>hello <b>you</b></p>", "<p>hello <b>you</b></p>"),
        ("<script>alert(1)</script>x", "x"),
        ("<style>p{}</style><p>x</p>", "<p>x</p>"),
        ('<p onclick="x()" style="color:red;position:fixed">x</p>', '<p style="color:red">x</p>'),
        ('<p style="background:url(http://t)">x</p>', "<p>x</p>"),
        ('<a href="javascript:alert(1)">x</a>', '<a target="_blank" rel="noopener noreferrer nofollow">x</a>'),
        (
            '<a href="https://x.test" target="_top" rel="opener">x</a>',
            '<a href="https://x.test" target="_blank" rel="noopener noreferrer nofollow">x</a>',
        ),
        ('<img src="https://t.test/a.gif" alt="a">', '<img data-remote-src="https://t.test/a.gif" alt="a">'),
        ('<img src="//t.test/a.gif">', '<img data-remote-src="//t.test/a.gif">'),
        ('<img src="cid:1@x">', '<img src="cid:1@x">'),
        ('<img src="data:image/png;base64,xx">', "<img>"),
        ('<img src="/desk/cases/">', "<img>"),
        ('<a href="/desk/cases/">x</a>', '<a target="_blank" rel="noopener noreferrer nofollow">x</a>'),
        ('<img srcset="https://t.test/a.gif 2x">', "<img>"),
    ],
)
def test_formatting_stays_and_nothing_active_does(html, clean):
    assert parsed(sanitised(html)) == parsed(clean)


def test_text_that_looks_like_an_attribute_is_left_alone():
    html = '<p> src="https://x.test"</p><img alt=\' src="https://y.test" > \'>'
    assert sanitised(html) == '<p> src="https://x.test"</p><img alt=" src=&quot;https://y.test&quot; &gt; ">'


def test_pictures_that_came_along_are_shown_and_missing_ones_are_not():
    clean = sanitised('<img src="cid:a"><img src="cid:b">')
    assert with_pictures(clean, {"a": "data:image/png;base64,xx"}) == '<img src="data:image/png;base64,xx"><img>'


def test_remote_images_come_back_only_when_asked_for():
    clean = sanitised('<img src="https://t.test/a.gif">')
    assert has_remote_images(clean)
    assert with_remote_images(clean) == '<img src="https://t.test/a.gif">'


def test_large_but_honest_html_is_cleaned_too():
    html = "<table>" + "<tr><td><b>x</b></td></tr>" * 2000 + "</table><script>1</script>"
    clean = sanitised(html)
    assert clean is not None
    assert clean.count("<tr>") == 2000
    assert "script" not in clean


def test_html_made_to_explode_is_not_shown():
    fonts = "".join(f"<font color={number}>" for number in range(3000))
    assert sanitised(f"<p>{fonts}</p>" + "<p>x</p>" * 3000) is None


@given(st.text(st.sampled_from("<>/\"'= abimgsrcdjvtp:()&;#x-!\n\t"), max_size=80))
def test_whatever_is_put_in_nothing_dangerous_comes_out(html):
    clean = sanitised(html)
    assert dangers_in(clean) == []
    assert parsed(sanitised(with_remote_images(clean))) == parsed(clean)


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the shared corpora are not here")
def test_no_known_payload_survives():
    payloads = json.loads(PAYLOADS.read_text())
    assert len(payloads) > 100
    survivors = {}
    for one in payloads:
        clean = sanitised(one["payload"]) or ""
        again = str(BeautifulSoup(clean, "html.parser"))
        if dangers := dangers_in(clean) + dangers_in(again):
            survivors[one["id"]] = dangers
    assert survivors == {}
