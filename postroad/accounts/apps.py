"""Wiring of the key accounts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "postroad.accounts"
    label = "accounts"
    verbose_name = _("Key accounts")

    def ready(self) -> None:
        from postroad.accounts import permissions, tasks  # noqa: F401  (tasks registers the jobs)
        from postroad.accounts.events import FIELDS, SENTENCES
        from postroad.accounts.models import HandOver, Medium
        from postroad.ledger.registry import register_events, register_words
        from postroad.platform.realtime import register_topic

        permissions.register_all()
        register_events(SENTENCES)
        register_words(FIELDS, scope="accounts.fields")
        register_words(Medium.choices, scope="accounts.medium")
        register_words(HandOver.Cause.choices, scope="accounts.cause")
        register_words(HandOver.State.choices, scope="accounts.how")
        register_topic("accounts", lambda user, _topic: user.may(permissions.Permission.VIEW))
        _register_handlers()
        _register_promises()
        _register_pages()


def _register_handlers() -> None:
    from postroad.accounts import actions, permissions, queries
    from postroad.conversations.registry import register_delivery_handler, register_handler, register_reading_right
    from postroad.hotline.registry import register_call_listener
    from postroad.org.registry import (
        register_managers_source,
        register_organisation_listener,
        register_people_listener,
    )

    register_handler(actions.take_in)
    register_delivery_handler(actions.delivered)
    register_call_listener(actions.calls_spoken)
    register_reading_right(permissions.sees_message)
    register_managers_source(queries.manager_of)
    register_organisation_listener(actions.follow_organisations)
    register_people_listener(actions.managers_changed)


def _register_promises() -> None:
    from postroad.accounts import actions
    from postroad.accounts.measures import managed_and_on_rhythm
    from postroad.clock.registry import DeadlineKind, register_kind
    from postroad.platform.measures import register_measure

    control = "external.account-manager"
    register_measure(control, managed_and_on_rhythm)
    register_kind(
        DeadlineKind(
            key=actions.HAND_OVER,
            title=_("Take over a key account"),
            control=control,
            on_miss=actions.on_hand_over_missed,
        )
    )


def _register_pages() -> None:
    from postroad.accounts.panels import customer_panel
    from postroad.accounts.permissions import Permission
    from postroad.accounts.work import card_context
    from postroad.org.registry import CustomerPanel, register_customer_panel
    from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

    register_menu(
        MenuEntry(
            section=Section.DESK,
            label=_("Key accounts"),
            url_name="accounts:accounts",
            permission=Permission.LIST,
            icon="star",
            order=18,
        )
    )
    register_card(
        WorkCard(
            key="accounts",
            title=_("Key accounts to be in touch with"),
            template="accounts/_card.html",
            context=card_context,
            order=26,
            icon="star",
            url_name="accounts:accounts",
            topics=("accounts",),
        )
    )
    register_customer_panel(
        CustomerPanel(key="accounts", template="accounts/_customer.html", context=customer_panel, order=10)
    )
