"""What packages above show on a channel's page: its members, what is said on it, open differences, grants, duties.

Each registers a panel from `apps.ready()`; together with what the register itself knows they are the owner's cockpit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from postroad.channels.models import Channel
from postroad.org.middleware import StaffRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One card on a channel's page.

    `context` returns what `template` (the card's body) is rendered with, in at most three queries, or None when there
    is nothing for this reader. Its keys `count` and `url`, if given, are the number beside the title and where the
    whole of it is. `wide` puts the card into the broad column.
    """

    key: str
    title: str | Promise
    template: str
    context: Callable[[StaffRequest, Channel], dict[str, Any] | None]
    order: int
    icon: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class ShownPanel:
    card: Panel
    context: dict[str, Any]


_panels: dict[str, Panel] = {}


def register_panel(panel: Panel) -> None:
    """Put a panel on every channel's page. A second one under one key is a programming error."""
    if _panels.setdefault(panel.key, panel) is not panel:
        message = f"the panel {panel.key!r} is registered twice"
        raise ValueError(message)


def shown_panels(request: StaffRequest, channel: Channel) -> list[ShownPanel]:
    """The panels that have something for this reader, in order."""
    found = [(one, one.context(request, channel)) for one in sorted(_panels.values(), key=lambda one: one.order)]
    return [ShownPanel(panel, context) for panel, context in found if context is not None]
