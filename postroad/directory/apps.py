"""Wiring of the directory package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "postroad.directory"
    label = "directory"
    verbose_name = _("Directory sync")

    def ready(self) -> None:
        from postroad.directory import permissions
        from postroad.directory.actions import TOPIC
        from postroad.directory.events import SENTENCES, WORDS
        from postroad.directory.health import directories_work
        from postroad.ledger.registry import register_events, register_words
        from postroad.platform.doctor import register_check
        from postroad.platform.realtime import register_topic

        permissions.register_own()
        register_check(directories_work)
        register_events(SENTENCES)
        for scope, words in WORDS.items():
            register_words(words, scope=scope)
        register_topic(TOPIC, lambda user, _topic: user.may(permissions.Permission.SOURCE_VIEW))
        _register_pages()


def _register_pages() -> None:
    from postroad.directory.permissions import Permission
    from postroad.directory.work import held_runs, source_of_person
    from postroad.org.person_facts import register_person_fact
    from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

    register_person_fact(source_of_person)
    register_menu(
        MenuEntry(
            section=Section.SETTINGS,
            label=_("Directories"),
            url_name="directory:sources",
            permission=Permission.SOURCE_VIEW,
            icon="sitemap",
            order=16,
        )
    )
    register_card(
        WorkCard(
            key="directory-held",
            title=_("Directories that wait for you"),
            template="directory/_held_card.html",
            context=held_runs,
            order=30,
            icon="sitemap",
            url_name="directory:sources",
        )
    )
