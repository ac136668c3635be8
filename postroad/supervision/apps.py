"""Wiring of supervision."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupervisionConfig(AppConfig):
    name = "postroad.supervision"
    label = "supervision"
    verbose_name = _("Supervision")

    def ready(self) -> None:
        from postroad.ledger.registry import register_events
        from postroad.org.permissions import register
        from postroad.supervision.events import SENTENCES
        from postroad.supervision.figures import FIGURES
        from postroad.supervision.permissions import GRANTS, Permission
        from postroad.supervision.registry import register_figure
        from postroad.web.registry import MenuEntry, Section, register_menu

        for permission, roles, label in GRANTS:
            register(permission, roles=roles, label=label)
        register_events(SENTENCES)
        for figure in FIGURES:
            register_figure(figure)
        for title, url_name, right, icon, order in (
            (_("Wallboard"), "supervision:wallboard", Permission.WALLBOARD_VIEW, "device-tv", 15),
            (_("Reports"), "supervision:reports", Permission.REPORT_VIEW, "chart-bar", 20),
        ):
            register_menu(
                MenuEntry(
                    section=Section.DESK, label=title, url_name=url_name, permission=right, icon=icon, order=order
                )
            )
