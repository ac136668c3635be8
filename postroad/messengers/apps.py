"""Wiring of the messengers package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessengersConfig(AppConfig):
    name = "postroad.messengers"
    label = "messengers"
    verbose_name = _("Messengers")

    def ready(self) -> None:
        from postroad.channels.panels import Panel, register_panel
        from postroad.ledger.registry import register_events, register_words
        from postroad.messengers import permissions, tasks  # noqa: F401  (tasks registers the jobs)
        from postroad.messengers.adapter import adapt
        from postroad.messengers.events import SENTENCES, WORDS
        from postroad.messengers.health import messengers_work
        from postroad.messengers.models import MessengerUser
        from postroad.messengers.panels import members_panel
        from postroad.messengers.protocol import when_registered
        from postroad.platform.doctor import register_check
        from postroad.platform.realtime import register_topic
        from postroad.web.registry import MenuEntry, Section, register_menu

        permissions.register_all()
        when_registered(adapt)
        register_events(SENTENCES)
        register_words(MessengerUser.MatchedBy.choices, scope="messengers.how")
        for field in ("what", "fields"):
            register_words(WORDS, scope=f"messengers.{field}")
        register_check(messengers_work)
        register_panel(
            Panel(
                key="messengers-members",
                title=_("In the group"),
                template="messengers/_members_panel.html",
                context=members_panel,
                order=10,
                icon="users",
            )
        )
        register_menu(
            MenuEntry(
                section=Section.SETTINGS,
                label=_("Messengers"),
                url_name="messengers:messengers",
                permission=permissions.Permission.MESSENGER_VIEW,
                icon="messages",
                order=40,
            )
        )
        register_topic("messengers", lambda user, _topic: user.may(permissions.Permission.MESSENGER_VIEW))
