"""Every URL of the project, asked for by every role, by somebody who has left and by the anonymous.

What each URL demands is written down in `authorisation.csv`, to be read by people; the declarations in the code must
say the same, and real requests must be answered accordingly. `make authorisation` writes the table anew.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from postroad.org.roles import Role, roles_carrying
from postroad.org.tests.cast import Company, sign_in
from postroad.platform.authorisation import access_of

TABLE = Path(__file__).with_name("authorisation.csv")
HEADINGS = ["url", "access", "permission", "roles"]
FEWEST_URLS = 150

NOBODY = UUID("01900000-0000-7000-8000-000000000000")
PLACEHOLDERS = {
    "PathConverter": "nothing/here",
    "UUIDConverter": NOBODY,
    "IntConverter": 987654321,
    "SlugConverter": "no-such",
    "StringConverter": "no-such",
}
# Views that may take POST with a right only to read, and why that is right.
PART_OF_READING = {
    "desk:presence": "tells colleagues who is looking at the case just now",
    "desk:chat_seen": "tells the visitor that what they wrote is being read",
    "desk:view_new": "one's own way to look at the list; what is shared with others is checked in the action",
    "desk:view_edit": "the same",
    "desk:view_remove": "the same",
}
READING = {"view", "read", "search", "list", "see"}
ALLOWED_TO_FIND_NOTHING = {404, 405}

# Pages that are about something their query string names: what everybody may name there.
OBJECTS_IN_QUERY = {"web:live": "topic=work.{person}"}

HOLDERS = {role: role.value for role in Role} | {Role.ADMINISTRATION: "administration_clerk", Role.STAFF: "stranger"}


@dataclass(frozen=True)
class Rule:
    """One line of the table: what a URL demands and which roles meet that (empty: all, as `access` says)."""

    url: str
    access: str
    permission: str
    roles: str


@dataclass(frozen=True)
class Place:
    """One URL pattern: its name and what fills its parameters."""

    name: str
    view: Callable[..., Any]
    parameters: dict[str, Any]

    @property
    def path(self) -> str:
        return reverse(self.name, kwargs=self.parameters)

    def rule(self) -> Rule:
        access = access_of(self.view)
        if access is None:
            return Rule(self.name, "undeclared", "", "")
        roles = sorted(roles_carrying(access.permission)) if access.kind == "permission" else []
        return Rule(self.name, access.kind, access.permission, " ".join(roles))


def places(patterns: list[Any] | None = None, namespace: str = "", parameters: dict | None = None) -> Iterator[Place]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        inherited = {
            **(parameters or {}),
            **{name: _placeholder(found) for name, found in pattern.pattern.converters.items()},
        }
        if isinstance(pattern, URLResolver):
            below = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from places(pattern.url_patterns, below, inherited)
        else:
            assert isinstance(pattern, URLPattern)
            assert pattern.name, f"the URL pattern {pattern.pattern} has no name"
            yield Place(f"{namespace}{pattern.name}", pattern.callback, inherited)


def _placeholder(converter: object) -> Any:
    return PLACEHOLDERS[type(converter).__name__]


def declared() -> list[Rule]:
    return sorted((place.rule() for place in places()), key=lambda rule: rule.url)


@pytest.fixture(scope="module")
def table() -> dict[str, Rule]:
    """The committed table by URL; written anew first where UPDATE=1 asks for it."""
    if os.environ.get("UPDATE") == "1":
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows(map(astuple, declared()))
        TABLE.write_text(out.getvalue(), encoding="utf-8")
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["url"]: Rule(**row) for row in csv.DictReader(file)}


def test_the_table_says_what_the_code_declares(table: dict[str, Rule]):
    rules = declared()
    assert list(table.values()) == rules, "what a URL demands has changed: review it, then `make authorisation`"
    assert len(rules) >= FEWEST_URLS


def test_every_url_declares_its_access_and_every_permission_has_a_holder(table: dict[str, Rule]):
    rules = table.values()
    assert [rule.url for rule in rules if rule.access == "undeclared"] == []
    assert [rule.url for rule in rules if rule.access == "permission" and not rule.roles] == []
    assert len(table) == len(declared())


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_opens_what_the_table_gives_it_and_nothing_else(
    table: dict[str, Rule], company: Company, client: Client, role: Role
):
    person = getattr(company, HOLDERS[role])
    sign_in(client, person)
    visited = 0
    for place in places():
        rule = table[place.name]
        allowed = rule.access != "permission" or bool({role.value, Role.STAFF.value} & set(rule.roles.split()))
        answers = {
            method: ask(client, place, method, OBJECTS_IN_QUERY.get(place.name, "").format(person=person.pk))
            for method in ("get", "post")
        }
        for method, answer in answers.items():
            told = f"{method} {place.path} as {role}: {answer.status_code}"
            if not allowed:
                assert answer.status_code == 403, told
            elif UUID in map(type, place.parameters.values()):
                assert answer.status_code in ALLOWED_TO_FIND_NOTHING, told
            else:
                assert answer.status_code not in {403, 500}, told
                assert not is_sent_to_sign_in(answer) or rule.access == "public", told
            visited += 1
        reads = rule.access == "permission" and rule.permission.rsplit(".", 1)[-1] in READING
        if allowed and reads and place.name not in PART_OF_READING:
            assert answers["post"].status_code == 405, f"{place.name} takes POST with the right only to read"
    assert visited >= 2 * FEWEST_URLS


@pytest.mark.parametrize("who", ["anonymous", "leaver"])
def test_who_is_not_on_the_staff_is_sent_to_sign_in_from_all_but_public_pages(
    table: dict[str, Rule], company: Company, client: Client, who: str
):
    if who == "leaver":
        sign_in(client, company.leaver)
    visited = 0
    for place in places():
        for method in ("get", "post"):
            answer = ask(client, place, method)
            told = f"{method} {place.path} as {who}: {answer.status_code}"
            if table[place.name].access == "public":
                assert answer.status_code not in {403, 500}, told
            else:
                assert is_sent_to_sign_in(answer), told
            visited += 1
    assert visited >= 2 * FEWEST_URLS


def ask(client: Client, place: Place, method: str, query: str = "") -> HttpResponse:
    """A real request whose effects are undone, in the database and on the client's session."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = getattr(client, method)(f"{place.path}?{query}")
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def is_sent_to_sign_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].partition("?")[0] == reverse(settings.LOGIN_URL)
