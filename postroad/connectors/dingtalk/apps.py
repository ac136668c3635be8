"""Wiring of the DingTalk connector."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DingTalkConnectorConfig(AppConfig):
    name = "postroad.connectors.dingtalk"
    label = "dingtalk"
    verbose_name = _("DingTalk")

    def ready(self) -> None:
        from postroad.connectors.dingtalk.connector import DingTalk
        from postroad.messengers.protocol import register_messenger

        register_messenger(DingTalk())
