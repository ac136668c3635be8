"""What became of the replies: taken by the mail server, or refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.conversations.models import Delivery, DeliveryState
from postroad.desk import queries
from postroad.desk.actions import promises
from postroad.desk.actions.common import settle, tell
from postroad.desk.actions.state import DESK, STATE_FIELDS, move
from postroad.desk.events import Event
from postroad.desk.models import Case, CaseState
from postroad.ledger.actions import NewEntry, record_many


@transaction.atomic
def follow(deliveries: Sequence[Delivery]) -> None:
    """Keep or reopen the promises of the cases whose replies have just been sent or have failed.

    Registered as a delivery handler: runs inside the transaction that records the outcomes. A reply that a person wrote
    keeps the first-reply promise at the moment the mail server took it; a machine's acknowledgement keeps nothing, nor
    does what is sent to somebody who is not the customer.
    """
    links = queries.locked_links({one.message.conversation_id for one in deliveries})
    taken: dict[datetime, list[Case]] = defaultdict(list)
    refused: list[Case] = []
    # A customer who was not reached with our question has an answer all the same.
    questions = queries.rating_mails([one.message_id for one in deliveries if one.state == DeliveryState.FAILED])
    for one in deliveries:
        link = links.get(one.message.conversation_id)
        if link is None:
            continue
        if one.state == DeliveryState.FAILED and one.message_id in questions:
            continue
        if one.state == DeliveryState.FAILED:
            refused.append(link.case)
        elif one.message.person_id and one.finished_at and not link.aside:
            taken[one.finished_at].append(link.case)
    for at in sorted(taken):
        _accepted(taken[at], at=at)
    if refused:
        _refused(refused)
    cases = {link.case_id: link.case for link in links.values()}
    if cases:
        tell(cases.values(), *(case.assignee_id for case in cases.values()))


def _accepted(cases: list[Case], *, at: datetime) -> None:
    for case in cases:
        case.first_replied_at = case.first_replied_at or at
        case.undelivered = False
    Case.objects.bulk_update(cases, ["first_replied_at", "undelivered"])
    reason = _("the reply was accepted for delivery")
    promises.meet_first_reply(cases, queries.owed_on(cases), at=at, actor=DESK)
    settle(cases, at=at, reason=reason, actor=DESK)


def _refused(cases: list[Case]) -> None:
    """The customer has nothing: the case is open again, and its promises run on."""
    entries = []
    for case in cases:
        before = case.state
        case.undelivered = True
        if case.state not in {CaseState.NEW, CaseState.OPEN}:
            move(case, CaseState.OPEN, at=case.last_message_at)
        entries.append(NewEntry(Event.CASE_UNDELIVERED, DESK, case, {"state": {"before": before, "after": case.state}}))
    Case.objects.bulk_update(cases, ["undelivered", *STATE_FIELDS])
    record_many(entries)
    settle(cases, at=timezone.now(), reason=_("the reply could not be delivered"), actor=DESK)
