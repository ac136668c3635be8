"""Who reads, writes and publishes articles, and the doors from an id to one."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postroad.knowledge.models import Article, ArticleState, ArticleVersion
from postroad.org.models import Person
from postroad.org.permissions import Role, person_may, register
from postroad.platform.errors import NotFound, Refused


class Permission(StrEnum):
    ARTICLE_VIEW = "knowledge.article.view"
    ARTICLE_WRITE = "knowledge.article.write"
    ARTICLE_PUBLISH = "knowledge.article.publish"


_WRITERS = {Role.AGENT, Role.DESK_LEAD, Role.SUPPORT_SPECIALIST}

GRANTS: tuple[tuple[Permission, set[Role], str | Promise], ...] = (
    (
        Permission.ARTICLE_VIEW,
        _WRITERS
        | {
            Role.DEPARTMENT_HEAD,
            Role.ADMINISTRATION,
            Role.ADMINISTRATION_HEAD,
            Role.SUPERVISING_LEADER,
            Role.AUDITOR,
        },
        gettext_lazy("Read the knowledge base"),
    ),
    (Permission.ARTICLE_WRITE, _WRITERS, gettext_lazy("Write articles and change drafts")),
    (
        Permission.ARTICLE_PUBLISH,
        {Role.DESK_LEAD, Role.SUPPORT_SPECIALIST},
        gettext_lazy("Publish, change and retire articles"),
    ),
)


def register_all() -> None:
    """Make the permissions known; called once at start-up."""
    for permission, roles, label in GRANTS:
        register(permission, roles=roles, label=label)


def get_article(article_id: UUID) -> Article:
    """An article, for who may read the knowledge base. Raises NotFound."""
    found = Article.objects.select_related("owner").defer("search").filter(pk=article_id).first()
    if found is None:
        raise NotFound(_("There is no such article."))
    return found


def get_article_to_change(person: Person, article_id: UUID) -> Article:
    """An article that `person` may change: drafts are any writer's, what is published changes by who may publish.

    Raises NotFound, Refused.
    """
    article = get_article(article_id)
    if not may_change(person, article):
        raise Refused(_("What is published is changed by who may publish. Tell the owner what is wrong."))
    return article


def may_change(person: Person, article: Article) -> bool:
    if article.state == ArticleState.DRAFT:
        return person_may(person, Permission.ARTICLE_WRITE)
    return person_may(person, Permission.ARTICLE_PUBLISH)


def get_version(article: Article, number: int) -> ArticleVersion:
    """An article as it once was. Raises NotFound."""
    found = article.versions.select_related("author").filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no such version."))
    return found


def get_public_article(article_id: UUID) -> Article:
    """An article that anybody may read. Raises NotFound, for one that is not (or no longer) there for them, too."""
    found = Article.objects.defer("search").filter(pk=article_id, public=True, state=ArticleState.PUBLISHED).first()
    if found is None:
        raise NotFound(_("There is no such article."))
    return found
