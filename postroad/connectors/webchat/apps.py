"""Wiring of the live chat connector."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebChatConnectorConfig(AppConfig):
    name = "postroad.connectors.webchat"
    label = "webchat"
    verbose_name = _("Live chat connector")

    def ready(self) -> None:
        from django.conf import settings

        from postroad.channels.protocol import register_connector
        from postroad.connectors.webchat.connector import WebChat

        register_connector(WebChat(address=settings.URL))
