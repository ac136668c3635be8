"""Addresses in what somebody wrote, as links: web addresses and mail addresses, in Chinese text too."""

from __future__ import annotations

import re

from django.utils.html import Urlizer
from django.utils.safestring import SafeString, mark_safe

# Chinese is written without spaces: an address ends where Han, kana or their punctuation begins (frontend/widget/dom.ts
# has the same signs).
_CHINESE = "\u2014\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"


class _Linker(Urlizer):
    word_split_re = re.compile(rf"((?:[\s<>\"'{_CHINESE}]|(?<=[{_CHINESE}])[:,.;])+)")
    url_template = '<a href="{href}" target="_blank"{attrs}>{url}</a>'


_linker = _Linker()


def linked(text: str) -> SafeString:
    """The text as HTML: its addresses as links that open beside the page, everything else escaped.

    Hosts and paths in raw Chinese are no part of a link. As with every filter, text that is marked safe is not escaped.
    """
    return mark_safe(_linker(text, nofollow=True, autoescape=True))  # noqa: S308 - escaped by Django's Urlizer
