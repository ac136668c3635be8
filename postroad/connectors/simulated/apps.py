"""Wiring of the Simulated messenger connector."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulatedConnectorConfig(AppConfig):
    name = "postroad.connectors.simulated"
    label = "simulated"
    verbose_name = _("Simulated messenger")

    def ready(self) -> None:
        from postroad.connectors.simulated import tasks  # noqa: F401  (registers the jobs)
        from postroad.connectors.simulated.connector import Simulated
        from postroad.messengers.protocol import register_messenger

        register_messenger(Simulated())
