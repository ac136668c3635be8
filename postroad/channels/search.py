"""Channels in the search box."""

from django.http import HttpRequest

from postroad.channels import queries
from postroad.web.registry import SearchHit

MOST = 5


def find_channels(request: HttpRequest, question: str) -> list[SearchHit]:
    """The channels a person may know of that fit the question."""
    person = request.person  # type: ignore[attr-defined]  # set by org's middleware
    found = queries.channels_matching(person, queries.ChannelFilter(text=question)).order_by("name", "id")
    return [
        SearchHit(title=str(one), subtitle=one.address or one.get_kind_display(), url=one.get_absolute_url())
        for one in found[:MOST]
    ]
