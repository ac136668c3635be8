"""What the hotline puts into the shell: who is calling now, and whom to call back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from postroad.hotline import queries
from postroad.hotline.models import Call
from postroad.hotline.permissions import Permission, hotlines_of
from postroad.hotline.registry import CaseStanding, case_keeper
from postroad.org.middleware import StaffRequest
from postroad.org.models import Person
from postroad.org.permissions import Permission as OrgPermission
from postroad.org.registry import account_managers

CASES = 4
EARLIER = 3
WAITING = 6


@dataclass(frozen=True, slots=True)
class Calling:
    """Somebody who is calling, with what is known of them: the history before a blank ticket."""

    call: Call
    cases: list[CaseStanding]
    earlier: list[Call]
    contact_url: str
    manager: Person | None


def calling_now(request: StaffRequest) -> dict[str, Any] | None:
    """Who rings at the reader's extension or is spoken to there; None while it is quiet."""
    if not request.user.may(Permission.CALL_VIEW):
        return None
    calls = [_calling(request, call) for call in queries.under_way_at(request.person, now=timezone.now())]
    return {"calls": calls, "count": len(calls)} if calls else None


def _calling(request: StaffRequest, call: Call) -> Calling:
    contact = call.caller.contact if call.caller else None
    key_account = queries.key_account_of(call.caller)
    may_open = contact is not None and request.user.may(OrgPermission.CONTACT_VIEW)
    return Calling(
        call=call,
        cases=case_keeper().latest_of(contact, reader=request.person, limit=CASES) if contact else [],
        earlier=queries.calls_with(call.caller, besides=call, limit=EARLIER) if call.caller else [],
        contact_url=reverse("org:contact", args=[contact.pk]) if contact and may_open else "",
        manager=account_managers([key_account]).get(key_account) if key_account else None,
    )


def to_call_back(request: StaffRequest) -> dict[str, Any] | None:
    """Who waits for a call on the reader's hotlines; None where that is nobody."""
    if not request.user.may(Permission.CALL_WORK):
        return None
    waiting = queries.waiting(hotlines_of(request.person))
    return {"waiting": waiting[:WAITING], "count": len(waiting)} if waiting else None
