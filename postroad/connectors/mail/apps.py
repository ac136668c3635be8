"""Wiring of the mail connector."""

from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class MailConnectorConfig(AppConfig):
    name = "postroad.connectors.mail"
    label = "mail"
    verbose_name = _("Mail connector")

    def ready(self) -> None:
        from postroad.channels.protocol import register_connector
        from postroad.connectors.mail.connector import MailConnector
        from postroad.connectors.mail.listener import ListenOn

        register_connector(
            MailConnector(
                ListenOn(
                    host=settings.MAIL_HOST,
                    lmtp_port=settings.LMTP_PORT,
                    smtp_port=settings.SMTP_PORT,
                    largest_mail=settings.MAIL_LIMIT_BYTES,
                    greeting=urlsplit(settings.URL).hostname or "localhost",
                    processes=settings.MAIL_PROCESSES,
                    certificate=settings.MAIL_CERTIFICATE,
                    certificate_key=settings.MAIL_CERTIFICATE_KEY,
                )
            )
        )
