"""How plans, differences and template requests read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import Field as ModelField
from django.utils.translation import gettext as _

from postroad.approvals.models import Request
from postroad.groups.actions import TemplateValues, values_of
from postroad.groups.models import Difference, Field, GroupTemplate
from postroad.groups.models.differences import SETTINGS, said
from postroad.groups.simulate import Simulation, simulate_template
from postroad.messengers.protocol import RoomSetting
from postroad.platform.errors import DomainError

register = template.Library()

SIGNS = {Field.MISSING: "+", Field.ROOM: "+", Field.EXTRA: "−", Field.STRANGER: "−", Field.ENDING: "−"}
PAIRS = {Field.NAME, Field.OWNER, Field.SETTING, Field.ADMIN}


@register.filter
def plan_sign(field: str) -> str:
    """What a plan puts before a line."""
    return SIGNS.get(Field(field), "~")


@register.filter
def field_label(field: str) -> str:
    return str(Field(field).label)


@register.filter
def setting_label(name: str) -> str:
    return str(SETTINGS.get(RoomSetting(name), name))


@register.filter
def value_words(value: str) -> str:
    return said(value)


@register.filter
def told(tellers: Mapping[str, str], user_id: str) -> str:
    """The name of who changed something, as far as we know them."""
    return tellers.get(user_id.casefold(), user_id)


@register.filter
def declared_words(one: Difference) -> str:
    """What is declared, in words that fit the field."""
    if one.field in PAIRS:
        return one.declared_said
    words = {
        Field.MISSING: _("in the group"),
        Field.EXTRA: _("not in the group"),
        Field.STRANGER: _("not in the group"),
        Field.ENDING: _("no group"),
    }
    return words.get(Field(one.field), one.declared or _("a group"))


@register.filter
def observed_words(one: Difference) -> str:
    """What is seen, in words that fit the field."""
    if one.field in PAIRS:
        return one.observed_said
    words = {
        Field.MISSING: _("not in the group"),
        Field.EXTRA: _("in the group"),
        Field.STRANGER: _("in the group"),
        Field.ROOM: _("no group"),
        Field.CLOSED: _("closed"),
    }
    return words.get(Field(one.field), one.observed or _("a group"))


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A request for a template: label, value now (empty for a new one) and value wanted, and what it would mean."""

    facts: list[tuple[Any, str, str]]
    simulation: Simulation | None


@register.simple_tag
def template_request(approval: Request) -> TemplateRequest:
    """What the approvers of a template decide on. Once it is decided, nothing is simulated any more."""
    stored = GroupTemplate.objects.select_related("messenger").get(pk=approval.subject_id)
    values = TemplateValues.from_payload(approval.payload)
    in_force = stored.state == GroupTemplate.State.IN_FORCE
    wanted, now = _shown(values), _shown(values_of(stored)) if in_force and not approval.is_closed else {}
    facts = [
        (_label(name), now[name] if now.get(name) not in {None, shown} else "", shown) for name, shown in wanted.items()
    ]
    return TemplateRequest([one for one in facts if one[2]], _simulated(approval, values, stored if in_force else None))


def _simulated(approval: Request, values: TemplateValues, existing: GroupTemplate | None) -> Simulation | None:
    if approval.is_closed:
        return None
    try:
        return simulate_template(values.on(GroupTemplate()), only=[one.pk for one in values.only], existing=existing)
    except DomainError:
        return None


def _shown(values: TemplateValues) -> dict[str, str]:
    row = values.on(GroupTemplate())
    settings = (values.room_settings or {}).items()
    return {
        "name": values.name,
        "kind": str(row.get_kind_display()),
        "messenger": str(values.messenger),
        "pattern": values.pattern,
        "purpose": values.purpose,
        "confidentiality": str(row.get_confidentiality_display()),
        "only": ", ".join(map(str, values.only)) or _("all departments"),
        "include_below": _("yes") if values.include_below else _("no"),
        "at_least": str(values.at_least),
        "policy": str(row.get_policy_display()),
        "fix_names": _("yes") if values.fix_names else _("no"),
        "room_settings": ", ".join(f"{setting_label(name)}: {said(str(value).lower())}" for name, value in settings),
    }


def _label(name: str) -> Any:
    words = {"only": _("Departments"), "room_settings": _("Settings of the groups"), "name": _("Name of the template")}
    if name in words:
        return words[name]
    field = GroupTemplate._meta.get_field(name)
    assert isinstance(field, ModelField)
    return str(field.verbose_name).capitalize()
