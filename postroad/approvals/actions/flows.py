"""Flows and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from postroad.approvals.definition import Definition, DefinitionError, parse
from postroad.approvals.events import Event
from postroad.approvals.models import Flow, FlowVersion
from postroad.approvals.registry import default_flows
from postroad.ledger.actions import record
from postroad.org.models import Person
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid

INSTALLATION = Actor.system("installation")


@transaction.atomic
def create_flow(*, key: str, name: str, name_en: str, definition: Mapping[str, Any], actor: Actor) -> Flow:
    """Make a flow with its first version. Raises Invalid for a definition that cannot be or a key taken."""
    parsed = _checked(definition)
    try:
        with transaction.atomic():
            flow = Flow.objects.create(key=key, name=name, name_en=name_en)
    except IntegrityError:
        raise Invalid({"key": _("There is a flow with this key already.")}) from None
    FlowVersion.objects.create(flow=flow, number=1, definition=parsed.as_data(), created_by=actor.label)
    record(Event.FLOW_CREATED, actor=actor, subject=flow, data={"key": key, "definition": parsed.as_data()})
    return flow


@transaction.atomic
def change_flow(
    *, flow: Flow, definition: Mapping[str, Any], note: str, after_version: int, actor: Actor
) -> FlowVersion:
    """Give a flow new steps from now on; requests under way keep the version they were submitted by.

    Raises Invalid for a definition that cannot be or is the one in force, Conflict if `after_version` is not in
    force any more.
    """
    parsed = _checked(definition)
    Flow.objects.select_for_update(no_key=True).get(pk=flow.pk)
    last = flow.versions.latest("number")
    if last.number != after_version:
        raise Conflict(_("Somebody else changed this flow meanwhile. Reload the page to see it."))
    if parsed == last.parsed:
        raise Invalid(_("Nothing was changed."))
    version = FlowVersion.objects.create(
        flow=flow, number=last.number + 1, definition=parsed.as_data(), note=note, created_by=actor.label
    )
    change = {"before": last.definition, "after": version.definition}
    record(
        Event.FLOW_CHANGED,
        actor=actor,
        subject=flow,
        data={"key": flow.key, "number": version.number, "note": note, "definition": change},
    )
    return version


def create_missing_flows() -> list[Flow]:
    """Make the flows that packages come with and this installation does not have yet."""
    known = set(Flow.objects.values_list("key", flat=True))
    return [
        create_flow(key=flow.key, name=flow.name, name_en=flow.name_en, definition=flow.definition, actor=INSTALLATION)
        for flow in default_flows()
        if flow.key not in known
    ]


def _checked(definition: Mapping[str, Any]) -> Definition:
    try:
        parsed = parse(definition)
    except DefinitionError as error:
        place = f"steps.{error.step}.{error.field}" if error.step is not None else ""
        raise Invalid({place: error.message}) from error
    named = {
        person_id
        for step in parsed.steps
        for rule in (step.approvers, step.escalate_to)
        if rule
        for person_id in rule.ids
    }
    if Person.objects.filter(pk__in=named).count() != len(named):
        raise Invalid(_("Somebody named in this flow does not exist."))
    return parsed
