"""Wiring of the WeCom connector."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WeComConnectorConfig(AppConfig):
    name = "postroad.connectors.wecom"
    label = "wecom"
    verbose_name = _("WeCom")

    def ready(self) -> None:
        from postroad.connectors.wecom.connector import WeCom
        from postroad.messengers.protocol import register_messenger

        register_messenger(WeCom())
