"""Exports are on record; screens get links and lose them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from postroad.ledger.actions import record
from postroad.platform.actors import Subject
from postroad.supervision.events import Event
from postroad.supervision.models import Screen

if TYPE_CHECKING:
    from postroad.board.periods import Days
    from postroad.channels.models import Channel
    from postroad.org.models import Person


def record_export(*, what: str, days: Days, rows: int, person: Person) -> None:
    """Put on record that a person took that many lines of a report out of the house."""
    record(
        Event.REPORT_EXPORTED,
        actor=person.as_actor(),
        subject=Subject("org.person", str(person.pk)),
        data={"what": what, "first": days.first.isoformat(), "last": days.last.isoformat(), "rows": rows},
    )


@transaction.atomic
def make_screen(*, name: str, channels: Iterable[Channel], person: Person) -> Screen:
    """Give out a link for a screen that shows these channels."""
    screen = Screen.objects.create(name=name, made_by=person)
    screen.channels.set(channels)
    record(Event.SCREEN_MADE, actor=person.as_actor(), subject=screen, data={})
    return screen


@transaction.atomic
def revoke_screen(*, screen: Screen, person: Person) -> Screen:
    """Take a screen's link back; one taken back already stays as it is."""
    screen = Screen.objects.select_for_update().get(pk=screen.pk)
    if screen.revoked_at is None:
        screen.revoked_at = timezone.now()
        screen.save(update_fields=["revoked_at"])
        record(Event.SCREEN_REVOKED, actor=person.as_actor(), subject=screen, data={})
    return screen
