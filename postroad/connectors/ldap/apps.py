"""Wiring of the LDAP directory connector."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LdapConnectorConfig(AppConfig):
    name = "postroad.connectors.ldap"
    label = "ldap"
    verbose_name = _("LDAP directory")

    def ready(self) -> None:
        from postroad.connectors.ldap.connector import Ldap
        from postroad.messengers.protocol import register_directory_source

        register_directory_source(Ldap())
