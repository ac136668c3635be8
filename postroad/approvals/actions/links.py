"""Deciding by the link in a mail, without signing in: single-use, expiring, bound to person, request and step."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from postroad.approvals.actions.decisions import Decision, decide
from postroad.approvals.counting import Verdict
from postroad.approvals.links import link_behind
from postroad.approvals.models import Assignment, MailLink, Request


@transaction.atomic
def decide_by_link(*, token: str, verdict: Verdict, comment: str) -> Request:
    """Decide the one step that a link was made for, as the one person it was sent to.

    Raises LinkClosedError for a link that is unknown, used or expired, or whose step is decided; else as `decide` does.
    """
    link = link_behind(token, lock=True)
    MailLink.objects.filter(pk=link.pk).update(used_at=timezone.now())
    return decide(
        Decision(
            step_id=link.assignment.step_id,
            person=link.person,
            verdict=verdict,
            comment=comment,
            via=Assignment.Via.MAIL_LINK,
        ),
        actor=link.person.as_actor(),
    )
