"""Wiring of the hotline package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HotlineConfig(AppConfig):
    name = "postroad.hotline"
    label = "hotline"
    verbose_name = _("Hotline")

    def ready(self) -> None:
        from postroad.hotline import tasks  # noqa: F401  (registers the jobs)
        from postroad.hotline.events import SENTENCES
        from postroad.hotline.models import CallBack, State
        from postroad.hotline.permissions import GRANTS, Permission
        from postroad.ledger.registry import register_events, register_words
        from postroad.org.permissions import register
        from postroad.platform import realtime

        for permission, roles, label in GRANTS:
            register(permission, roles=roles, label=label)
        register_events(SENTENCES)
        register_words(State.choices, scope="hotline.state")
        register_words(CallBack.Outcome.choices, scope="hotline.outcome")
        for topic in ("hotline.calls", "hotline.call-backs"):
            realtime.register_topic(topic, lambda user, _topic: user.may(Permission.CALL_VIEW))
        self._register_pages()

    def _register_pages(self) -> None:
        from postroad.hotline import work
        from postroad.hotline.permissions import Permission
        from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

        for label, url_name, icon, order in (
            (_("Call-back list"), "hotline:call_backs", "phone-outgoing", 14),
            (_("Calls"), "hotline:calls", "phone", 15),
        ):
            register_menu(
                MenuEntry(
                    section=Section.DESK,
                    label=label,
                    url_name=url_name,
                    permission=Permission.CALL_VIEW,
                    icon=icon,
                    order=order,
                )
            )
        register_menu(
            MenuEntry(
                section=Section.DESK_SETTINGS,
                label=_("Telephone systems"),
                url_name="hotline:lines",
                permission=Permission.EXTENSION_SET,
                icon="phone-plus",
                order=80,
            )
        )
        register_card(
            WorkCard(
                key="hotline-now",
                title=_("Calling now"),
                template="hotline/_card_now.html",
                context=work.calling_now,
                order=1,
                icon="phone-incoming",
                wide=True,
            )
        )
        register_card(
            WorkCard(
                key="hotline-call-backs",
                title=_("To be called back"),
                template="hotline/_card_call_backs.html",
                context=work.to_call_back,
                order=12,
                icon="phone-outgoing",
                url_name="hotline:call_backs",
                topics=("hotline.call-backs",),
                wide=True,
            )
        )
