"""How figures read: a number, a length of time, a share, a score; how one compares with another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from postroad.supervision.asked import Clock
from postroad.supervision.queries import BUCKETS, Summary
from postroad.supervision.registry import Figure, Form
from postroad.web.templatetags.postroad import duration

register = template.Library()

NOTHING = "–"
MINUTE, HOUR, DAY_HOURS = 60, 3600, 24


@register.simple_tag
def length(value: float | None, clock: Clock) -> str:
    """A length of time given in seconds. Working time knows no days: ten hours of it are more than one of them."""
    if value is None:
        return NOTHING
    hours, rest = divmod(round(value), HOUR)
    if clock is Clock.ELAPSED or hours < DAY_HOURS:
        return duration(timedelta(seconds=round(value)))
    unit = pgettext("unit", "h")
    shown = f"{hours} {unit}"
    return f"{shown} {duration(timedelta(seconds=rest - rest % 60))}" if rest >= MINUTE else shown


@register.filter
def whole_percent(value: float | None) -> str:
    """A share to be read from across the room; never rounded up to all of it."""
    return NOTHING if value is None else f"{int(value)} %"


@register.filter
def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{number_format(round(value, 1), 1)} %"


def _text(figure: Figure, value: float | None, clock: Clock) -> str:
    if value is None:
        return NOTHING
    match figure.form:
        case Form.COUNT:
            return number_format(value, 0, force_grouping=True)
        case Form.DURATION:
            return length(value, clock)
        case Form.SHARE:
            return percent(value)
        case Form.SCORE:
            return number_format(value, 2)


@register.simple_tag
def figure_text(figure: Figure, summary: Summary, clock: Clock) -> str:
    """The one number that stands for a figure, as people read it."""
    return _text(figure, summary.value(figure.form, clock), clock)


@register.simple_tag
def raw_value(figure: Figure, summary: Summary | None, clock: Clock) -> str:
    """The number as a chart draws it: durations in minutes; empty for none."""
    value = summary.value(figure.form, clock) if summary else None
    if value is None:
        return ""
    return f"{value / 60:.1f}" if figure.form is Form.DURATION else f"{value:.2f}"


@register.simple_tag
def change(shown: Any, clock: Clock) -> SafeString | str:
    """How a figure compares with the period before: an arrow, by how much, colour and word where it matters."""
    now, before = (one.value(shown.figure.form, clock) for one in (shown.now, shown.before))
    if now is None or before is None:
        return format_html('<span class="text-secondary">{}</span>', _("nothing to compare with"))
    if round(now - before, 1) == 0:
        return format_html('<span class="text-secondary">{}</span>', _("as before"))
    rose = now > before
    better = None if shown.figure.more_is_better is None else rose is shown.figure.more_is_better
    tone = {None: "secondary", True: "success", False: "danger"}[better]
    word = {None: "", True: _("better"), False: _("worse")}[better]
    amount = _difference(shown.figure, now, before, clock)
    return format_html(
        '<span class="figure-change figure-change-{}"><span aria-hidden="true">{}</span> {} {}</span>',
        tone,
        "▲" if rose else "▼",
        amount,
        word,
    )


def _difference(figure: Figure, now: float, before: float, clock: Clock) -> str:
    if figure.form is Form.SHARE:
        return _("%(points)s points") % {"points": number_format(abs(now - before), 1)}
    return _text(figure, abs(now - before), clock)


def bucket_label(form: Form, place: int, clock: Clock) -> str:
    """What a column of a distribution is called."""
    if form is Form.SCORE:
        return str(place + 1)
    if place == 0:
        return _("up to %(end)s") % {"end": length(BUCKETS[0], clock)}
    if place >= len(BUCKETS):
        return _("over %(start)s") % {"start": length(BUCKETS[-1], clock)}
    return f"{length(BUCKETS[place - 1], clock)} – {length(BUCKETS[place], clock)}"


@register.simple_tag
def outcome(figure: Figure, hit: bool) -> SafeString:  # noqa: FBT001 - a fact's own field
    """What became of one fact of a share, as colour and word."""
    good = None if figure.more_is_better is None else hit is figure.more_is_better
    tone = {None: "secondary", True: "success", False: "danger"}[good]
    label = figure.hit_label if hit else figure.miss_label
    return mark_safe(get_template("web/_state.html").render({"tone": tone, "label": label}))  # noqa: S308 - a template's


@register.filter
def took(summary: Summary, clock: Clock) -> Any:
    """How long it took, by one of the clocks."""
    return summary.took(clock)


@register.simple_tag
def count_up(since: datetime | None) -> SafeString | str:
    """How long ago a moment is, kept running in the browser."""
    if since is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" data-countup>{}</time>', since.isoformat(), duration(timezone.now() - since)
    )
