"""Wiring of the channels package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "postroad.channels"
    label = "channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        from postroad.channels import permissions, tasks  # noqa: F401  (tasks registers the jobs)
        from postroad.channels.events import SENTENCES
        from postroad.channels.measures import MEASURES
        from postroad.channels.search import find_channels
        from postroad.channels.work import card_context
        from postroad.ledger.registry import register_events
        from postroad.platform.measures import register_measure
        from postroad.platform.realtime import register_topic
        from postroad.web.registry import (
            MenuEntry,
            SearchProvider,
            Section,
            WorkCard,
            register_card,
            register_menu,
            register_search,
        )

        permissions.register_all()
        register_events(SENTENCES)
        register_topic("channels", lambda user, _topic: user.may(permissions.Permission.CHANNEL_VIEW))
        for key, measure in MEASURES.items():
            register_measure(key, measure)
        register_menu(
            MenuEntry(
                section=Section.CHANNELS,
                label=_("Channels"),
                url_name="channels:channels",
                permission=permissions.Permission.CHANNEL_VIEW,
                icon="messages",
                order=10,
            )
        )
        register_card(
            WorkCard(
                key="channels-trouble",
                title=_("My channels need me"),
                template="channels/_trouble_card.html",
                context=card_context,
                order=30,
                icon="heart-broken",
                topics=("channels",),
            )
        )
        register_search(
            SearchProvider(
                key="channels",
                label=_("Channels"),
                permission=permissions.Permission.CHANNEL_VIEW,
                search=find_channels,
            )
        )
        _register_approvals()


def _register_approvals() -> None:
    from postroad.approvals.registry import DefaultFlow, EffectKind, register_effect, register_flow
    from postroad.channels import actions
    from postroad.channels.flows import TWO_SIGNATURES, edit_page, revise_page

    register_effect(
        EffectKind(
            key="channels.register",
            title=_("Register a channel"),
            on_approved=actions.open_approved,
            on_closed=actions.close_refused,
            summary_template="channels/_application_summary.html",
            edit_url=revise_page,
        )
    )
    register_effect(
        EffectKind(
            key="channels.change",
            title=_("Change a channel"),
            on_approved=actions.apply_approved_change,
            on_closed=actions.drop_refused_change,
            summary_template="channels/_change_summary.html",
            edit_url=edit_page,
        )
    )
    register_flow(
        DefaultFlow(
            key="channels.register", name="渠道登记", name_en="Registering a channel", definition=TWO_SIGNATURES
        )
    )
    register_flow(
        DefaultFlow(key="channels.change", name="渠道变更", name_en="Changing a channel", definition=TWO_SIGNATURES)
    )
