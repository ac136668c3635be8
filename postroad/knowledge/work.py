"""Articles in the search box."""

from __future__ import annotations

from postroad.knowledge import queries
from postroad.knowledge.queries import ArticleFilter
from postroad.org.middleware import StaffRequest
from postroad.web.registry import SearchHit

HITS = 6


def search_articles(_request: StaffRequest, words: str) -> list[SearchHit]:
    """The articles that hold those words, best first."""
    found = queries.articles(ArticleFilter(words=words))[:HITS]
    return [
        SearchHit(
            title=article.title,
            subtitle=" · ".join(filter(None, [article.get_state_display(), article.topic])),
            url=article.get_absolute_url(),
        )
        for article in found
    ]
