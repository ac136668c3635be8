"""What the desk puts into the shell: cards of My work, and cases in the search box."""

from __future__ import annotations

from typing import Any

from postroad.desk import queries
from postroad.desk.permissions import Permission, sight_of
from postroad.desk.queries import CaseFilter, Sort, View
from postroad.org.middleware import StaffRequest
from postroad.web.registry import SearchHit

SHOWN = 6
HITS = 6


def my_cases(request: StaffRequest) -> dict[str, Any] | None:
    """The cases one works on, most urgent first, and those in which a colleague has named one."""
    if not request.user.may(Permission.CASE_WORK):
        return None
    mentions = queries.unseen_mentions(request.person)
    return _cards(request, View.MINE) | {"mentions": mentions}


def unassigned_cases(request: StaffRequest) -> dict[str, Any] | None:
    """What nobody has taken yet in the reader's teams; None where that is nothing."""
    return _unless_empty(request, View.UNASSIGNED) if request.user.may(Permission.CASE_WORK) else None


def due_cases(request: StaffRequest) -> dict[str, Any] | None:
    """What is about to be missed anywhere one answers for; for who leads a desk. None where that is nothing."""
    return _unless_empty(request, View.DUE) if request.user.may(Permission.CASE_VIEW_ALL) else None


def not_sent(request: StaffRequest) -> dict[str, Any] | None:
    """What one wanted to send and did not go; None where that is nothing."""
    held = queries.held_back_of(request.person) if request.user.may(Permission.CASE_WORK) else []
    return {"held": held, "count": len(held)} if held else None


def escalated(request: StaffRequest) -> dict[str, Any] | None:
    """Missed promises that one was told of and that are still owed; None where there are none."""
    if not request.user.may(Permission.CASE_VIEW):
        return None
    told = queries.escalated_to(request.person, limit=SHOWN)
    return {"told": told, "count": len(told)} if told else None


def search_cases(request: StaffRequest, words: str) -> list[SearchHit]:
    """The newest cases with that number or those words."""
    wanted = CaseFilter(view=View.ALL, words=words)
    found = queries.filtered(sight_of(request.person), wanted, person=request.person).order_by("-id")[:HITS]
    return [
        SearchHit(
            title=f"#{case.number} {case.subject}",
            subtitle=" · ".join(filter(None, [str(case.contact or ""), case.get_state_display(), str(case.channel)])),
            url=case.get_absolute_url(),
        )
        for case in found
    ]


def _unless_empty(request: StaffRequest, view: View) -> dict[str, Any] | None:
    card = _cards(request, view)
    return card if card["rows"] else None


def _cards(request: StaffRequest, view: View) -> dict[str, Any]:
    sight = sight_of(request.person)
    wanted = CaseFilter(view=view, sort=Sort.DUE)
    page = queries.cases_page(sight, wanted, person=request.person, cursor=None, size=SHOWN)
    return {
        "rows": queries.rows(page.items),
        "view": view.value,
        "more": page.next_cursor is not None,
        "count": f"{len(page.items)}+" if page.next_cursor else len(page.items),
    }
