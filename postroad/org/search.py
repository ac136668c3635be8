"""What the search box finds in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from postroad.org import queries
from postroad.web.registry import SearchHit

if TYPE_CHECKING:
    from django.http import HttpRequest

HITS = 6


def people(request: HttpRequest, text: str) -> list[SearchHit]:
    reader = request.person  # type: ignore[attr-defined]  # behind the provider's permission there is one
    return [
        SearchHit(
            title=str(person),
            subtitle=" · ".join(filter(None, [person.staff_no, str(person.department or ""), person.title])),
            url=reverse("org:person", args=[person.pk]),
        )
        for person in queries.find_people(reader, text, limit=HITS)
    ]


def contacts(request: HttpRequest, text: str) -> list[SearchHit]:
    del request
    return [
        SearchHit(
            title=contact.name,
            subtitle=str(contact.organisation or contact.title),
            url=reverse("org:contact", args=[contact.pk]),
        )
        for contact in queries.contacts_matching(text=text).order_by("name", "id")[:HITS]
    ]
