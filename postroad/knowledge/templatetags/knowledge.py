"""How an article's state looks."""

from typing import Any

from django import template

from postroad.knowledge.models import Article, ArticleState

register = template.Library()

TONES = {ArticleState.DRAFT: "warning", ArticleState.PUBLISHED: "success", ArticleState.RETIRED: "secondary"}


@register.inclusion_tag("web/_state.html")
def article_state(article: Article) -> dict[str, Any]:
    return {"tone": TONES[ArticleState(article.state)], "label": article.get_state_display()}
