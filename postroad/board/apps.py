from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest


class BoardConfig(AppConfig):
    name = "postroad.board"
    label = "board"
    verbose_name = _("Board")

    def ready(self) -> None:
        from postroad.board import actions, checks, measures, permissions, tasks  # noqa: F401 - tasks register themselves
        from postroad.board.events import SENTENCES
        from postroad.ledger.registry import register_events
        from postroad.platform import realtime
        from postroad.platform.measures import register_measure

        permissions.register_own()
        register_events(SENTENCES)
        register_measure(measures.OBJECTIVES, measures.objectives_measured_daily)
        realtime.register_topic(actions.TOPIC, lambda user, _topic: user.may(permissions.Permission.VIEW))
        self._register_approval()
        self._register_in_the_shell()

    def _register_approval(self) -> None:
        from postroad.approvals.registry import DefaultFlow, EffectKind, register_effect, register_flow
        from postroad.board import actions
        from postroad.board.queries import TARGET_REQUEST

        register_effect(
            EffectKind(
                key=TARGET_REQUEST,
                title=_("Target of a control"),
                on_approved=actions.adopt_target,
                summary_template="board/_target_summary.html",
            )
        )
        register_flow(
            DefaultFlow(
                key=actions.TARGET_FLOW,
                name="标准目标变更",
                name_en="Change of a target",
                definition={
                    "steps": [
                        {
                            "name": "行政部负责人",
                            "name_en": "Administration head",
                            "approvers": {"rule": "role", "role": "administration_head"},
                            "mode": "any",
                        },
                        {
                            "name": "分管领导",
                            "name_en": "Supervising leader",
                            "approvers": {"rule": "supervising_leader"},
                            "mode": "any",
                        },
                    ]
                },
            )
        )

    def _register_in_the_shell(self) -> None:
        from postroad.board.actions import TOPIC
        from postroad.board.permissions import Permission
        from postroad.web.registry import (
            MenuEntry,
            SearchProvider,
            Section,
            WorkCard,
            register_card,
            register_menu,
            register_search,
        )

        register_menu(
            MenuEntry(
                section=Section.BOARD,
                label=_("Standard board"),
                url_name="board:list",
                permission=Permission.VIEW,
                icon="chart-bar",
                order=0,
            )
        )
        register_menu(
            MenuEntry(
                section=Section.BOARD,
                label=_("Supervision report"),
                url_name="board:report",
                permission=Permission.VIEW,
                icon="report",
                order=10,
            )
        )
        register_card(
            WorkCard(
                key="board-short",
                title=_("Controls that fall short"),
                template="board/_work_card.html",
                context=_falling_short,
                order=80,
                icon="chart-bar",
                url_name="board:list",
                topics=(TOPIC,),
            )
        )
        register_search(
            SearchProvider(key="board", label=_("Controls"), permission=Permission.VIEW, search=_search_controls)
        )


def _falling_short(request: HttpRequest) -> dict[str, Any] | None:
    from postroad.board import queries
    from postroad.board.periods import today
    from postroad.board.permissions import Permission
    from postroad.board.standard import controls

    user: Any = request.user
    if not user.may(Permission.VIEW) or not (figures := queries.falling_short(today())):
        return None
    targets = queries.targets_in_force()
    rows = [(controls()[figure.control], figure, targets[figure.control]) for figure in figures]
    return {"count": len(rows), "rows": rows}


def _search_controls(_request: HttpRequest, question: str) -> list[Any]:
    from django.urls import reverse

    from postroad.board.standard import controls
    from postroad.web.registry import SearchHit

    wanted = question.casefold()
    return [
        SearchHit(title=str(control.title), subtitle=control.key, url=reverse("board:control", args=[control.key]))
        for control in controls().values()
        if any(wanted in text.casefold() for text in (control.key, control.title.zh, control.title.en))
    ][:5]
