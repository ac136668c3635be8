"""Wiring of the access package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "postroad.access"
    label = "access"
    verbose_name = _("Permissions")

    def ready(self) -> None:
        from postroad.access import permissions, tasks  # noqa: F401  (tasks registers the jobs)
        from postroad.access.events import SENTENCES
        from postroad.access.measures import MEASURES
        from postroad.access.models import Grant, PermissionType
        from postroad.ledger.registry import register_events, register_words
        from postroad.platform.measures import register_measure
        from postroad.platform.realtime import register_topic

        permissions.register_all()
        register_events(SENTENCES)
        register_words(PermissionType.choices, scope="access.permission")
        register_words(Grant.EndedBecause.choices, scope="access.because")
        register_topic("access", lambda user, _topic: user.may(permissions.Permission.GRANT_VIEW))
        for key, measure in MEASURES.items():
            register_measure(key, measure)
        _register_pages()
        _register_promises()
        _register_approvals()


def _register_pages() -> None:
    from postroad.access.panels import grants_panel
    from postroad.access.permissions import Permission
    from postroad.access.work import configure_card, sheets_card
    from postroad.channels.panels import Panel, register_panel
    from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

    entries = (
        (_("Permission list"), "access:grants", Permission.GRANT_VIEW, "list-check", 30),
        (_("To configure"), "access:configure", Permission.GRANT_CONFIGURE, "tool", 32),
        (
            _("Recertification"),
            "access:recertifications",
            Permission.RECERTIFICATION_VIEW,
            "rosette-discount-check",
            34,
        ),
        (_("Feature limits"), "access:feature_reviews", Permission.FEATURES_VIEW, "adjustments", 36),
    )
    for label, url_name, permission, icon, order in entries:
        register_menu(
            MenuEntry(
                section=Section.CHANNELS, label=label, url_name=url_name, permission=permission, icon=icon, order=order
            )
        )
    register_panel(
        Panel(
            key="access-grants",
            title=_("Permissions"),
            template="access/_grants_panel.html",
            context=grants_panel,
            order=30,
            icon="list-check",
        )
    )
    register_card(
        WorkCard(
            key="access-configure",
            title=_("Permissions to configure"),
            template="access/_configure_card.html",
            context=configure_card,
            order=25,
            icon="tool",
            url_name="access:configure",
            topics=("access",),
        )
    )
    register_card(
        WorkCard(
            key="access-sheets",
            title=_("Grants to confirm"),
            template="access/_sheets_card.html",
            context=sheets_card,
            order=26,
            icon="rosette-discount-check",
            topics=("access",),
        )
    )


def _register_promises() -> None:
    from postroad.access.actions import on_last_missed, on_review_missed, on_sheet_missed, on_sheet_warned
    from postroad.access.actions.effects import REVIEW_DEADLINE
    from postroad.access.actions.features import FEATURE_DEADLINE
    from postroad.access.actions.recertification import LAST_DEADLINE, SHEET_DEADLINE
    from postroad.clock.registry import DeadlineKind, register_kind

    control = "access.permission-list"
    for kind in (
        DeadlineKind(
            key=REVIEW_DEADLINE, title=_("Review of an emergency permission"), control=control, on_miss=on_review_missed
        ),
        DeadlineKind(
            key=SHEET_DEADLINE,
            title=_("Recertification of grants"),
            control=control,
            on_warning=on_sheet_warned,
            on_miss=on_sheet_missed,
        ),
        DeadlineKind(
            key=LAST_DEADLINE,
            title=_("Recertification, escalated"),
            control=control,
            on_warning=on_sheet_warned,
            on_miss=on_last_missed,
        ),
        DeadlineKind(key=FEATURE_DEADLINE, title=_("Review of feature limits"), control="risk.feature-limits"),
    ):
        register_kind(kind)


def _register_approvals() -> None:
    from postroad.access import actions
    from postroad.access.flows import FLOWS, application_page
    from postroad.approvals.registry import DefaultFlow, EffectKind, register_effect, register_flow

    summary = "access/_application_summary.html"
    for key, title, effect in (
        ("access.grant", _("Grant permissions"), actions.take_effect),
        ("access.change", _("Change permissions"), actions.take_effect),
        ("access.revoke", _("Revoke permissions"), actions.take_effect),
        ("access.emergency", _("Emergency permissions"), actions.take_effect_at_once),
    ):
        register_effect(
            EffectKind(key=key, title=title, on_approved=effect, summary_template=summary, edit_url=application_page)
        )
    register_effect(
        EffectKind(
            key="access.review",
            title=_("Review of emergency permissions"),
            on_approved=actions.confirm_emergency,
            on_closed=actions.drop_emergency,
            summary_template=summary,
        )
    )
    for key, name, name_en, definition in FLOWS:
        register_flow(DefaultFlow(key=key, name=name, name_en=name_en, definition=definition))
