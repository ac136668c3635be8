from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArchiveConfig(AppConfig):
    name = "postroad.archive"
    label = "archive"
    verbose_name = _("Archive")

    def ready(self) -> None:
        from postroad.archive import permissions
        from postroad.archive.events import SENTENCES
        from postroad.ledger.registry import register_events
        from postroad.web.registry import MenuEntry, Section, register_menu

        permissions.register_all()
        register_events(SENTENCES)
        register_menu(
            MenuEntry(
                section=Section.ARCHIVE,
                label=_("Messages"),
                url_name="archive:search",
                permission=permissions.Permission.SEARCH,
                icon="archive",
                order=10,
            )
        )
