from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClockConfig(AppConfig):
    name = "postroad.clock"
    label = "clock"
    verbose_name = _("Clock")

    def ready(self) -> None:
        from postroad.clock import permissions, views
        from postroad.clock.actions.duties import DUTY_KIND
        from postroad.clock.doctor import statutory_days_are_known
        from postroad.clock.events import SENTENCES
        from postroad.clock.permissions import Permission
        from postroad.clock.registry import DeadlineKind, register_kind
        from postroad.ledger.registry import register_events
        from postroad.platform.doctor import register_check
        from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

        permissions.register_own()
        register_check(statutory_days_are_known)
        register_events(SENTENCES)
        register_kind(DeadlineKind(key=DUTY_KIND, title=_("Duty"), warn_at=(0.8,)))
        register_card(
            WorkCard(
                key="clock-promises",
                title=_("Promises that run out"),
                template="clock/_card_promises.html",
                context=views.promises_card,
                order=20,
                icon="hourglass",
                url_name="clock:deadlines",
            )
        )
        register_card(
            WorkCard(
                key="clock-duties",
                title=_("My duties"),
                template="clock/_card_duties.html",
                context=views.duties_card,
                order=30,
                icon="repeat",
                url_name="clock:duties",
            )
        )
        register_menu(
            MenuEntry(
                section=Section.INSPECTION,
                label=_("Duties"),
                url_name="clock:duties",
                permission=Permission.DUTY_VIEW,
                icon="repeat",
                order=10,
            )
        )
        register_menu(
            MenuEntry(
                section=Section.SETTINGS,
                label=_("Calendars"),
                url_name="clock:calendars",
                permission=Permission.CALENDAR_VIEW,
                icon="calendar",
                order=40,
            )
        )
