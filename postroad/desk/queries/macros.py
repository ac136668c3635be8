"""Macros: which are at hand."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from postroad.channels.models import Channel
from postroad.desk.models import Macro


def macros_for(channels: Iterable[Channel | UUID] | None = None) -> list[Macro]:
    """The macros for these channels and for all (default: every one), by name. One query."""
    found = Macro.objects.select_related("channel").order_by("name")
    if channels is not None:
        found = found.filter(Q(channel__isnull=True) | Q(channel__in=list(channels)))
    return list(found)
