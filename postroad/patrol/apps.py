"""Wiring of the patrol package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatrolConfig(AppConfig):
    name = "postroad.patrol"
    label = "patrol"
    verbose_name = _("Patrol")

    def ready(self) -> None:
        from postroad.channels.panels import Panel, register_panel
        from postroad.conversations.registry import register_handler
        from postroad.ledger.registry import register_events
        from postroad.patrol import actions, checks, measures, permissions, queries, tasks  # noqa: F401  (jobs)
        from postroad.patrol.events import SENTENCES
        from postroad.patrol.panels import patrol_panel
        from postroad.patrol.work import card_context
        from postroad.platform.measures import register_measure
        from postroad.platform.realtime import register_topic
        from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

        permissions.register_all()
        register_events(SENTENCES)
        register_topic("patrol", lambda user, _topic: user.may(permissions.Permission.PATROL))
        checks.register_check("words", lambda texts: checks.words_in(texts, queries.word_lists()))
        checks.register_check("numbers", checks.sensitive_numbers)
        register_handler(actions.look_through)
        register_panel(
            Panel(
                key="patrol",
                title=_("Patrol"),
                template="patrol/_panel.html",
                context=patrol_panel,
                order=15,
                icon="eye-check",
            )
        )
        register_measure("risk.channel-abuse", measures.handled_same_day)
        register_menu(
            MenuEntry(
                section=Section.CHANNELS,
                label=_("Patrol"),
                url_name="patrol:rounds",
                permission=permissions.Permission.PATROL,
                icon="eye-check",
                order=60,
            )
        )
        register_card(
            WorkCard(
                key="patrol",
                title=_("Groups to patrol"),
                template="patrol/_card.html",
                context=card_context,
                order=28,
                icon="eye-check",
                url_name="patrol:rounds",
                topics=("patrol",),
            )
        )
