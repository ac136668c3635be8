"""Wiring of the knowledge base."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    name = "postroad.knowledge"
    label = "knowledge"
    verbose_name = _("Knowledge base")

    def ready(self) -> None:
        from postroad.clock.registry import DeadlineKind, register_kind
        from postroad.knowledge import actions, permissions, queries, work
        from postroad.knowledge.events import SENTENCES
        from postroad.knowledge.models import ArticleState
        from postroad.ledger.registry import register_events, register_words
        from postroad.livechat.registry import register_helping
        from postroad.web.registry import (
            MenuEntry,
            SearchProvider,
            Section,
            register_menu,
            register_search,
        )

        permissions.register_all()
        register_helping(queries.help_with)
        register_events(SENTENCES)
        register_words(ArticleState.choices, scope="knowledge.state")
        register_kind(DeadlineKind(key=actions.REVIEW, title=_("Review of an article"), warn_at=(0.8,)))
        register_menu(
            MenuEntry(
                section=Section.DESK,
                label=_("Knowledge base"),
                url_name="knowledge:articles",
                permission=permissions.Permission.ARTICLE_VIEW,
                icon="book",
                order=15,
            )
        )
        register_search(
            SearchProvider(
                key="knowledge",
                label=_("Knowledge base"),
                permission=permissions.Permission.ARTICLE_VIEW,
                search=work.search_articles,
            )
        )
