"""Rich text from outside made harmless, once, on the way in. Pure.

What remains is formatting, links and images, nothing that runs. Images of other sites are kept but disarmed
(`data-remote-src`), so that opening a message tells nobody; pictures that came with the message keep their `cid:`
source, which the view turns into their content.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import nh3

TAGS: Final = frozenset(
    {
        "a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code",
        "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2",
        "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt",
        "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
        "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
    }
)  # fmt: skip
_SIZES: Final = frozenset({"width", "height", "align", "valign"})
ATTRIBUTES: Final = {
    "*": {"style", "dir", "lang", "title"},
    "a": {"href", "name"},
    "img": {"src", "alt"} | _SIZES,
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "bgcolor"} | _SIZES,
    "tr": {"bgcolor"} | _SIZES,
    "td": {"bgcolor", "colspan", "rowspan", "nowrap"} | _SIZES,
    "th": {"bgcolor", "colspan", "rowspan", "nowrap"} | _SIZES,
    "col": {"span"} | _SIZES,
    "colgroup": {"span"} | _SIZES,
    "ol": {"start", "type"},
    "p": {"align"},
    "div": {"align"},
    "hr": _SIZES | {"size"},
    "time": {"datetime"},
}
# No property that can fetch anything or leave its place on the page.
STYLE: Final = frozenset(
    {
        "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
        "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
        "direction", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height",
        "letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
        "max-width", "min-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
        "text-align", "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width",
        "word-break", "word-spacing",
    }
)  # fmt: skip
_DROPPED_WITH_CONTENT: Final = frozenset(
    {"script", "style", "title", "head", "template", "noscript", "iframe", "svg", "math"}
)

_LINK: Final = re.compile(r"\s*(?:https?://|mailto:|tel:)", re.IGNORECASE)
_PICTURE: Final = re.compile(r"\s*(?:(?:https?:)?//|cid:)", re.IGNORECASE)
_IMAGE: Final = re.compile(r'<img(?:\s+[\w-]+(?:="[^"]*")?)*\s*/?>')
_REMOTE_SOURCE: Final = re.compile(r'(\s)src="(?=\s*(?:https?:)?//)', re.IGNORECASE)
_CID_SOURCE: Final = re.compile(r'\ssrc="cid:([^"]*)"', re.IGNORECASE)

# The HTML algorithm is quadratic in nesting: above this many tags the work is done under limits, in a process apart.
TAGS_DONE_HERE: Final = 1_500
SECONDS_APART: Final = 2
MEMORY_APART: Final = 1024 * 1024 * 1024
LARGEST_RESULT: Final = 2 * 1024 * 1024


def sanitised(html: str) -> str | None:
    """`html` without anything active; None when it is so large or tangled that it is better not shown."""
    clean = _clean(html) if html.count("<") <= TAGS_DONE_HERE else _clean_apart(html)
    if clean is None or len(clean) > LARGEST_RESULT:
        return None
    return _IMAGE.sub(lambda image: _REMOTE_SOURCE.sub(r'\1data-remote-src="', image.group()), clean)


def has_remote_images(clean: str) -> bool:
    return "data-remote-src=" in clean


def with_pictures(clean: str, pictures: dict[str, str]) -> str:
    """`clean` with the pictures that came along: `pictures` gives the address of each content id."""

    def shown(image: re.Match[str]) -> str:
        return _CID_SOURCE.sub(
            lambda source: f' src="{pictures[source[1]]}"' if source[1] in pictures else "", image.group()
        )

    return _IMAGE.sub(shown, clean)


def with_remote_images(clean: str) -> str:
    """`clean` with its remote images armed again, for the reader who asked for them."""
    return _IMAGE.sub(lambda image: image.group().replace(" data-remote-src=", " src="), clean)


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        filter_style_properties=set(STYLE),
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _attribute(tag: str, attribute: str, value: str) -> str | None:
    """Addresses are absolute or dropped: a relative one would lead into Postroad. A style never names one."""
    if attribute == "href":
        return value.strip() if _LINK.match(value) else None
    if tag == "img" and attribute == "src":
        return value.strip() if _PICTURE.match(value) else None
    if attribute == "style" and re.search(r"url|expression|import|binding|behavior|[\\@]|/\*", value, re.IGNORECASE):
        return None
    return value


def _clean_apart(html: str) -> str | None:
    """`_clean` in a process that may not outgrow its time and memory; None when it did."""
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_APART}, {MEMORY_APART}));"
        f"import sys; from {__name__} import _clean;"
        "sys.stdout.buffer.write(_clean(sys.stdin.buffer.read().decode()).encode())"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=html.encode("utf-8", "replace"),
            capture_output=True,
            timeout=SECONDS_APART,
            check=False,
            cwd=Path(__file__).parents[2],
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode() if done.returncode == 0 else None
