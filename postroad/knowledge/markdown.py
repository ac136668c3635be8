"""Markdown as HTML that cannot do anything, and as plain text for a reply. Pure.

HTML inside Markdown is shown as it stands; what markdown-it makes of the rest goes through nh3, so that two libraries
would have to fail for anything active to get through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAGS: Final = frozenset(
    {
        "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
        "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_LOWEST_HEADING: Final = 6

_parser: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def rendered(text: str) -> SafeString:
    """The article's text as HTML; its headings begin one level below the page's own."""
    tokens = _parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(_LOWEST_HEADING, int(token.tag[1]) + 1)}"
    html = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        html, tags=set(_TAGS), attributes=_ATTRIBUTES, url_schemes=set(_SCHEMES), link_rel="noopener noreferrer"
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has just cleaned it


def plain(text: str) -> str:
    """The same for a mail or a chat: no marks, lists with dashes and numbers, addresses of links in brackets."""
    return _plain(_parser.parse(text)).strip()


def _plain(tokens: Sequence[Token]) -> str:
    """One line for each block, a blank line between those that are not part of one list or table."""
    lines: list[str] = []
    lists: list[int | None] = []
    prefix = ""
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
            _blank(lines, only=not lists)
        elif token.type == "list_item_open":
            number = lists[-1]
            prefix = "  " * (len(lists) - 1) + ("- " if number is None else f"{number}. ")
            lists[-1] = None if number is None else number + 1
        elif token.type in {"inline", "fence", "code_block"}:
            said = _inline(token.children) if token.type == "inline" else token.content.rstrip("\n")
            lines.append(prefix + said)
            prefix = " " * len(prefix)
        elif token.type in {"paragraph_close", "heading_close", "table_close", "hr"}:
            _blank(lines, only=not lists)
        if token.type == "list_item_close":
            prefix = ""
    return "\n".join(lines)


def _blank(lines: list[str], *, only: bool = True) -> None:
    if only and lines and lines[-1]:
        lines.append("")


def _inline(children: Sequence[Token] | None) -> str:
    said, href = "", ""
    for child in children or ():
        if child.type == "link_open":
            href, begin = str(child.attrGet("href") or ""), len(said)
        elif child.type == "link_close":
            words = said[begin:]
            said += f" ({href})" if href and href not in {words, f"mailto:{words}", f"tel:{words}"} else ""
        elif child.type in {"softbreak", "hardbreak"}:
            said += "\n"
        else:
            said += child.content
    return said
