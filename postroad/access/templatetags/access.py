"""How the payload of an application for permissions reads to its approvers."""

from collections.abc import Mapping
from typing import Any

from django import template

from postroad.access import queries
from postroad.access.lines import lines_of
from postroad.org.models import today

register = template.Library()


@register.simple_tag
def application_lines(payload: Mapping[str, Any]) -> list[queries.ShownLine]:
    """The lines, with the names of what they speak of."""
    return queries.shown_lines(lines_of(payload))


@register.simple_tag
def application_impact(payload: Mapping[str, Any]) -> list[queries.Impact]:
    """Who would gain or lose what if it took effect now."""
    return queries.simulate(lines_of(payload), on=today())
