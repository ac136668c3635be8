"""Figures, verdicts and sparklines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from postroad.board.queries import Point
from postroad.board.standard import Bound, Control, controls
from postroad.platform.measures import Measure

register = template.Library()

WIDTH, HEIGHT, MARGIN = 112, 28, 3


@register.filter
def figure_text(measure: Measure | None) -> str:
    """A measured value with its unit; empty when there is none."""
    if measure is None or measure.value is None:
        return ""
    return number_text(measure.value, measure.unit)


@register.filter
def number_text(value: float | None, unit: str) -> str:
    """A value in its unit, one decimal at most; 99.96 % stays 99.9 %: a figure is never flattered up to its target."""
    if value is None:
        return ""
    shown = f"{math.floor(value * 10 + 1e-9) / 10:g}" if unit == "percent" else f"{value:g}"
    return f"{shown} %" if unit == "percent" else shown


@register.simple_tag
def sparkline(points: Sequence[Point], bound: Bound) -> SafeString:
    """The recorded days as a small line with the target dashed; a day without a value is passed over."""
    valued = [(point.day, point.value) for point in points if point.value is not None]
    if not valued:
        return format_html('<span class="text-secondary small">{}</span>', gettext("no days yet"))
    first, last = points[0].day, points[-1].day
    values = [value for _day, value in valued]
    low, high = min(*values, float(bound.value)), max(*values, float(bound.value))
    days = max((last - first).days, 1)

    def x(offset: int) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * offset / days, 1)

    def y(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share, 1)

    places = [(x((day - first).days), y(value)) for day, value in valued]
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '<line class="sparkline-target" x1="0" x2="{}" y1="{}" y2="{}"/>'
        '<polyline class="sparkline-line" points="{}"/><circle class="sparkline-now" cx="{}" cy="{}" r="2.5"/></svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        gettext("Trend: %(first)s → %(last)s over %(days)s days")
        % {
            "first": number_text(values[0], bound.unit),
            "last": number_text(values[-1], bound.unit),
            "days": (last - first).days + 1,
        },
        WIDTH,
        y(float(bound.value)),
        y(float(bound.value)),
        " ".join(f"{left},{top}" for left, top in places),
        *places[-1],
    )


@register.filter
def unlocalized(value: float | None) -> str:
    """A number as a script reads it; empty for none."""
    return "" if value is None else str(value)


@register.simple_tag
def control_of(key: str) -> Control:
    return controls()[key]


@register.simple_tag
def target_text(control: Control, value: Decimal | str) -> str:
    """A target of this value in the control's own terms: “≥ 95 %”."""
    return str(control.default.with_value(Decimal(value)))
