"""Showing a text with what was found in it marked."""

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def marked(text: str, places: Iterable[Iterable[int]]) -> SafeString:
    """`text`, escaped, with each [start, end] in a <mark>; places that overlap become one."""
    parts, done = [], 0
    for start, end in sorted((start, end) for start, end in places):
        if end <= done:
            continue
        parts += [escape(text[done : max(start, done)]), "<mark>", escape(text[max(start, done) : end]), "</mark>"]
        done = end
    whole = "".join([*parts, escape(text[done:])])
    return mark_safe(whole.replace("\n", "<br>"))  # noqa: S308 - every piece of the text is escaped above
