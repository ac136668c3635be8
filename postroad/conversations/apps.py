from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "postroad.conversations"
    label = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from postroad.channels.panels import Panel, register_panel
        from postroad.channels.protocol import register_intake
        from postroad.conversations import permissions
        from postroad.conversations.actions import intake, prepare_partitions
        from postroad.conversations.events import SENTENCES
        from postroad.conversations.health import no_message_is_unhandled
        from postroad.conversations.panels import activity_panel
        from postroad.conversations.work import unhandled_card
        from postroad.ledger.registry import register_events
        from postroad.platform.doctor import register_check
        from postroad.web.registry import WorkCard, register_card

        register_events(SENTENCES)
        permissions.register_all()
        register_intake(intake)
        register_check(no_message_is_unhandled)
        register_panel(
            Panel(
                key="conversations-activity",
                title=_("When it is used"),
                template="conversations/_activity_panel.html",
                context=activity_panel,
                order=20,
                icon="chart-grid-dots",
                wide=True,
            )
        )
        register_card(
            WorkCard(
                key="conversations-unhandled",
                title=_("Messages that nobody could take"),
                template="conversations/_unhandled_card.html",
                context=unhandled_card,
                order=25,
                icon="alert-triangle",
            )
        )
        post_migrate.connect(lambda **_arguments: prepare_partitions(), sender=self, weak=False)
