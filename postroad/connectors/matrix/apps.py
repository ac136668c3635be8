"""Wiring of the Matrix connector."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MatrixConnectorConfig(AppConfig):
    name = "postroad.connectors.matrix"
    label = "matrix"
    verbose_name = _("Matrix")

    def ready(self) -> None:
        from postroad.connectors.matrix.connector import Matrix
        from postroad.messengers.protocol import register_messenger

        register_messenger(Matrix())
