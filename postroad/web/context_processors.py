"""What the shell's templates need on every page, worked out only when a template asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.functional import cached_property

from postroad.web.registry import Label, MenuEntry, Section, menu_entries

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": Shell(request)}


@dataclass(frozen=True)
class NavigationLink:
    label: Label
    url: str
    icon: str
    active: bool


@dataclass(frozen=True)
class NavigationSection:
    key: str
    label: Label
    links: list[NavigationLink]

    @property
    def names_itself(self) -> bool:
        """Whether its first link says the same as its title would."""
        return str(self.links[0].label) == str(self.label)


class Shell:
    """The navigation of one request."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def sections(self) -> list[NavigationSection]:
        """The sections in which this person may open something, with what they may open."""
        urls = {entry: reverse(entry.url_name) for entry in menu_entries() if self._may_open(entry)}
        current = _best_match(self._request.path, list(urls.values()))
        sections = []
        for section in Section:
            links = [
                NavigationLink(label=entry.label, url=url, icon=entry.icon, active=url == current)
                for entry, url in urls.items()
                if entry.section is section
            ]
            if links:
                sections.append(NavigationSection(key=section.value, label=section.label, links=links))
        return sections

    def _may_open(self, entry: MenuEntry) -> bool:
        user: Any = self._request.user  # pages with a navigation are for who is signed in
        return entry.permission is None or user.may(entry.permission)


def _best_match(path: str, urls: list[str]) -> str | None:
    """The longest address under which `path` lies, so that one entry is marked on the pages below it too."""
    candidates = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(candidates, key=len, default=None)
