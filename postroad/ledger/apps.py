from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class LedgerConfig(AppConfig):
    name = "postroad.ledger"
    label = "ledger"
    verbose_name = pgettext_lazy("ledger", "Evidence")

    def ready(self) -> None:
        from postroad.ledger.events import SENTENCES
        from postroad.ledger.permissions import Permission
        from postroad.ledger.registry import register_events
        from postroad.web.registry import MenuEntry, Section, register_menu

        register_events(SENTENCES)
        register_menu(
            MenuEntry(
                section=Section.ARCHIVE,
                label=pgettext_lazy("ledger", "Evidence"),
                url_name="ledger:list",
                permission=Permission.VIEW,
                icon="shield-check",
                order=90,
            )
        )
