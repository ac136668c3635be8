"""What the knowledge base writes into the ledger; texts not at all, the versions hold them."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    ARTICLE_WRITTEN = "knowledge.article.written"
    ARTICLE_CHANGED = "knowledge.article.changed"
    ARTICLE_MOVED = "knowledge.article.moved"
    ARTICLE_REVIEWED = "knowledge.article.reviewed"


SENTENCES = {
    Event.ARTICLE_WRITTEN: _("{actor} wrote the article “{title}”"),
    Event.ARTICLE_CHANGED: _("{actor} changed the article, which is now version {version}: {fields}"),
    Event.ARTICLE_MOVED: _("{actor} changed the state from {state[before]} to {state[after]}"),
    Event.ARTICLE_REVIEWED: _("{actor} found the article right; the next review is on {on[after]}"),
}
