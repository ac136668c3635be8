"""The shell: base templates, navigation, My work, search and live pages. It knows no capability."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "postroad.web"
    label = "web"
    verbose_name = _("Shell")

    def ready(self) -> None:
        from postroad.platform import realtime
        from postroad.web import checks  # noqa: F401 - importing it registers the check
        from postroad.web.registry import MenuEntry, Section, register_menu

        register_menu(
            MenuEntry(
                section=Section.MY_WORK,
                label=_("My work"),
                url_name="web:my_work",
                permission=None,
                icon="home",
                order=0,
            )
        )
        realtime.register_topic("work", lambda user, topic: topic == f"work.{user.person_id}")
