"""Wiring of live chat."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LiveChatConfig(AppConfig):
    name = "postroad.livechat"
    label = "livechat"
    verbose_name = _("Live chat")

    def ready(self) -> None:
        from postroad.conversations.registry import register_delivery_handler
        from postroad.ledger.registry import register_events
        from postroad.livechat import actions, permissions
        from postroad.livechat.events import SENTENCES
        from postroad.platform import realtime
        from postroad.web.registry import MenuEntry, Section, register_menu

        permissions.register_all()
        register_events(SENTENCES)
        register_delivery_handler(actions.tell_of_deliveries)
        realtime.register_topic("livechat.visit", permissions.may_hear_visit)
        register_menu(
            MenuEntry(
                section=Section.DESK_SETTINGS,
                label=_("Live chats"),
                url_name="livechat:chats",
                permission=permissions.Permission.SETTINGS_VIEW,
                icon="message-circle",
                order=70,
            )
        )
