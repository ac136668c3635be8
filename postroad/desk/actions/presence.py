"""Agents come and go. Not evidence, so nothing goes into the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from postroad.desk.models import AgentPresence
from postroad.desk.presence import THERE_FOR
from postroad.platform import realtime

if TYPE_CHECKING:
    from postroad.org.models import Person


def show_up(*, person: Person, away: bool | None = None) -> AgentPresence:
    """A page of the desk is open; `away` is set when the agent turns the switch."""
    now = timezone.now()
    before = AgentPresence.objects.filter(person=person).first()
    changed = {"seen_at": now} | ({} if away is None else {"away": away})
    found, _made = AgentPresence.objects.update_or_create(person=person, defaults=changed)
    if before is None or before.seen_at < now - THERE_FOR or before.away != found.away:
        realtime.publish("desk.agents")
    return found
