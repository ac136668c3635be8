"""The knowledge base's pages: inside, and the help pages outside."""

from postroad.knowledge.views.articles import (
    article,
    article_edit,
    article_new,
    article_results,
    article_version,
    articles,
    preview,
    publish,
    retire,
    review,
)
from postroad.knowledge.views.help import help_article, help_pages, help_verdict

__all__ = [
    "article",
    "article_edit",
    "article_new",
    "article_results",
    "article_version",
    "articles",
    "help_article",
    "help_pages",
    "help_verdict",
    "preview",
    "publish",
    "retire",
    "review",
]
