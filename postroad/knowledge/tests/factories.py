"""Articles, published unless told otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from postroad.knowledge import actions
from postroad.knowledge.models import Article, ArticleState
from postroad.org.models import Person, today


def make_article(
    person: Person, title: str = "如何开具增值税专用发票", *, publish: bool = True, **values: Any
) -> Article:
    """An article in Chinese, of that person, to be reviewed in half a year."""
    given = {
        "title": title,
        "text": "请提供**公司名称**和税号。\n\n1. 登录自助平台\n2. 选择“发票”\n",
        "language": "zh-hans",
        "topic": "发票",
        "owner": person,
        "review_on": today() + timedelta(days=180),
    } | values
    article = actions.write(person=person, **given)
    return actions.move(article=article, state=ArticleState.PUBLISHED, person=person) if publish else article
