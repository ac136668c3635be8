"""Wiring of the groups package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "postroad.groups"
    label = "groups"
    verbose_name = _("Groups")

    def ready(self) -> None:
        from postroad.access.registry import register_grant_listener, register_uncovered
        from postroad.groups import actions, permissions, tasks  # noqa: F401  (tasks registers the jobs)
        from postroad.groups.events import SENTENCES
        from postroad.groups.measures import MEASURES, changed_in_the_messenger
        from postroad.groups.models import Difference, Field, HandOver, StrayQuestion
        from postroad.ledger.registry import register_events, register_words
        from postroad.messengers.registry import register_people_listener as register_user_listener
        from postroad.messengers.registry import register_room_listener
        from postroad.org.registry import register_department_listener, register_people_listener
        from postroad.platform.measures import register_measure
        from postroad.platform.realtime import register_topic

        permissions.register_all()
        register_events(SENTENCES)
        register_words(Field.choices, scope="groups.field")
        register_words(Difference.How.choices, scope="groups.how")
        register_words(HandOver.State.choices, scope="groups.how")
        register_words(HandOver.Cause.choices, scope="groups.cause")
        register_words(StrayQuestion.State.choices, scope="groups.answer")
        register_topic(actions.TOPIC, lambda user, _topic: user.may(permissions.Permission.GROUP_KEEP))
        register_people_listener(actions.people_changed)
        register_department_listener(actions.departments_changed)
        register_user_listener(actions.people_changed)
        register_room_listener(actions.rooms_changed)
        register_grant_listener(actions.grants_changed)
        register_uncovered(changed_in_the_messenger)
        for key, measure in MEASURES.items():
            register_measure(key, measure)
        _register_promises()
        _register_approvals()
        _register_in_the_shell()
        _register_in_the_cockpit()


def _register_in_the_cockpit() -> None:
    from postroad.channels.panels import Panel, register_panel
    from postroad.groups import panels

    for key, title, context, order, icon in (
        ("differences", _("Open differences"), panels.differences_panel, 5, "git-compare"),
        ("duties", _("What is due"), panels.duties_panel, 45, "checklist"),
        ("measures", _("Against the standard"), panels.measures_panel, 50, "gauge"),
        ("incidents", _("Incidents"), panels.incidents_panel, 55, "alert-triangle"),
    ):
        template = f"groups/_{key}_panel.html"
        register_panel(
            Panel(key=f"groups-{key}", title=title, template=template, context=context, order=order, icon=icon)
        )


def _register_in_the_shell() -> None:
    from postroad.groups.permissions import Permission
    from postroad.groups.work import card_context
    from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

    register_menu(
        MenuEntry(
            section=Section.CHANNELS,
            label=_("Groups"),
            url_name="groups:groups",
            permission=Permission.GROUP_KEEP,
            icon="users-group",
            order=20,
        )
    )
    register_card(
        WorkCard(
            key="groups-mine",
            title=_("Channels I have to answer for"),
            template="groups/_mine_card.html",
            context=card_context,
            order=32,
            icon="hand-stop",
        )
    )


def _register_promises() -> None:
    from postroad.clock.registry import DeadlineKind, register_kind
    from postroad.groups import actions

    register_kind(
        DeadlineKind(
            key=actions.HAND_OVER,
            title=_("Hand a channel over"),
            control="risk.accountability",
            on_miss=actions.on_hand_over_missed,
        )
    )
    register_kind(
        DeadlineKind(key=actions.STRAY_ANSWER, title=_("Answer for a stray group"), control="internal.im-unified")
    )


def _register_approvals() -> None:
    from postroad.approvals.registry import DefaultFlow, EffectKind, register_effect, register_flow
    from postroad.channels.flows import TWO_SIGNATURES
    from postroad.groups import actions

    register_effect(
        EffectKind(
            key=actions.TEMPLATE,
            title=_("Group template"),
            on_approved=actions.put_in_force,
            on_closed=actions.refuse_template,
            summary_template="groups/_template_summary.html",
        )
    )
    register_effect(
        EffectKind(
            key=actions.ACCEPT,
            title=_("Accept a difference"),
            on_approved=actions.accept_approved,
            on_closed=actions.acceptance_refused,
            summary_template="groups/_accept_summary.html",
        )
    )
    register_effect(
        EffectKind(
            key=actions.REGISTER_ROOM,
            title=_("Register a stray group"),
            on_approved=actions.register_claimed,
            on_closed=actions.registration_refused,
            summary_template="groups/_claim_summary.html",
        )
    )
    register_flow(DefaultFlow(key=actions.TEMPLATE, name="群模板", name_en="Group template", definition=TWO_SIGNATURES))
    register_flow(
        DefaultFlow(key=actions.ACCEPT, name="差异认可", name_en="Accepting a difference", definition=TWO_SIGNATURES)
    )
