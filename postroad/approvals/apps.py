from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "postroad.approvals"
    label = "approvals"
    verbose_name = _("Approvals")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from postroad.approvals import permissions, tasks  # noqa: F401  (tasks registers the jobs)
        from postroad.approvals.actions.steps import DEADLINE_KIND
        from postroad.approvals.actions.upkeep import on_overdue
        from postroad.approvals.events import SENTENCES
        from postroad.approvals.permissions import Permission
        from postroad.approvals.views.requests import waiting_card
        from postroad.clock.registry import DeadlineKind, register_kind
        from postroad.ledger.registry import register_events
        from postroad.platform.realtime import register_topic
        from postroad.web.registry import MenuEntry, Section, WorkCard, register_card, register_menu

        permissions.register_own()
        register_events(SENTENCES)
        register_kind(DeadlineKind(key=DEADLINE_KIND, title=_("Approval step"), warn_at=(0.8,), on_miss=on_overdue))
        register_topic("approvals.request", permissions.may_listen)
        register_card(
            WorkCard(
                key="approvals-waiting",
                title=_("Approvals waiting for me"),
                template="approvals/_card_waiting.html",
                context=waiting_card,
                order=10,
                icon="checkbox",
                url_name="approvals:waiting",
                wide=True,
            )
        )
        entries = (
            (Section.MY_WORK, _("Waiting for my approval"), "approvals:waiting", None, "checkbox", 10),
            (Section.MY_WORK, _("My requests"), "approvals:mine", None, "send", 20),
            (Section.BOARD, _("All requests"), "approvals:everything", Permission.REQUEST_VIEW_ALL, "files", 80),
            (Section.SETTINGS, _("Approval flows"), "approvals:flows", Permission.FLOW_VIEW, "git-branch", 30),
        )
        for section, label, url_name, permission, icon, order in entries:
            register_menu(
                MenuEntry(
                    section=section, label=label, url_name=url_name, permission=permission, icon=icon, order=order
                )
            )
        post_migrate.connect(_create_missing_flows, sender=self)


def _create_missing_flows(**_kwargs: object) -> None:
    from postroad.approvals.actions import create_missing_flows

    create_missing_flows()
