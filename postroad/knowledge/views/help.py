"""The help pages: published articles that customers may read, with search; no session, no sign-in."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from postroad.knowledge import actions, queries
from postroad.knowledge.forms import SearchForm, VerdictForm
from postroad.knowledge.markdown import rendered
from postroad.knowledge.permissions import get_public_article
from postroad.platform.crypto import digest
from postroad.platform.rates import Rate, reserve
from postroad.web.outside import for_outside, outside_page

FOR_CUSTOMERS = "Published articles that customers may read; nothing else is shown."
VERDICTS = Rate(calls=20, period=timedelta(hours=1))


@require_safe
@for_outside(reason=FOR_CUSTOMERS)
def help_pages(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"].strip() if form.is_valid() else ""
    language = get_language() or "zh-hans"
    found = queries.public_articles(language=language, words=words)
    topics = [] if words else [(topic, list(them)) for topic, them in groupby(found, key=lambda one: one.topic)]
    context = {"words": words, "found": found, "topics": topics, "language": language}
    return outside_page("knowledge/help.html", context)


@require_safe
@for_outside(reason=FOR_CUSTOMERS)
def help_article(request: HttpRequest, article_id: UUID) -> HttpResponse:
    article = get_public_article(article_id)
    thanked = request.GET.get("thanks") == "1"
    context = {
        "article": article,
        "html": rendered(article.text),
        "language": get_language(),
        "thanked": thanked,
    }
    return outside_page("knowledge/help_article.html", context)


@require_POST
@for_outside(reason="A reader says whether an article helped; nothing is kept of who that was.")
def help_verdict(request: HttpRequest, article_id: UUID) -> HttpResponse:
    article = get_public_article(article_id)
    form = VerdictForm(request.POST)
    address = digest(request.META.get("REMOTE_ADDR", ""), context="knowledge.verdict").hex()[:32]
    if form.is_valid() and reserve(f"knowledge:{address}", VERDICTS).granted:
        actions.judge_outside(article=article, helped=form.cleaned_data["helped"])
    return HttpResponseRedirect(f"{article.help_path}?lang={get_language()}&thanks=1")
