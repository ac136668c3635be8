"""Calendars and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.clock.definitions import pin
from postroad.clock.events import Event
from postroad.clock.models import Calendar, CalendarVersion
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.platform.actors import Actor
from postroad.platform.errors import Invalid


@transaction.atomic
def create_calendar(
    *,
    key: str,
    name: str,
    definition: Mapping[str, Any],
    actor: Actor,
    name_en: str = "",
    valid_from: datetime | None = None,
    note: str = "",
) -> Calendar:
    """Create a calendar with its first version. Raises Invalid for a key taken or a wrong definition."""
    if Calendar.objects.filter(key=key).exists():
        raise Invalid({"key": _("Another calendar has this key.")})
    calendar = Calendar.objects.create(key=key, name=name, name_en=name_en)
    record(Event.CALENDAR_CREATED, actor=actor, subject=calendar, data={"key": key})
    add_version(calendar=calendar, definition=definition, valid_from=valid_from, note=note, actor=actor)
    return calendar


@transaction.atomic
def add_version(
    *,
    calendar: Calendar,
    definition: Mapping[str, Any],
    actor: Actor,
    valid_from: datetime | None = None,
    note: str = "",
) -> CalendarVersion:
    """Decide new hours from a moment on (default: now). Promises already made keep the version they have.

    Raises Invalid for a wrong definition, or one that is to hold from before the version it follows.
    """
    calendar = Calendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
    last = calendar.versions.order_by("-number").first()
    since = valid_from or timezone.now()
    if last and since < last.valid_from:
        raise Invalid({"valid_from": _("The version before this one is valid only from a later moment.")})
    pinned = pin(definition)
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=last.number + 1 if last else 1,
        zone=pinned["zone"],
        definition=pinned,
        valid_from=since,
        note=note,
        created_by=actor.label,
    )
    data: dict[str, Json] = {
        "key": calendar.key,
        "number": version.number,
        "valid_from": since.isoformat(),
        "definition": pinned,
    }
    record(Event.CALENDAR_VERSION_ADDED, actor=actor, subject=calendar, data=data)
    return version
