"""Every read of the knowledge base, by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Count, F, Func, Q, QuerySet, Value

from postroad.knowledge.models import Article, ArticleState, ArticleVersion, Language, Use
from postroad.livechat.registry import Help
from postroad.platform.actors import Subject
from postroad.platform.language import in_english
from postroad.platform.text import tokens, tsquery, tsvector_literal

MOST_WORDS = 80
"""So many different words of a question are looked for."""
ENOUGH_WORDS = 2
"""So many of them an article must hold to be worth suggesting, unless the question has fewer."""
NEAR_THE_BEST = 0.3
"""What scores less than this share of the best is left out."""
FOUND_AT_MOST = 50
HELP_LOOKED_AT = 10
"""So many of the best answers, in whatever language, are looked through for those in the visitor's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFilter:
    """What the list is narrowed to; empty values do not narrow. `due`: those whose review is due."""

    words: str = ""
    state: str = ""
    language: str = ""
    topic: str = ""
    public: bool | None = None
    due: date | None = None


def articles(wanted: ArticleFilter) -> QuerySet[Article]:
    """The articles so narrowed, by rank where there are words to look for, else those changed last first."""
    found = Article.objects.select_related("owner").defer("search", "text")
    for field in ("state", "language", "topic"):
        if value := getattr(wanted, field):
            found = found.filter(**{field: value})
    if wanted.public is not None:
        found = found.filter(public=wanted.public)
    if wanted.due is not None:
        found = found.filter(state=ArticleState.PUBLISHED, review_on__lte=wanted.due)
    if not wanted.words.strip():
        return found.order_by("-changed_at", "-id")
    return _found_by(found, wanted.words)


def _found_by(found: QuerySet[Article], words: str) -> QuerySet[Article]:
    query = tsquery(words)
    if not query:
        return found.none()
    asked = SearchQuery(query, search_type="raw", config="simple")
    return found.filter(search=asked).annotate(rank=SearchRank(F("search"), asked)).order_by("-rank", "-id")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article that may answer a question; `use` is how it was used for what one works on, if it was."""

    article: Article
    score: float
    use: Use | None = None


# Each word finds its articles by the index; a word that few articles hold says more than one that many do.
_SUGGEST = """
SELECT article.*, hit.score, hit.words
FROM (
  SELECT found.id, sum(found.rank * ln(1 + %(total)s::float / found.held)) AS score, count(*) AS words
  FROM (
    SELECT one.id, ts_rank('{0.1, 0.2, 0.4, 1.0}', one.search, word.query, 1) AS rank,
           count(*) OVER (PARTITION BY word.query::text) AS held
    FROM (SELECT unnest(%(words)s::text[])::tsquery AS query) AS word
    JOIN knowledge_article AS one ON one.search @@ word.query
    WHERE one.state = 'published' AND (NOT %(public)s OR one.public)
  ) AS found
  GROUP BY found.id
) AS hit
JOIN knowledge_article AS article USING (id)
WHERE hit.words >= %(enough)s AND (
  %(channel)s::uuid IS NULL
  OR NOT EXISTS (SELECT FROM knowledge_article_channels AS own WHERE own.article_id = article.id)
  OR EXISTS (
    SELECT FROM knowledge_article_channels AS own WHERE own.article_id = article.id AND own.channel_id = %(channel)s
  )
)
ORDER BY hit.score DESC, article.id DESC
LIMIT %(limit)s
"""


def suggestions(
    question: str, *, channel_id: UUID | None = None, public_only: bool = False, limit: int = 3
) -> list[Article]:
    """The published articles that answer a question best, judged by the words they share; two queries.

    `channel_id`: without those that are for other channels only. An article that shares a single word, or far less
    than the best one, is left out.
    """
    words = list(dict.fromkeys(tokens(question)))[:MOST_WORDS]
    if not words:
        return []
    found = Article.objects.raw(
        _SUGGEST,
        {
            "words": [f"'{word}'" for word in words],
            "total": Article.objects.filter(state=ArticleState.PUBLISHED).count(),
            "public": public_only,
            "enough": min(ENOUGH_WORDS, len(words)),
            "channel": channel_id,
            "limit": limit,
        },
    )
    best = list(found)
    return [one for one in best if one.score >= NEAR_THE_BEST * best[0].score]


def suggested(question: str, *, subject: Subject, channel_id: UUID, limit: int = 3) -> list[Suggestion]:
    """What may help with a thing: those used for it already first, then suggestions. Three queries."""
    used = Use.objects.filter(subject_type=subject.type, subject_id=subject.id).select_related("article")
    uses = {use.article_id: use for use in used.defer("article__search").order_by("used_at")}
    shown = [Suggestion(use.article, 0.0, use) for use in uses.values()]
    new = suggestions(question, channel_id=channel_id, limit=limit + len(uses))
    return shown + [Suggestion(one, one.score) for one in new if one.pk not in uses][:limit]


def use_for(article: Article, subject: Subject) -> Use | None:
    return Use.objects.filter(article=article, subject_type=subject.type, subject_id=subject.id).first()


@dataclass(frozen=True, slots=True)
class Counts:
    """How often an article was put into replies, and what was said of it, by agents and by readers outside."""

    used: int = 0
    helped: int = 0
    did_not: int = 0


def counts_of(article_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """The counts of each article. One query."""
    found = (
        Use.objects.filter(article__in=article_ids)
        .values("article")
        .annotate(
            used=Count("id", filter=~Q(how=Use.How.READ)),
            helped=Count("id", filter=Q(verdict=Use.Verdict.HELPED)),
            did_not=Count("id", filter=Q(verdict=Use.Verdict.DID_NOT)),
        )
    )
    known = {one["article"]: Counts(one["used"], one["helped"], one["did_not"]) for one in found}
    return {article_id: known.get(article_id, Counts()) for article_id in article_ids}


def versions_of(article: Article) -> list[ArticleVersion]:
    """All versions, newest first, without their texts. One query."""
    return list(article.versions.select_related("author").defer("text").order_by("-number"))


def topics(*, public_only: bool = False, language: str = "") -> list[str]:
    """The topics in use, by name. One query."""
    found = Article.objects.exclude(topic="").exclude(state=ArticleState.RETIRED)
    if public_only:
        found = found.filter(public=True, state=ArticleState.PUBLISHED)
    if language:
        found = found.filter(language=language)
    return list(found.order_by("topic").values_list("topic", flat=True).distinct())


def public_articles(*, language: str, words: str = "", limit: int = FOUND_AT_MOST) -> list[Article]:
    """What anybody may read in a language: by topic, or what holds all the words, else what shares the most with them.

    At most four queries.
    """
    shown = Article.objects.filter(state=ArticleState.PUBLISHED, public=True, language=language).defer("search")
    if not words.strip():
        return list(shown.order_by("topic", "title")[:limit])
    found = list(_found_by(shown, words)[:limit])
    return found or [one for one in suggestions(words, public_only=True, limit=10) if one.language == language]


def help_with(question: str, channel_id: UUID, *, limit: int = 3) -> list[Help]:
    """What anybody may read in the active language that answers a question asked on a channel; registered with live
    chat. Two queries, none for a question that says too little to tell.
    """
    if len(tokens(question)) < ENOUGH_WORDS:
        return []
    language = Language.ENGLISH if in_english() else Language.CHINESE
    found = suggestions(question, channel_id=channel_id, public_only=True, limit=HELP_LOOKED_AT)
    return [Help(one.title, settings.URL + one.help_path) for one in found if one.language == language][:limit]


def to_review(*, until: date) -> QuerySet[Article]:
    """The published articles whose review falls due by then."""
    return Article.objects.filter(state=ArticleState.PUBLISHED, review_on__lte=until)


def vector(*, title: str, text: str) -> Func:
    """The search vector of an article, its title weighing more, as an expression."""
    parts = [
        Func(
            Value(tsvector_literal(words)),
            Value(weight),
            template="setweight(%(expressions)s)",
            arg_joiner="::tsvector, ",
        )
        for words, weight in ((title, "A"), (text, "C"))
    ]
    return Func(*parts, template="%(expressions)s", arg_joiner=" || ")
