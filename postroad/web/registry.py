"""What capabilities put into the shell: menu entries, My work cards and search providers.

Everything is registered from `apps.ready()`. A second registration under the same key, or a name that
does not exist, is a mistake of the programmer and stops the start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SLUG = re.compile(r"[a-z0-9-]+")

# A text in the source language that is translated when it is shown.
Label = str | Promise


class Section(Enum):
    """The groups of the navigation, in the order in which they are shown."""

    MY_WORK = "my-work"
    CHANNELS = "channels"
    PUBLISHING = "publishing"
    DESK = "desk"
    PARTNERS = "partners"
    FEEDBACK = "feedback"
    INSPECTION = "inspection"
    ARCHIVE = "archive"
    BOARD = "board"
    DESK_SETTINGS = "desk-settings"
    SETTINGS = "settings"

    @property
    def label(self) -> Label:
        return SECTION_LABELS[self]


SECTION_LABELS: dict[Section, Label] = {
    Section.MY_WORK: _("My work"),
    Section.CHANNELS: _("Channels"),
    Section.PUBLISHING: _("Publishing"),
    Section.DESK: _("Desk"),
    Section.PARTNERS: _("Partners"),
    Section.FEEDBACK: _("Feedback & surveys"),
    Section.INSPECTION: _("Inspection & emergency"),
    Section.ARCHIVE: _("Archive"),
    Section.BOARD: _("Board"),
    Section.DESK_SETTINGS: _("Desk settings"),
    Section.SETTINGS: _("Settings"),
}


@dataclass(frozen=True, kw_only=True)
class MenuEntry:
    """One line of the navigation; `permission` None shows it to everybody who is signed in."""

    section: Section
    label: Label
    url_name: str
    permission: str | None
    icon: str
    order: int


@dataclass(frozen=True, kw_only=True)
class WorkCard:
    """One card of My work.

    `context` gets the request (org's `StaffRequest`, which the shell may not name) and returns what `template` is
    rendered with, in at most three queries, or None when the card has nothing to do with this person. The key
    `count` of that context, if given, is shown beside the title. `topics` are live topics on which the card renews
    itself, beside `work.<person id>`, on which every card does. `wide` gives the card the broad column.
    """

    key: str
    title: Label
    template: str
    context: Callable[[Any], dict[str, Any] | None]
    order: int
    icon: str = "checklist"
    url_name: str | None = None
    topics: tuple[str, ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class SearchHit:
    title: str
    subtitle: str
    url: str


@dataclass(frozen=True, kw_only=True)
class SearchProvider:
    """One kind of thing the search box finds; `search` returns the few best hits, best first."""

    key: str
    label: Label
    permission: str | None
    search: Callable[[Any, str], list[SearchHit]]


_menu: dict[str, MenuEntry] = {}
_cards: dict[str, WorkCard] = {}
_searches: dict[str, SearchProvider] = {}

Registered = TypeVar("Registered", MenuEntry, WorkCard, SearchProvider)


def register_menu(entry: MenuEntry) -> None:
    _register(_menu, entry.url_name, entry)


def register_card(card: WorkCard) -> None:
    if not SLUG.fullmatch(card.key):
        raise ImproperlyConfigured(f"the card {card.key!r} has an address of its own: letters, digits and hyphens")
    _register(_cards, card.key, card)


def register_search(provider: SearchProvider) -> None:
    _register(_searches, provider.key, provider)


def _register(known: dict[str, Registered], key: str, thing: Registered) -> None:
    if key in known:
        raise ImproperlyConfigured(f"{type(thing).__name__} {key!r} is registered twice")
    known[key] = thing


def menu_entries() -> list[MenuEntry]:
    """All entries in the order of the navigation."""
    sections = list(Section)
    return sorted(_menu.values(), key=lambda entry: (sections.index(entry.section), entry.order))


def cards() -> list[WorkCard]:
    return sorted(_cards.values(), key=lambda card: card.order)


def card(key: str) -> WorkCard | None:
    return _cards.get(key)


def search_providers() -> Iterable[SearchProvider]:
    return _searches.values()
