"""How the payload of a request about a channel reads to its approvers."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.db.models import Field
from django.utils.translation import gettext as _

from postroad.channels.models import Channel
from postroad.channels.protocol import connector_of
from postroad.clock.models import Calendar
from postroad.org.models import Department, Person

register = template.Library()

RELATED = {"owner": Person.objects, "deputy_owner": Person.objects, "department": Department.objects}


@register.simple_tag
def application_facts(payload: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Label and value of everything that was filled in."""
    named = ((field.name, payload.get(field.name)) for field in Channel._meta.fields)
    return [(_label(name), shown) for name, value in named if (shown := _shown(name, value))]


@register.simple_tag
def change_facts(payload: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    """Label, value now and value wanted of each change."""
    return [
        (_label(name), _shown(name, pair["before"]) or "—", _shown(name, pair["after"]) or "—")
        for name, pair in payload.get("changes", {}).items()
    ]


def _label(name: str) -> Any:
    return _field(name).verbose_name


def _field(name: str) -> "Field[Any, Any]":
    field = Channel._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in RELATED:
        return str(RELATED[name].filter(pk=value).first() or "")
    if name == "connector":
        return str(connector_of(value).title)
    if name == "calendar_key":
        return str(Calendar.objects.filter(key=value).first() or value)
    return str(dict(getattr(_field(name), "flatchoices", ())).get(value, value))
